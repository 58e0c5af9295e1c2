// A Socket.IO server: a hub, the sessions that feed it, and the turn that drives both.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "net/http.h"
#include "net/loop.h"
#include "server/engine_endpoint.h"
#include "server/hub.h"
#include "server/options.h"
#include "server/policy.h"
#include "store/store.h"

namespace sio::server {

// Loop thread only. Everything it is given outlives it. Destroy the HTTP server that has its
// handler() first.
class Server final : private net::TurnListener, private net::Timer::Handler, private HubWaker {
 public:
  // `store` null: nothing is stored.
  Server(net::Loop& loop, store::Store* store, const Clock& clock, Policy& policy,
         const ServerOptions& options, const HubLimits& limits = {}, const HubMemory& memory = {});
  ~Server() override;

  Hub& hub() { return hub_; }
  net::HttpHandler& handler() { return endpoint_; }

  // The policy's late verdict about a CONNECT.
  void decide(std::string_view socket_sid, Admission admission) {
    endpoint_.decide(socket_sid, std::move(admission));
  }
  std::size_t sessions() const { return endpoint_.sessions(); }
  std::size_t polling_sessions() const { return endpoint_.polling_sessions(); }
  // Who looks on from now on; null: nobody. It outlives the server, or takes itself out. Not from
  // inside something that this server does.
  void set_watcher(Watcher* watcher);
  const ServerOptions& options() const { return options_; }
  // Closes all sessions so that their clients reconnect (elsewhere, or later).
  void shut_down() { endpoint_.shut_down(); }

 private:
  void on_turn_end() override;
  void wake() override;
  void wake_at(TimePoint time) override;
  void on_timer(net::Timer&) override {}  // the turn's end is what matters

  net::Loop& loop_;
  const ServerOptions& options_;
  net::Timer timer_;
  Hub hub_;
  EngineEndpoint endpoint_;
};

}  // namespace sio::server
