// Packets as they may be shown to others: without what would let them take somebody's place. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sio::proto {

enum class Speaker { client, server };

// An Engine.IO packet, whatever it holds. Of what a client presents in CONNECT only our own part
// and the position stay: `40{"token":"t"}` is `40{"token":"***"}`. Of the server's answer the
// private id goes. Everything else is as it was.
std::string mask_packet(Speaker speaker, std::string_view packet);

}  // namespace sio::proto
