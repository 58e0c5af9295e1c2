// Time, as something that can be passed in. Nothing below cmd/ asks the system for the time except
// through a Clock, so that every timeout can be tested without waiting for it.
#pragma once

#include <chrono>
#include <cstdint>

namespace sio {

using Duration = std::chrono::nanoseconds;
// A point on the clock that never jumps. Deadlines and round-trip times are made of these.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
inline constexpr TimePoint kNever = TimePoint::max();

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  // Milliseconds since 1970 UTC, for records and logs. May jump.
  virtual std::int64_t wall_ms() const = 0;
};

// The machine's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  std::int64_t wall_ms() const override;
};

}  // namespace sio
