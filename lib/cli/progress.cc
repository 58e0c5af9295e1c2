#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/figures.h"

namespace sio::cli {
namespace {

constexpr Duration kFirstLook = std::chrono::milliseconds(500);
constexpr Duration kBetweenLooks = std::chrono::milliseconds(250);
// Of the rate shown, what one look counts for.
constexpr double kNewest = 0.3;
constexpr Duration kLongest = std::chrono::hours(100);

std::string clock_time(Duration left) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string left_of(double share, Duration elapsed) {
  const double left = static_cast<double>(elapsed.count()) * (1 - share) / share;
  if (!(left < static_cast<double>(kLongest.count()))) return {};
  return fmt::format("  {} left", clock_time(Duration(static_cast<Duration::rep>(left))));
}

}  // namespace

std::string describe(const ProgressState& state, Duration elapsed, double rate) {
  std::string line = fmt::format("{} {}  {}/s", grouped(state.count), state.things,
                                 grouped(static_cast<std::uint64_t>(std::llround(rate))));
  if (state.bytes) line += "  " + bytes_text(*state.bytes);
  if (state.share) {
    const double share = std::clamp(*state.share, 0.0, 1.0);
    line += fmt::format("  {:.0f} %", std::floor(share * 100));
    if (share > 0 && share < 1) line += left_of(share, elapsed);
  }
  if (!state.remark.empty()) line += fmt::format("  {}", state.remark);
  return line;
}

Progress::Progress(net::Loop& loop, Talk& talk, ProgressSource& source)
    : talk_(talk), source_(source), timer_(loop, *this), began_(clock_.now()), looked_at_(began_) {
  if (talk_.shows_status()) timer_.arm_in(kFirstLook);
}

Progress::~Progress() {
  talk_.set_status({});
}

void Progress::on_timer(net::Timer&) {
  const TimePoint now = clock_.now();
  const ProgressState state = source_.progress();
  const double seconds = std::chrono::duration<double>(now - looked_at_).count();
  if (state.count < count_) count_ = 0;  // it counts something else now
  const double rate = static_cast<double>(state.count - count_) / std::max(seconds, 1e-3);
  rate_ = rate_ == 0 ? rate : rate_ + kNewest * (rate - rate_);
  count_ = state.count;
  looked_at_ = now;
  if (state.count > 0 || !state.remark.empty())
    talk_.set_status(describe(state, now - began_, rate_));
  timer_.arm_in(kBetweenLooks);
}

}  // namespace sio::cli
