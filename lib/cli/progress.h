// The one line on a terminal that shows how far long work has come: how many, how many a second,
// bytes, and the time that is left where the end is known. Loop thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cli/talk.h"
#include "net/loop.h"

namespace sio::cli {

struct ProgressState {
  std::uint64_t count = 0;
  std::string_view things = "events";
  std::optional<std::uint64_t> bytes;
  // How much of the work is done, from 0 to 1, if that is known: what is left is reckoned from it.
  std::optional<double> share;
  std::string_view remark;  // at the end: "connecting", "paused"
};

class ProgressSource {
 public:
  virtual ~ProgressSource() = default;
  // Asked a few times a second.
  virtual ProgressState progress() = 0;
};

// How a state reads, `elapsed` after the beginning and with `rate` things a second now:
// `12,345 events  2,469/s  1.2 MB  49 %  0:05 left`. Pure.
std::string describe(const ProgressState& state, Duration elapsed, double rate);

// Costs nothing between two looks at the source. While there is nothing to count there is no line.
class Progress final : private net::Timer::Handler {
 public:
  // Shows the line from the first half second on, until it is destroyed; or never, unless talk says
  // that stderr is a terminal for such lines. All references outlive this.
  Progress(net::Loop& loop, Talk& talk, ProgressSource& source);
  ~Progress() override;

 private:
  void on_timer(net::Timer& timer) override;

  Talk& talk_;
  ProgressSource& source_;
  SystemClock clock_;
  net::Timer timer_;
  TimePoint began_;
  TimePoint looked_at_;
  std::uint64_t count_ = 0;
  double rate_ = 0;
};

}  // namespace sio::cli
