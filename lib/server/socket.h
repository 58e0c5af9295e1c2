// A client in a namespace.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/access.h"
#include "server/catch_up.h"
#include "server/group_member.h"
#include "server/link.h"
#include "server/reader_kind.h"
#include "server/responders.h"
#include "server/rooms.h"
#include "server/socket_ref.h"

namespace sio::server {

struct Namespace;
struct Session;

// Made and changed by the Hub alone; others read, and keep a SocketRef beyond the turn. Small:
// there is at least one per client, and most are idle.
class Socket {
 public:
  static constexpr std::size_t kSidSize = 20;

  Socket(Link& its_link, Namespace& its_ns) : link(its_link), ns(its_ns) {}

  std::string_view sid() const { return {sid_chars.data(), kSidSize}; }
  // Reads from the queue instead of getting live events.
  bool is_behind() const { return behind != nullptr; }
  bool in_room(std::string_view room) const;
  // The room of its sid, or of the name by which an old client knows itself.
  bool is_own_room(std::string_view room) const {
    return room == sid() || (alias != nullptr && room == *alias);
  }
  // From now on it may do this and no more.
  void grant(std::unique_ptr<Access> its_access);
  // From now on it gets no live events.
  void deafen();
  // Whether it may hear an event that has a name.
  bool hears() const { return !is_deaf && !kind->nameless_only; }

  Link& link;
  Namespace& ns;
  SocketRef ref;
  const ReaderKind* kind = nullptr;
  std::uint64_t stamp = 0;                 // marks it while targets are collected
  std::uint32_t index = 0;                 // in ns.sockets
  Socket* next_on_link = nullptr;          // the next socket of the same link
  std::vector<Membership> rooms;           // besides the room of its own sid
  std::unique_ptr<CatchUp> behind;         // null: live
  std::unique_ptr<Responder> answers;      // null: answers nothing
  std::unique_ptr<GroupMember> member;     // null: works for no group
  std::unique_ptr<std::string> publisher;  // null: see proto::Hello::publisher
  std::unique_ptr<std::string> alias;      // null: its sid is its only name
  std::unique_ptr<Access> access;          // null: everything is allowed
  Session* session = nullptr;              // null: it cannot be recovered
  std::array<char, kSidSize> sid_chars{};
  bool is_deaf = false;  // gets no live events: it asked for something else
};

}  // namespace sio::server
