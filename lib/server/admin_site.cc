#include "server/admin_site.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "proto/handshake.h"
#include "server/cors.h"

namespace sio::server {
namespace {

// `*` is no origin that anybody has named.
ServerOptions options_for(const ServerOptions& watched) {
  std::vector<std::string> origins = watched.cors_origins;
  std::erase(origins, "*");
  return {.version = watched.version,
          .path = watched.path,
          .namespaces = {std::string(kAdminNamespace)},
          .cors_origins = std::move(origins),
          .cors_credentials = true,
          .max_clients = AdminSite::kMostSessions,
          .parser = watched.parser,
          .ping_interval = watched.ping_interval,
          .ping_timeout = watched.ping_timeout,
          .connect_timeout = watched.connect_timeout};
}

net::HttpResponse foreign_response() {
  return {.status = 403,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = "this origin may not look on: serve --cors names those that may\n"};
}

// Whether a Host is spelled as an address, or is this machine's own name for itself.
bool is_address(std::string_view host) {
  if (host.starts_with('[')) return true;
  const std::string_view name = host.substr(0, host.find(':'));
  return name == "localhost" ||
         std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

AdminSite::AdminSite(net::Loop& loop, Server& watched, Authenticator* authenticator)
    : options_(options_for(watched.options())),
      watch_(loop, watched),
      authenticator_(authenticator == nullptr ? nullptr
                                              : std::make_unique<AdminAuthenticator>(
                                                    *authenticator, watched.hub().clock())),
      policy_(watched, watch_, authenticator_.get()) {
  Policy* policy = &policy_;
  if (authenticator_ != nullptr) {
    guarded_ = std::make_unique<AuthPolicy>(policy_, *authenticator_);
    policy = guarded_.get();
  }
  own_ = std::make_unique<Server>(loop, nullptr, watched.hub().clock(), *policy, options_);
  if (guarded_ != nullptr) guarded_->set_server(*own_);
  policy_.set_own(*own_);
  watch_.set_own(*own_);
}

AdminSite::~AdminSite() = default;

bool AdminSite::serves(std::string_view target) const {
  return proto::path_matches(target, options_.path);
}

bool AdminSite::may_ask(const net::HttpRequest& request) const {
  if (is_foreign(request, options_.cors_origins)) return false;
  if (authenticator_ != nullptr || request.header("origin").empty()) return true;
  return is_address(request.header("host")) || is_named_origin(request, options_.cors_origins);
}

void AdminSite::on_request(net::HttpExchange& exchange) {
  if (!may_ask(exchange.request())) return exchange.respond(foreign_response());
  own_->handler().on_request(exchange);
}

net::UpgradeAnswer AdminSite::on_upgrade(const net::HttpRequest& request) {
  if (!may_ask(request)) return foreign_response();
  return own_->handler().on_upgrade(request);
}

std::size_t AdminSite::grants_have_changed() {
  return guarded_ == nullptr ? 0 : guarded_->grants_have_changed();
}

}  // namespace sio::server
