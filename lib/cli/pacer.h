// When a recorded event is due again. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace sio::cli {

struct PaceOptions {
  double speed = 0;                       // recorded timing times this; 0: at once
  std::optional<std::uint64_t> rate;      // instead: events per second
  std::optional<Duration> longest_pause;  // a recorded pause is cut to this
};

class Pacer {
 public:
  explicit Pacer(PaceOptions options) : options_(options) {}

  // Whether events ever have to wait.
  bool paces() const { return options_.speed > 0 || options_.rate.has_value(); }
  // When the next event, recorded at `time_ms`, is due. The first one is at once; later ones follow
  // from it and not from when they were asked for, so that nothing drifts. A clock that was set
  // back while recording makes no pause.
  TimePoint due(std::int64_t time_ms, TimePoint now);

 private:
  Duration pause_before(std::int64_t time_ms) const;

  PaceOptions options_;
  bool started_ = false;
  TimePoint due_{};
  std::int64_t previous_ms_ = 0;
};

}  // namespace sio::cli
