#include "server/http_door.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "proto/handshake.h"
#include "server/admin_page.h"
#include "server/cluster_node.h"
#include "server/web_response.h"

namespace sio::server {
namespace {

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

net::HttpResponse text_response(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          .body = std::move(body)};
}

net::HttpResponse wrong_method(std::string allowed) {
  net::HttpResponse response = refusal_response({Errc::usage, "this path takes " + allowed});
  response.status = 405;
  response.headers.emplace_back("Allow", std::move(allowed));
  return response;
}

// Resident memory: the second number of this file, in pages.
std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

bool is_report(std::string_view path) {
  return path == "/sio/stats" || path == "/metrics";
}

// Whether `path` is `base` or lies below it.
bool is_below(std::string_view path, std::string_view base) {
  return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

}  // namespace

// Asks who wants to know.
class HttpDoor::TellVisit final : public AskingVisit {
 public:
  TellVisit(HttpDoor& door, net::HttpExchange& exchange, std::string_view path)
      : AskingVisit(door.context_, exchange), door_(door), path_(path) {}

  void start() {
    const auto claim = claim_of(context_, exchange_->request());
    if (auto verdict = ask("/", claim.get())) on_answer(std::move(*verdict));
  }
  void shut_down() override {}

 private:
  void on_aborted(net::HttpExchange&) override {
    exchange_ = nullptr;
    let_go();
    context_.finish(*this);
  }
  void on_answer(AuthVerdict verdict) override {
    if (verdict.access == nullptr) {
      respond(unauthorized_response(verdict));
    } else if (!verdict.access->reads_all()) {
      respond(refusal_response({Errc::refused, "this token may not read everything"}));
    } else {
      respond(door_.report(path_));
    }
    context_.finish(*this);
  }

