// Engine.IO packets, one at a time. Source: the Engine.IO protocol, revisions 4 and 3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sio::proto {

// Socket.IO clients before version 3 speak v3.
enum class EngineRevision : std::uint8_t { v4, v3 };

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

// Revision 3 puts a type in front of binary messages too: as a digit in `b4` + base64, as a byte in
// a binary WebSocket frame or the element of a binary payload. Errors: as above, and anything
// binary that is not a message.
inline constexpr char kEngine3BinaryMessage = '\x04';
Result<EnginePacket> decode_engine3_text(std::string_view text, std::string& storage);
Result<EnginePacket> decode_engine3_binary(std::string_view bytes);

}  // namespace sio::proto
