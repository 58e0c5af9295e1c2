#include "server/catch_up.h"

#include <algorithm>

#include "server/namespace.h"
#include "server/socket.h"

namespace sio::server {
namespace {

// Whether `socket` was in `room` when record `seq` was stored.
bool was_in(const Socket& socket, std::string_view room, store::Seq seq) {
  bool has_span = false;
  for (const CatchUp::RoomSpan& span : socket.behind->spans) {
    if (span.room != room) continue;
    has_span = true;
    if (seq >= span.from && seq < span.until) return true;
  }
  if (has_span) return false;
  if (socket.is_own_room(room)) return true;
  const Room* found = socket.ns.rooms.find(room);
  return found != nullptr && Rooms::contains(*found, socket);
}

}  // namespace

void CatchUp::joined(std::string_view room, store::Seq seq) {
  spans.push_back({.room = std::string(room), .from = seq});
}

void CatchUp::left(std::string_view room, store::Seq seq) {
  const auto open = std::ranges::find_if(spans, [room](const RoomSpan& span) {
    return span.room == room && span.until == UINT64_MAX;
  });
  if (open != spans.end()) {
    open->until = seq;
  } else {
    spans.push_back({.room = std::string(room), .from = 0, .until = seq});
  }
}

bool wants(const Socket& socket, const store::Record& record, std::string_view from,
           std::span<const std::string_view> except) {
  const CatchUp& behind = *socket.behind;
  if (behind.inspection != nullptr) return behind.inspection->filter.passes(record, except);
  if (behind.all_rooms)
    return socket.kind->filter == nullptr || socket.kind->filter->passes(record.event);
  if (from == socket.sid()) return false;
  const auto in = [&](std::string_view room) { return was_in(socket, room, record.seq); };
  if (!record.rooms.empty() && std::ranges::none_of(record.rooms, in)) return false;
  if (std::ranges::any_of(except, in)) return false;
  return socket.kind->filter == nullptr || socket.kind->filter->passes(record.event);
}

std::vector<std::string_view> rooms_to_read(const Socket& socket) {
  std::vector<std::string_view> rooms{socket.sid()};
  if (socket.alias != nullptr) rooms.push_back(*socket.alias);
  for (const Membership& membership : socket.rooms) rooms.push_back(membership.room->name);
  for (const CatchUp::RoomSpan& span : socket.behind->spans) rooms.push_back(span.room);
  return rooms;
}

}  // namespace sio::server
