#include "server/engine_endpoint.h"

#include <algorithm>

#include "base/random_id.h"

namespace sio::server {
namespace {

constexpr std::string_view kFullBody = R"({"code":4,"message":"Too many clients"})";
constexpr std::string_view kStoppingBody = R"({"code":4,"message":"The server is stopping"})";

proto::EngineRequestFacts facts_of(const net::HttpRequest& request, bool upgrade, bool v3_allowed) {
  return {.method = request.method(),
          .upgrade = upgrade,
          .origin = request.header("origin"),
          .v3_allowed = v3_allowed};
}

proto::SessionFacts facts_of(const Connection& connection) {
  return {.is_polling = connection.polling() != nullptr, .revision = connection.revision()};
}

}  // namespace

EngineEndpoint::EngineEndpoint(net::Loop& loop, Hub& hub, Policy& policy,
                               const ServerOptions& options)
    : context_{.loop = loop,
               .hub = hub,
               .policy = policy,
               .options = options,
               .owner = *this,
               .cors = Cors(options.cors_origins, options.allow_eio3 || options.cors_credentials),
               .timing = {options.ping_interval, options.ping_timeout}} {}

EngineEndpoint::~EngineEndpoint() = default;

Connection* EngineEndpoint::find(std::string_view sid) const {
  const auto it = sessions_.find(sid);
  return it == sessions_.end() ? nullptr : it->second.get();
}

bool EngineEndpoint::is_full() const {
  const std::size_t max = context_.options.max_clients;
  return shutting_down_ || (max != 0 && live_sessions_ >= max);
}

// --- requests

void EngineEndpoint::on_request(net::HttpExchange& exchange) {
  const net::HttpRequest& request = exchange.request();
  if (!proto::path_matches(request.target(), context_.options.path))
    return exchange.respond({.status = 404});
  if (context_.cors.enabled() && request.method() == "OPTIONS")
    return exchange.respond(context_.cors.preflight(request));
  const proto::EngineQuery query = proto::parse_engine_query(proto::query_of(request.target()));
  Connection* connection = query.sid.empty() ? nullptr : find(query.sid);
  const auto problem = check(query, request, false, connection);
  if (problem) return exchange.respond(error(request, *problem));
  if (query.jsonp) return exchange.respond(error(request, proto::EngineErrorCode::bad_request));
  if (connection != nullptr) return route(exchange, *connection);
  if (is_full()) return exchange.respond(full(request));
  open_polling(exchange, query);
}

std::optional<proto::EngineErrorCode> EngineEndpoint::check(const proto::EngineQuery& query,
                                                            const net::HttpRequest& request,
                                                            bool upgrade,
                                                            const Connection* connection) const {
  const proto::EngineRequestFacts facts = facts_of(request, upgrade, context_.options.allow_eio3);
  if (connection == nullptr) return proto::validate(query, facts, nullptr);
  const proto::SessionFacts session = facts_of(*connection);
  return proto::validate(query, facts, &session);
}

void EngineEndpoint::route(net::HttpExchange& exchange, Connection& connection) {
  const std::string_view method = exchange.request().method();
  if (method == "GET") return connection.polling()->on_get(exchange);
  if (method == "POST") return connection.polling()->on_post(exchange);
  net::HttpResponse response{.status = 500};
  context_.cors.add_headers(exchange.request(), response.headers);
  exchange.respond(std::move(response));
}

void EngineEndpoint::open_polling(net::HttpExchange& exchange, const proto::EngineQuery& query) {
  Connection& connection = open_session(exchange.request(), query);
  connection.open_polling();
  connection.polling()->on_get(exchange);
}

net::UpgradeAnswer EngineEndpoint::on_upgrade(const net::HttpRequest& request) {
  if (!proto::path_matches(request.target(), context_.options.path))
    return net::HttpResponse{.status = 404};
  const proto::EngineQuery query = proto::parse_engine_query(proto::query_of(request.target()));
  Connection* connection = query.sid.empty() ? nullptr : find(query.sid);
  const auto problem = check(query, request, true, connection);
  if (problem) return error(request, *problem);
  if (connection != nullptr) return join_session(request, *connection);
  if (is_full()) return full(request);
  Connection& opened = open_session(request, query);
  opened.await_websocket();
  net::UpgradeAccept accept{.events = &opened};
  context_.cors.add_headers(request, accept.headers);
  return accept;
}

// A session that cannot be taken over is left alone: the WebSocket is closed as soon as it opens.
net::UpgradeAnswer EngineEndpoint::join_session(const net::HttpRequest& request,
                                                Connection& connection) {
  net::TransportEvents* events = connection.begin_upgrade();
  net::UpgradeAccept accept{.events = events == nullptr ? &context_.unwanted : events};
  context_.cors.add_headers(request, accept.headers);
  return accept;
}

net::HttpResponse EngineEndpoint::error(const net::HttpRequest& request,
                                        proto::EngineErrorCode code) const {
  net::HttpResponse response{.status = proto::http_status_of(code),
                             .headers = {{"Content-Type", "application/json"}},
                             .body = proto::error_body(code)};
  context_.cors.add_headers(request, response.headers);
  return response;
}

net::HttpResponse EngineEndpoint::full(const net::HttpRequest& request) const {
  net::HttpResponse response{.status = 503,
                             .headers = {{"Content-Type", "application/json"}},
                             .body = std::string(shutting_down_ ? kStoppingBody : kFullBody)};
  context_.cors.add_headers(request, response.headers);
  return response;
}

// --- sessions

Connection& EngineEndpoint::open_session(const net::HttpRequest& request,
                                         const proto::EngineQuery& query) {
  Connection::Client client{.revision = query.revision(), .base64_only = query.base64_only};
  if (client.revision == proto::EngineRevision::v3) client.query_auth = proto::auth_of_query(query);
  const HandshakeNeed need = context_.options.remembers_handshakes
                                 ? HandshakeNeed::everything
                                 : context_.policy.handshake_need();
  auto owned = std::make_unique<Connection>(
      context_, random_id(), handshake_of(request, need, query.all, context_.hub.clock().wall_ms()),
      std::move(client));
  Connection& connection = *owned;
  sessions_.emplace(connection.sid(), std::move(owned));
  ++live_sessions_;
  if (context_.hub.watcher() != nullptr) context_.hub.watcher()->on_session_opened();
  return connection;
}

void EngineEndpoint::on_session_ended(Connection& connection) {
  const auto it = sessions_.find(connection.sid());
  if (it == sessions_.end()) return;
  ended_.push_back(std::move(it->second));
  sessions_.erase(it);
}

void EngineEndpoint::on_request_pending(std::string_view sid, Connection& connection) {
  pending_.emplace(sid, &connection);
}

void EngineEndpoint::on_request_settled(std::string_view sid) {
  if (const auto it = pending_.find(sid); it != pending_.end()) pending_.erase(it);
}

void EngineEndpoint::decide(std::string_view socket_sid, Admission admission) {
  if (const auto it = pending_.find(socket_sid); it != pending_.end())
    it->second->decide(socket_sid, std::move(admission));
}

std::size_t EngineEndpoint::polling_sessions() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      sessions_, [](const auto& session) { return session.second->polling() != nullptr; }));
}

void EngineEndpoint::watcher_has_changed() {
  for (const auto& [sid, connection] : sessions_) connection->watcher_has_changed();
}

void EngineEndpoint::end_turn() {
  context_.dirty_polls.flush();
  ended_.clear();
}

void EngineEndpoint::shut_down() {
  shutting_down_ = true;
  std::vector<Connection*> all;
  for (const auto& [sid, connection] : sessions_) all.push_back(connection.get());
  for (Connection* connection : all) connection->shut_down();
}

}  // namespace sio::server