  HttpDoor& door_;
  std::string path_;
};

HttpDoor::HttpDoor(net::Loop& loop, Server& server, const Options& options)
    : server_(server),
      options_(options),
      context_{.loop = loop,
               .hub = server.hub(),
               .authenticator = options.authenticator,
               .options = server.options(),
               .cors = Cors(server.options().cors_origins)},
      started_ms_(server.hub().clock().wall_ms()) {}

HttpDoor::~HttpDoor() = default;

void HttpDoor::shut_down() {
  shutting_down_ = true;
  std::vector<Visit*> all;
  for (const auto& [visit, owned] : context_.visits) all.push_back(visit);
  for (Visit* visit : all) visit->shut_down();
}

// --- What the server tells of itself

net::HttpResponse HttpDoor::report(std::string_view path) const {
  Stats stats = stats_of(server_.hub());
  stats.version = server_.options().version;
  stats.uptime_ms = server_.hub().clock().wall_ms() - started_ms_;
  stats.sessions = server_.sessions();
  stats.streams = context_.visits.size();
  stats.resident_bytes = resident_bytes();
  if (options_.admin_site != nullptr) {
    stats.admins = options_.admin_site->admins();
    stats.admin_events_left_out = options_.admin_site->events_left_out();
  }
  if (path == "/sio/stats") return json_response(200, stats_json(stats));
  net::HttpResponse response = text_response(200, stats_metrics(stats));
  response.headers.front().second = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

// False: this is not such a path.
bool HttpDoor::tell(net::HttpExchange& exchange, std::string_view path, bool is_admin) {
  if (path != "/healthz" && path != "/readyz" && !is_report(path)) return false;
  const net::HttpRequest& request = exchange.request();
  if (!is_read(request.method())) {
    answer(context_, exchange, wrong_method("GET"));
  } else if (path == "/healthz") {
    answer(context_, exchange, text_response(200, "ok\n"));
  } else if (path == "/readyz") {
    const bool is_ready = !shutting_down_ && !server_.hub().store_refuses();
    answer(context_, exchange,
           is_ready
               ? text_response(200, is_alone() ? "ready, without the cluster\n" : "ready\n")
               : text_response(503, shutting_down_ ? "stopping\n" : "events are not stored\n"));
  } else if (request.is_local() && (is_admin || options_.authenticator == nullptr)) {
    answer(context_, exchange, report(path));
  } else if (options_.authenticator == nullptr) {
    answer(context_, exchange,
           refusal_response({Errc::refused, "for this machine only"}, "or serve --admin"));
  } else {
    auto visit = std::make_unique<TellVisit>(*this, exchange, path);
    TellVisit& started = *visit;
    context_.begin(std::move(visit));
    started.start();
  }
  return true;
}

void HttpDoor::Admin::on_request(net::HttpExchange& exchange) {
  AdminSite* const site = door_.options_.admin_site;
  const std::string path = path_of(exchange.request().target());
  if (site != nullptr && site->serves(exchange.request().target()))
    return site->on_request(exchange);
  auto page = site == nullptr ? std::nullopt
                              : admin_page(exchange.request(), path, door_.server_.options());
  if (page) return exchange.respond(std::move(*page));
  if (!door_.tell(exchange, path, true))
    answer(door_.context_, exchange, text_response(404, "Not Found\n"));
}

net::UpgradeAnswer HttpDoor::Admin::on_upgrade(const net::HttpRequest& request) {
  AdminSite* const site = door_.options_.admin_site;
  if (site == nullptr) return net::HttpResponse{.status = 404};
  return site->on_upgrade(request);
}

// Whether there should be other servers, and none can be reached. A server alone is better than
// none: when Redis is gone, it is gone for all of them.
bool HttpDoor::is_alone() const {
  const ClusterNode* const cluster = server_.hub().cluster();
  return cluster != nullptr && !cluster->figures().connected;
}

// --- Requests

void HttpDoor::on_request(net::HttpExchange& exchange) {
  const net::HttpRequest& request = exchange.request();
  if (proto::path_matches(request.target(), server_.options().path))
    return give_client(exchange) ? void() : server_.handler().on_request(exchange);
  const std::string path = path_of(request.target());
  if (context_.cors.enabled() && request.method() == "OPTIONS")
    return exchange.respond(context_.cors.preflight(request));
  if (!tell(exchange, path, false)) route(exchange, path);
}

// False: this is for Engine.IO.
bool HttpDoor::give_client(net::HttpExchange& exchange) {
  const net::HttpRequest& request = exchange.request();
  const std::string_view base = server_.options().path;
  std::string_view name = request.target().substr(base.size());
  if (!name.starts_with("socket.io.")) return false;
  if (context_.cors.enabled() && request.method() == "OPTIONS") return false;
  name = name.substr(0, name.find('?'));
  const web::File* const file = web::socket_io_client().find(name);
  if (!is_read(request.method())) {
    answer(context_, exchange, wrong_method("GET, HEAD"));
  } else if (file == nullptr) {
    answer(context_, exchange, text_response(404, "Not Found\n"));
  } else {
    answer(context_, exchange, web_response(web::socket_io_client(), *file, request));
  }
  return true;
}

void HttpDoor::route(net::HttpExchange& exchange, std::string_view path) {
  const std::string_view method = exchange.request().method();
  const bool is_emit = is_below(path, kEmitPath);
  if (!is_emit && path != kEventsPath) {
    if (options_.files == nullptr) return exchange.respond({.status = 404});
    if (!is_read(method)) return answer(context_, exchange, wrong_method("GET, HEAD"));
    return options_.files->serve(context_, exchange);
  }
  if (!options_.has_events)
    return answer(context_, exchange,
                  refusal_response({Errc::not_found, "not here: an application decides"}));
  if (method != (is_emit ? "POST" : "GET"))
    return answer(context_, exchange, wrong_method(is_emit ? "POST" : "GET"));
  // An EventSource that is told a status gives up; one that loses its connection tries again.
  if (shutting_down_ && !is_emit) return exchange.destroy();
  const std::size_t max = server_.options().max_clients;
  if (shutting_down_ || (max != 0 && server_.sessions() + context_.visits.size() >= max))
    return answer(context_, exchange,
                  refusal_response({Errc::unavailable, shutting_down_ ? "the server is stopping"
                                                                      : "too many clients"}));
  if (!is_emit) return stream_to(context_, exchange);
  if (is_foreign(exchange.request(), server_.options().cors_origins))
    return answer(context_, exchange,
                  refusal_response({Errc::refused, "a page of another origin may not publish"},
                                   "serve --cors names the origins that may"));
  emit_from(context_, exchange);
}

}  // namespace sio::server
