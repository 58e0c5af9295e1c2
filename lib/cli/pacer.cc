#include "cli/pacer.h"

#include <algorithm>
#include <chrono>

namespace sio::cli {
namespace {

// Whatever was recorded, the next event is due in a time that can be reckoned with.
constexpr Duration kLongestPause = std::chrono::hours(24 * 365);

}  // namespace

TimePoint Pacer::due(std::int64_t time_ms, TimePoint now) {
  if (!paces()) return now;
  due_ = started_ ? due_ + pause_before(time_ms) : now;
  started_ = true;
  previous_ms_ = time_ms;
  return due_;
}

Duration Pacer::pause_before(std::int64_t time_ms) const {
  Duration pause{0};
  if (options_.rate) {
    pause = Duration(std::chrono::seconds(1)) / static_cast<std::int64_t>(*options_.rate);
  } else {
    const double recorded_ns =
        (static_cast<double>(time_ms) - static_cast<double>(previous_ms_)) * 1e6;
    const double ns =
        std::clamp(recorded_ns / options_.speed, 0.0, static_cast<double>(kLongestPause.count()));
    pause = Duration(static_cast<Duration::rep>(ns));
  }
  return options_.longest_pause ? std::min(pause, *options_.longest_pause) : pause;
}

}  // namespace sio::cli
