// What one reader has got of a numbered stream: notices what comes twice, also when it comes late.
// Pure; holds a few bytes while everything comes in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sio::client {

class Arrivals {
 public:
  // Numbers below `first` are none of this stream.
  explicit Arrivals(std::uint64_t first = 0) : next_(first) {}

  // False: `number` has been here before, or is none of the stream, or is so late that it was
  // forgotten (kMaxGaps).
  bool take(std::uint64_t number);

  // Gaps remembered. Beyond that the oldest is forgotten.
  static constexpr std::size_t kMaxGaps = 1024;

 private:
  struct Gap {
    std::uint64_t begin;
    std::uint64_t end;
  };
  bool fill(std::uint64_t number);

  std::uint64_t next_;
  std::vector<Gap> gaps_;  // ascending; what is missing below next_
};

}  // namespace sio::client
