// Sending frames that were built one after the other.
#pragma once

#include <span>

#include "net/frame.h"

namespace sio::server {

// Calls `send` with each stretch of frames that lie behind each other.
template <typename Send>
void for_each_run(std::span<const net::Frame> frames, Send send) {
  for (std::size_t begin = 0; begin < frames.size();) {
    std::size_t end = begin + 1;
    std::size_t bytes = frames[begin].size;
    for (; end < frames.size() && net::FrameArena::adjacent(frames[end - 1], frames[end]); ++end)
      bytes += frames[end].size;
    send(net::FrameRun{{frames[begin].data, bytes}, frames.subspan(begin, end - begin)});
    begin = end;
  }
}

}  // namespace sio::server
