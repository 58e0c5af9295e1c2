// When each operation of an open loop is due: at a steady rate from a start on. Pure; exact over
// days.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace sio::client {

class Schedule {
 public:
  // `rate` a second, at least 1. The first is due at `start`.
  Schedule(TimePoint start, std::uint64_t rate) : start_(start), rate_(rate) {}

  // The next one.
  TimePoint due() const {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    return start_ + std::chrono::seconds(number_ / rate_) +
           Duration(static_cast<Duration::rep>(number_ % rate_ * kSecond / rate_));
  }
  void advance() { ++number_; }

 private:
  TimePoint start_;
  std::uint64_t rate_;
  std::uint64_t number_ = 0;
};

}  // namespace sio::client
