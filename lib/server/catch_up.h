// A reader that is not live: a position in the queue, and what is needed to continue from there.
//
// Live delivery is the fast path for readers whose transport has room. A reader whose backlog has
// passed the limit is no longer pushed to: the number of the first record that it did not get is
// kept here, and when its transport has drained it reads the store in batches until it has caught
// up. Nothing is lost and nothing doubled, and the reader costs no memory meanwhile. Resuming after
// a reconnect is the same thing from another position.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace sio::server {

class Socket;

struct CatchUp {
  // A room that was joined or left while the reader was behind: it sees the room's records in
  // [from, until) only.
  struct RoomSpan {
    std::string room;
    store::Seq from = 0;
    store::Seq until = UINT64_MAX;
  };

  store::Seq next = 0;          // the first record that it has not got
  store::Seq replay_until = 0;  // records below were there before it connected
  bool scheduled = false;       // waits for its turn to read
  std::vector<RoomSpan> spans;

  // Keep the membership as it was when each record was stored. `seq`: what the next record gets.
  void joined(std::string_view room, store::Seq seq);
  void left(std::string_view room, store::Seq seq);
};

// Whether `socket`, which is behind, gets a record: addressed to it, not excepted, not its own, and
// of a name that it wants. `from` and `except` are the record's.
bool wants(const Socket& socket, const store::Record& record, std::string_view from,
           std::span<const std::string_view> except);

// The rooms to ask the store for on behalf of `socket`, which is behind.
std::vector<std::string_view> rooms_to_read(const Socket& socket);

}  // namespace sio::server
