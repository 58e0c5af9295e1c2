// What a socket that works for a group carries: the records that it has and has not acknowledged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "net/frame.h"
#include "store/store.h"

namespace sio::server {

struct ActiveGroup;

// Kept by GroupDispatch.
struct GroupMember {
  struct Handed {
    std::uint64_t ack_id = 0;
    store::Seq seq = 0;
    unsigned delivered = 0;
    bool done = false;  // acknowledged, or taken back
  };

  // What was handed out with this ack id, taken out; nothing if there is no such thing (any more).
  std::optional<Handed> take(std::uint64_t ack_id);
  // `seq` was taken back. False if this member does not have it.
  bool lose(store::Seq seq);
  void lose_all();

  ActiveGroup* group = nullptr;
  std::uint64_t id = 0;
  std::size_t window = 0;          // records that it may have at one time
  std::uint64_t left = 0;          // records that it may still be handed out
  std::size_t held = 0;            // records that it has
  std::deque<Handed> handed;       // in the order of ack ids
  std::vector<net::Frame> frames;  // built in this turn and not sent yet
  std::size_t frame_bytes = 0;     // of them
  std::size_t unsent = 0;          // records at the end of `handed` that were not sent yet
};

}  // namespace sio::server
