// Engine.IO v4 packets, one at a time. Source: the Engine.IO protocol, revision 4.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sio::proto {

enum class EngineType : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6',
};

// A packet as views into the text it was decoded from, except that the bytes of a base64 message
// are decoded into `storage` of the decoding call.
struct EnginePacket {
  EngineType type = EngineType::noop;
  bool binary = false;  // a binary message; type is then `message`
  std::string_view data;
};

// Decodes one text packet: a WebSocket text frame, or one element of a polling payload. `b…` is a
// base64 binary message; its bytes go to `storage`. Errors: empty text, unknown type, bad base64.
Result<EnginePacket> decode_engine_text(std::string_view text, std::string& storage);

}  // namespace sio::proto
