#include "client/workload.h"

#include "base/check.h"
#include "client/load_cycles.h"
#include "client/load_fanout.h"
#include "client/load_round_trips.h"

namespace sio::client {

// Nothing that others say is of interest: a sio server need not send it.
proto::Hello Workload::hello() const {
  proto::Hello hello;
  hello.events = {""};
  return hello;
}

std::optional<Outcome> Workload::meet(const proto::Welcome*) {
  return std::nullopt;
}

std::unique_ptr<Workload> make_workload(LoadHost& host, LoadMode mode) {
  switch (mode) {
    case LoadMode::connect:
      return std::make_unique<ConnectLoad>(host);
    case LoadMode::echo:
      return std::make_unique<RoundTripLoad>(host, RoundTripLoad::Kind::echo);
    case LoadMode::fanout:
      return std::make_unique<FanoutLoad>(host);
    case LoadMode::publish:
      return std::make_unique<RoundTripLoad>(host, RoundTripLoad::Kind::publish);
    case LoadMode::replay:
      return std::make_unique<ReplayLoad>(host);
  }
  check_failed("a known mode", __FILE__, __LINE__);
}

void ClientTurns::prepare(std::size_t clients, std::size_t window) {
  limited_ = window > 0;
  gone_.assign(clients, false);
  ready_.clear();
  left_ = clients;
  for (std::size_t turn = 0; turn < (limited_ ? window : 1); ++turn)
    for (std::uint32_t client = 0; client < clients; ++client) ready_.push_back(client);
}

std::optional<std::uint32_t> ClientTurns::take() {
  while (!ready_.empty()) {
    const std::uint32_t client = ready_.front();
    ready_.pop_front();
    if (gone_[client]) continue;
    if (!limited_) ready_.push_back(client);
    return client;
  }
  return std::nullopt;
}

void ClientTurns::give_back(std::uint32_t client) {
  if (limited_ && !gone_[client]) ready_.push_back(client);
}

void ClientTurns::remove(std::uint32_t client) {
  if (gone_[client]) return;
  gone_[client] = true;
  --left_;
}

}  // namespace sio::client
