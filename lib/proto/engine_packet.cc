#include "proto/engine_packet.h"

#include <fmt/format.h>

#include "base/base64.h"

namespace sio::proto {

Result<EnginePacket> decode_engine_text(std::string_view text, std::string& storage) {
  if (text.empty()) return fail(Errc::protocol, "an empty Engine.IO packet");
  const char type = text.front();
  const std::string_view data = text.substr(1);
  if (type >= '0' && type <= '6') return EnginePacket{static_cast<EngineType>(type), false, data};
  if (type != 'b')
    return fail(Errc::protocol, fmt::format("Engine.IO packet of the unknown type 0x{:02x}",
                                            static_cast<unsigned char>(type)));
  SIO_TRY(storage, decode_base64(data));
  return EnginePacket{EngineType::message, true, storage};
}

}  // namespace sio::proto
