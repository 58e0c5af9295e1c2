#include "proto/engine_client.h"

#include <algorithm>

#include <fmt/format.h>

namespace sio::proto {

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
      expect_ping(now);
      gave_sign_of_life(now);
      return Received{Input::ping, data};
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
  gave_sign_of_life(now);
  return Received{Input::opened, {}};
}

void EngineClient::gave_sign_of_life(TimePoint now) {
  sign_of_life_due_ = now + std::min(open_.ping_interval, open_.ping_timeout) / 2;
}

void EngineClient::release(TimePoint now) {
  held_ = false;
  if (is_open_) expect_ping(now);
}

}  // namespace sio::proto
