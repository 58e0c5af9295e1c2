#include "server/rooms.h"

#include <algorithm>

#include "server/socket.h"

namespace sio::server {

const Room* Rooms::find(std::string_view name) const {
  const auto it = rooms_.find(name);
  return it == rooms_.end() ? nullptr : it->second.get();
}

std::vector<std::string> Rooms::names() const {
  std::vector<std::string> names;
  for (const auto& [name, room] : rooms_) names.push_back(name);
  return names;
}

// Looks through the shorter of the two lists that hold the answer.
bool Rooms::contains(const Room& room, const Socket& socket) {
  if (socket.rooms.size() <= room.members.size())
    return std::ranges::any_of(socket.rooms, [&](const Membership& m) { return m.room == &room; });
  return std::ranges::any_of(room.members,
                             [&](const Room::Member& m) { return m.socket == &socket; });
}

bool Rooms::join(Socket& socket, std::string_view name) {
  auto it = rooms_.find(name);
  if (it == rooms_.end()) {
    it = rooms_.emplace(std::string(name), std::make_unique<Room>()).first;
    it->second->name = it->first;
  }
  Room& room = *it->second;
  if (contains(room, socket)) return false;
  const auto member_slot = static_cast<std::uint32_t>(room.members.size());
  const auto room_slot = static_cast<std::uint32_t>(socket.rooms.size());
  room.members.push_back({&socket, room_slot});
  socket.rooms.push_back({&room, member_slot});
  return true;
}

bool Rooms::leave(Socket& socket, std::string_view name) {
  for (std::uint32_t slot = 0; slot < socket.rooms.size(); ++slot) {
    if (socket.rooms[slot].room->name != name) continue;
    remove(socket, slot);
    return true;
  }
  return false;
}

void Rooms::leave_all(Socket& socket) {
  while (!socket.rooms.empty()) remove(socket, static_cast<std::uint32_t>(socket.rooms.size() - 1));
}

// Takes one fact out of both lists: the last entry of each fills the hole, and is told where it
// is now.
void Rooms::remove(Socket& socket, std::uint32_t slot) {
  const Membership gone = socket.rooms[slot];
  Room& room = *gone.room;

  room.members[gone.slot] = room.members.back();
  const Room::Member& moved_member = room.members[gone.slot];
  moved_member.socket->rooms[moved_member.slot].slot = gone.slot;
  room.members.pop_back();

  socket.rooms[slot] = socket.rooms.back();
  const Membership& moved_room = socket.rooms[slot];
  if (slot + 1 < socket.rooms.size()) moved_room.room->members[moved_room.slot].slot = slot;
  socket.rooms.pop_back();

  if (room.members.empty()) rooms_.erase(rooms_.find(room.name));
}

}  // namespace sio::server
