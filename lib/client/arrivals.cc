#include "client/arrivals.h"

#include <algorithm>

namespace sio::client {

bool Arrivals::take(std::uint64_t number) {
  if (number < next_) return fill(number);
  if (number > next_) {
    if (gaps_.size() == kMaxGaps) gaps_.erase(gaps_.begin());
    gaps_.push_back({next_, number});
  }
  next_ = number + 1;
  return true;
}

bool Arrivals::fill(std::uint64_t number) {
  const auto gap = std::ranges::find_if(
      gaps_, [number](const Gap& one) { return number >= one.begin && number < one.end; });
  if (gap == gaps_.end()) return false;
  const Gap behind{number + 1, gap->end};
  gap->end = number;
  const auto position = gap->begin == gap->end ? gaps_.erase(gap) : gap + 1;
  if (behind.begin < behind.end) gaps_.insert(position, behind);
  return true;
}

}  // namespace sio::client
