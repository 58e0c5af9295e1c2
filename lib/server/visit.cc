#include "server/visit.h"

#include <memory>
#include <utility>

#include "proto/handshake.h"
#include "proto/json_text.h"

namespace sio::server {
namespace {

struct Meaning {
  int status;
  std::string_view code;
};

Meaning meaning_of(Errc code) {
  switch (code) {
    case Errc::usage:
    case Errc::protocol:
      return {400, "bad_request"};
    case Errc::refused:
      return {403, "forbidden"};
    case Errc::not_found:
      return {404, "not_found"};
    case Errc::too_large:
      return {413, "too_large"};
    default:
      return {503, "unavailable"};
  }
}

}  // namespace

void DoorContext::begin(std::unique_ptr<Visit> visit) {
  Visit* const key = visit.get();
  visits.emplace(key, std::move(visit));
}

// It may be on the stack.
void DoorContext::finish(Visit& visit) {
  const auto it = visits.find(&visit);
  if (it == visits.end()) return;
  std::shared_ptr<Visit> ended(std::move(it->second));
  visits.erase(it);
  loop.post([ended] {});
}

bool DoorContext::has_namespace(std::string_view ns) const {
  return server::has_namespace(options, ns);
}

net::HttpResponse json_response(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = std::move(body) + "\n"};
}

net::HttpResponse refusal_response(const Error& error, std::string_view hint) {
  const Meaning meaning = meaning_of(error.code);
  std::string body = proto::encode_refusal(meaning.code, error.message);
  if (!hint.empty()) {
    body.pop_back();
    body += ",\"hint\":";
    proto::append_json_string(body, hint);
    body += '}';
  }
  return json_response(meaning.status, std::move(body));
}

net::HttpResponse unauthorized_response(const AuthVerdict& verdict) {
  net::HttpResponse response =
      json_response(401, proto::encode_refusal("unauthorized", verdict.message));
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

void answer(const DoorContext& context, net::HttpExchange& exchange, net::HttpResponse response) {
  context.cors.add_headers(exchange.request(), response.headers);
  exchange.respond(std::move(response));
}

AskingVisit::AskingVisit(DoorContext& context, net::HttpExchange& exchange)
    : context_(context), exchange_(&exchange) {
  exchange.set_observer(this);
}

AskingVisit::~AskingVisit() {
  let_go();
}

std::optional<AuthVerdict> AskingVisit::ask(std::string_view ns, const Handshake* handshake) {
  auto verdict = context_.authenticator->check({.ns = ns, .handshake = handshake}, *this);
  asked_ = !verdict;
  return verdict;
}

void AskingVisit::on_verdict(AuthVerdict verdict) {
  asked_ = false;
  on_answer(std::move(verdict));
}

void AskingVisit::respond(net::HttpResponse response) {
  if (exchange_ == nullptr) return;
  exchange_->set_observer(nullptr);
  answer(context_, *std::exchange(exchange_, nullptr), std::move(response));
}

void AskingVisit::let_go() {
  if (std::exchange(asked_, false)) context_.authenticator->withdraw(*this);
  if (exchange_ != nullptr) exchange_->set_observer(nullptr);
  exchange_ = nullptr;
}

std::unique_ptr<Handshake> claim_of(const DoorContext& context, const net::HttpRequest& request) {
  if (context.authenticator == nullptr) return nullptr;
  const auto query = proto::parse_engine_query(proto::query_of(request.target()));
  return handshake_of(request, context.authenticator->handshake_need(), query.all,
                      context.hub.clock().wall_ms());
}

}  // namespace sio::server
