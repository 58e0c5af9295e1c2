#include "proto/engine_client.h"

#include <algorithm>

#include <fmt/format.h>

namespace sio::proto {
namespace {

// What the way of a ping and the clock of a server may take. No more: servers that ping by the
// clock, whenever the last pong came, see each pong of one long pause that much later.
constexpr Duration kPingDelay = std::chrono::milliseconds(250);

}  // namespace

Result<EngineClient::Received> EngineClient::receive(std::string_view packet, TimePoint now) {
  if (packet.empty()) return fail(Errc::protocol, "the server sent an empty packet");
  const std::string_view data = packet.substr(1);
  const auto type = static_cast<EngineType>(packet[0]);
  if (!is_open_) {
    if (type == EngineType::open) return receive_open(data, now);
    return fail(Errc::protocol, "the server did not begin with an Engine.IO open packet");
  }
  switch (type) {
    case EngineType::message:
      return Received{Input::message, data};
    case EngineType::ping:
      return on_ping(data, now);
    case EngineType::close:
      return Received{Input::closed, data};
    case EngineType::open:
    case EngineType::pong:
    case EngineType::upgrade:
    case EngineType::noop:
      return Received{};
  }
  return fail(Errc::protocol, fmt::format("the server sent a packet of unknown type 0x{:02x}",
                                          static_cast<unsigned char>(packet[0])));
}

Result<EngineClient::Received> EngineClient::receive_open(std::string_view json, TimePoint now) {
  SIO_TRY(open_, parse_open(json));
  is_open_ = true;
  expect_ping(now);
  expect_pong_due(now);
  return Received{Input::opened, {}};
}

EngineClient::Received EngineClient::on_ping(std::string_view data, TimePoint now) {
  expect_ping(now);
  if (pongs_ahead_ > 0) {
    --pongs_ahead_;
    return {Input::answered_ping, data};
  }
  may_be_behind_ = false;
  expect_pong_due(now);
  return {Input::ping, data};
}

// When the ping is there for certain, and long before it is too late.
void EngineClient::expect_pong_due(TimePoint now) {
  pong_due_ = now + open_.ping_interval + std::min<Duration>(kPingDelay, open_.ping_timeout / 4);
}

void EngineClient::gave_pong(TimePoint now) {
  ++pongs_ahead_;
  expect_pong_due(now);
}

void EngineClient::hold() {
  held_ = true;
  may_be_behind_ = true;
}

void EngineClient::release(TimePoint now) {
  held_ = false;
  if (is_open_) expect_ping(now);
}

}  // namespace sio::proto
