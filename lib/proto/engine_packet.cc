#include "proto/engine_packet.h"

#include <fmt/format.h>

#include "base/base64.h"

namespace sio::proto {
namespace {

tl::unexpected<Error> unknown_type(char type) {
  return fail(Errc::protocol, fmt::format("Engine.IO packet of the unknown type 0x{:02x}",
                                          static_cast<unsigned char>(type)));
}

}  // namespace

Result<EnginePacket> decode_engine_text(std::string_view text, std::string& storage) {
  if (text.empty()) return fail(Errc::protocol, "an empty Engine.IO packet");
  const char type = text.front();
  const std::string_view data = text.substr(1);
  if (type >= '0' && type <= '6') return EnginePacket{static_cast<EngineType>(type), false, data};
  if (type != 'b') return unknown_type(type);
  SIO_TRY(storage, decode_base64(data));
  return EnginePacket{EngineType::message, true, storage};
}

Result<EnginePacket> decode_engine3_text(std::string_view text, std::string& storage) {
  if (!text.starts_with('b')) return decode_engine_text(text, storage);
  if (!text.starts_with("b4"))
    return fail(Errc::protocol, "a binary Engine.IO packet that is not a message");
  SIO_TRY(storage, decode_base64(text.substr(2)));
  return EnginePacket{EngineType::message, true, storage};
}

Result<EnginePacket> decode_engine3_binary(std::string_view bytes) {
  if (bytes.empty()) return fail(Errc::protocol, "an empty Engine.IO packet");
  if (bytes.front() != kEngine3BinaryMessage)
    return fail(Errc::protocol, "a binary Engine.IO packet that is not a message");
  return EnginePacket{EngineType::message, true, bytes.substr(1)};
}

}  // namespace sio::proto
