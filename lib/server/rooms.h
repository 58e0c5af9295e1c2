// Room ⇄ socket index of one namespace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sio::server {

class Socket;

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
};

// A set of sockets with a name. Exists as long as it has members.
struct Room {
  struct Member {
    Socket* socket = nullptr;
    std::uint32_t slot = 0;  // where socket->rooms names this room
  };
  std::string_view name;  // the key of the index
  std::vector<Member> members;
};

// A socket's side of the same fact.
struct Membership {
  Room* room = nullptr;
  std::uint32_t slot = 0;  // where room->members names this socket
};

// Joining and leaving cost the same whatever the number of members. Loop thread only.
//
// The room that every socket has under its own sid is not here: it has one member, and a lookup of
// the sid finds it.
class Rooms {
 public:
  // False if it is a member already.
  bool join(Socket& socket, std::string_view room);
  // False if it was no member.
  bool leave(Socket& socket, std::string_view room);
  void leave_all(Socket& socket);

  const Room* find(std::string_view name) const;
  static bool contains(const Room& room, const Socket& socket);
  std::size_t size() const { return rooms_.size(); }
  std::vector<std::string> names() const;

 private:
  void remove(Socket& socket, std::uint32_t slot);

  std::unordered_map<std::string, std::unique_ptr<Room>, StringHash, std::equal_to<>> rooms_;
};

}  // namespace sio::server
