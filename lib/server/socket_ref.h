// A name for a socket that may be gone by the time the name is used.
#pragma once

#include <cstdint>

namespace sio::server {

// Resolved by Hub::find(). A slot is used again with another generation, so a stale name never
// leads to somebody else.
struct SocketRef {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(const SocketRef&) const = default;
};

}  // namespace sio::server
