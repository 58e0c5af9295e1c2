// The HTTP side: requests and upgrades, checked in the official order, led to their sessions.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http.h"
#include "proto/handshake.h"
#include "server/connection.h"

namespace sio::server {

// Owns the sessions. Loop thread only.
class EngineEndpoint final : public net::HttpHandler, private ConnectionOwner {
 public:
  // All outlive it.
  EngineEndpoint(net::Loop& loop, Hub& hub, Policy& policy, const ServerOptions& options);
  ~EngineEndpoint() override;

  void on_request(net::HttpExchange& exchange) override;
  net::UpgradeAnswer on_upgrade(const net::HttpRequest& request) override;

  // Answers polls that have something to say, and destroys sessions that have ended. Call at the
  // end of each turn, behind Hub::end_turn().
  void end_turn();
  // Ends all sessions so that clients reconnect; refuses new ones from now on.
  void shut_down();

  // The verdict on a CONNECT that the policy wanted to think about.
  void decide(std::string_view socket_sid, Admission admission);

  std::size_t sessions() const { return sessions_.size(); }
  // Those of them that have not moved to a WebSocket. O(sessions).
  std::size_t polling_sessions() const;

  // The hub has a watcher now, or has none any more. O(sessions).
  void watcher_has_changed();

 private:
  bool is_full() const;
  Connection* find(std::string_view sid) const;
  Connection& open_session(const net::HttpRequest& request, const proto::EngineQuery& query);
  std::optional<proto::EngineErrorCode> check(const proto::EngineQuery& query,
                                              const net::HttpRequest& request, bool upgrade,
                                              const Connection* connection) const;
  void open_polling(net::HttpExchange& exchange, const proto::EngineQuery& query);
  void route(net::HttpExchange& exchange, Connection& connection);
  net::UpgradeAnswer join_session(const net::HttpRequest& request, Connection& connection);
  net::HttpResponse error(const net::HttpRequest& request, proto::EngineErrorCode code) const;
  net::HttpResponse full(const net::HttpRequest& request) const;

  void on_session_ending() override { --live_sessions_; }
  void on_session_ended(Connection& connection) override;
  void on_request_pending(std::string_view sid, Connection& connection) override;
  void on_request_settled(std::string_view sid) override;

  ConnectionContext context_;
  // Sessions by their sids, which they own.
  std::unordered_map<std::string_view, std::unique_ptr<Connection>> sessions_;
  std::unordered_map<std::string, Connection*, StringHash, std::equal_to<>> pending_;
  std::vector<std::unique_ptr<Connection>> ended_;
  std::size_t live_sessions_ = 0;  // without those that only wait for a last poll
  bool shutting_down_ = false;
};

}  // namespace sio::server
