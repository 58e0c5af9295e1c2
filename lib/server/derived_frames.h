// Frames that were made from other frames in the same turn: so what many readers need in another
// form is converted once.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "net/frame.h"

namespace sio::server {

// Loop thread only. It is empty at the beginning of each turn.
class DerivedFrames {
 public:
  // `arena` outlives it.
  explicit DerivedFrames(net::FrameArena& arena) : arena_(arena) {}

  net::FrameArena& arena() const { return arena_; }

  // What add() was told of `source`, or null. Valid until the next call of anything here.
  const net::Frame* find(const net::Frame& source) {
    if (generation_ != arena_.generation()) {
      generation_ = arena_.generation();
      frames_.clear();
    }
    const auto it = frames_.find(source.data);
    return it == frames_.end() ? nullptr : &it->second;
  }
  // `source` was not found.
  void add(const net::Frame& source, const net::Frame& derived) {
    frames_.emplace(source.data, derived);
  }

 private:
  net::FrameArena& arena_;
  std::uint64_t generation_ = 0;
  std::unordered_map<const char*, net::Frame> frames_;  // by where the source lies
};

}  // namespace sio::server
