// Events on their way: numbered in order, answered in any. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace sio::client {

class InFlight {
 public:
  InFlight() = default;

  // One more, which began at `start`. Numbers are consecutive.
  std::uint64_t add(TimePoint start);
  std::uint64_t next_number() const { return first_ + starts_.size(); }

  // Number `number` is answered: when it began. Nothing: it was not on its way, or is not any more.
  std::optional<TimePoint> settle(std::uint64_t number);
  // The oldest, if it began before `limit`, is not waited for any longer.
  bool give_up_oldest(TimePoint limit);
  // The number of the oldest that is on its way; next_number() if none is.
  std::uint64_t oldest_number() const { return first_; }

  std::size_t size() const { return open_; }

 private:
  void pop_settled();

  static constexpr TimePoint kSettled = TimePoint::min();
  std::deque<TimePoint> starts_;  // the first one is not settled
  std::uint64_t first_ = 0;
  std::size_t open_ = 0;
};

}  // namespace sio::client
