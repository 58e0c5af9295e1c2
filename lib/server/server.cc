#include "server/server.h"

namespace sio::server {

Server::Server(net::Loop& loop, store::Store* store, const Clock& clock, Policy& policy,
               const ServerOptions& options, const HubLimits& limits, const HubMemory& memory)
    : loop_(loop),
      options_(options),
      timer_(loop, *this),
      hub_(loop.frames(), store, clock, *this, limits, memory),
      endpoint_(loop, hub_, policy, options) {
  loop_.add_turn_listener(*this);
}

Server::~Server() {
  loop_.remove_turn_listener(*this);
}

void Server::set_watcher(Watcher* watcher) {
  hub_.set_watcher(watcher);
  endpoint_.watcher_has_changed();
}

void Server::on_turn_end() {
  hub_.end_turn();
  endpoint_.end_turn();
}

void Server::wake() {
  loop_.post([this] { hub_.serve_readers(); });
}

void Server::wake_at(TimePoint time) {
  if (!timer_.armed() || time < timer_.deadline()) timer_.arm(time);
}

}  // namespace sio::server
