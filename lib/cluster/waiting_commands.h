// Commands for a Redis server that is not there at the moment, or slow: so many and no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/redis_link.h"

namespace sio::cluster {

// Loop thread only.
class WaitingCommands {
 public:
  // What may wait, here and in the link, in bytes.
  static constexpr std::size_t kMaxBytes = 16u << 20;

  // Sends it by `link`, or keeps it until flush(). False: there is no room for it, and it is lost.
  bool send(RedisLink& link, std::uint32_t tag, std::span<const std::string_view> command);
  // The link is up: sends what was kept. Returns how many.
  std::size_t flush(RedisLink& link);

 private:
  struct Command {
    std::uint32_t tag;
    std::vector<std::string> words;
  };
  std::deque<Command> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace sio::cluster
