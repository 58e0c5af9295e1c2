#include "client/in_flight.h"

#include <utility>

namespace sio::client {

std::uint64_t InFlight::add(TimePoint start) {
  starts_.push_back(start);
  ++open_;
  return next_number() - 1;
}

std::optional<TimePoint> InFlight::settle(std::uint64_t number) {
  if (number < first_ || number >= next_number()) return std::nullopt;
  const TimePoint start =
      std::exchange(starts_[static_cast<std::size_t>(number - first_)], kSettled);
  if (start == kSettled) return std::nullopt;
  --open_;
  pop_settled();
  return start;
}

bool InFlight::give_up_oldest(TimePoint limit) {
  return open_ > 0 && starts_.front() < limit && settle(first_).has_value();
}

void InFlight::pop_settled() {
  while (!starts_.empty() && starts_.front() == kSettled) {
    starts_.pop_front();
    ++first_;
  }
}

}  // namespace sio::client
