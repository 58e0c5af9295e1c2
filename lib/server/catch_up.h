// A reader that is not live: a position in the queue, and what is needed to continue from there.
//
// Live delivery is the fast path for readers whose transport has room. A reader whose backlog has
// passed the limit is no longer pushed to: the number of the first record that it did not get is
// kept here, and when its transport has drained it reads the store in batches until it has caught
// up. Nothing is lost and nothing doubled, and the reader costs no memory meanwhile. Resuming after
// a reconnect is the same thing from another position; so are asking for the past, which may end
// before it is live, and looking at what a group has not finished.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/record_filter.h"
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

  // What a group has not finished: first the records that were handed out, one by one.
  struct Inspection {
    struct Pending {
      store::Seq seq;
      unsigned delivered;
    };
    std::string group;
    RecordFilter filter;
    std::vector<Pending> pending;
    std::size_t shown = 0;  // of them
  };

  // It wants the newest `count` records of [from, high), which are still to be found; those behind
  // have been.
  struct Search {
    store::Seq from = 0;
    store::Seq high = 0;
    std::uint64_t count = 0;
  };

  static constexpr store::Seq kForever = UINT64_MAX;

  store::Seq next = 0;          // the first record that it has not got
  store::Seq replay_until = 0;  // records below were there before it connected
  store::Seq until = kForever;  // it is shown records below; then it is over
  bool all_rooms = false;       // rooms do not matter
  bool scheduled = false;       // waits for its turn to read
  std::string reply;            // sent behind what was there before it connected: a CONNECT reply
  std::vector<RoomSpan> spans;
  std::unique_ptr<Inspection> inspection;
  std::unique_ptr<Search> search;  // until it is known where to begin

  bool is_bounded() const { return until != kForever; }

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
