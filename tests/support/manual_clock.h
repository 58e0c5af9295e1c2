// A clock that goes on when a test says so.
#pragma once

#include "base/clock.h"

namespace sio::test {

class ManualClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  std::int64_t wall_ms() const override { return wall_ms_; }

  void advance(Duration by) {
    now_ += by;
    wall_ms_ += std::chrono::duration_cast<std::chrono::milliseconds>(by).count();
  }
  void set_wall_ms(std::int64_t wall_ms) { wall_ms_ = wall_ms; }

 private:
  TimePoint now_{std::chrono::hours(1)};
  std::int64_t wall_ms_ = 1'769'868'306'123;  // 2026-01-31T14:05:06.123Z
};

}  // namespace sio::test
