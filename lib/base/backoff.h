// How long to wait before the next attempt to connect. Pure.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace sio {

struct BackoffLimits {
  Duration first = std::chrono::milliseconds(500);
  Duration longest = std::chrono::seconds(30);
};

// Doubles from `first` to `longest`. Half of each delay is left to chance, so that the clients of a
// server that comes back do not all arrive at once.
class Backoff {
 public:
  explicit Backoff(BackoffLimits limits = {}) : limits_(limits), next_(limits.first) {}

  // `chance` is in [0, 1). The delay is in [d/2, d), where d doubles from call to call.
  Duration next(double chance);
  // A connection stood: the next delay is the first one again.
  void reset() { next_ = limits_.first; }

 private:
  BackoffLimits limits_;
  Duration next_;
};

}  // namespace sio
