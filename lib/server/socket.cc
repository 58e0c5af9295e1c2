#include "server/socket.h"

#include <algorithm>

#include "server/namespace.h"

namespace sio::server {

bool Socket::in_room(std::string_view room) const {
  return is_own_room(room) ||
         std::ranges::any_of(rooms, [room](const Membership& m) { return m.room->name == room; });
}

void Socket::grant(std::unique_ptr<Access> its_access) {
  access = std::move(its_access);
  if (!access->reads()) deafen();
}

void Socket::deafen() {
  is_deaf = true;
  ns.sockets.update(*this);
}

}  // namespace sio::server
