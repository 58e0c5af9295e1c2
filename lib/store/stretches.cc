#include "store/stretches.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sio::store {
namespace {

constexpr std::uint64_t kStretchesAtLeast = 32;
constexpr std::uint64_t kSmallestStretch = 32u << 10;
constexpr std::uint64_t kLargestStretch = 1u << 20;
// A stretch takes records for this part of max_age, so that age can be enforced by whole ones.
constexpr std::int64_t kStretchesPerAge = 8;

template <typename Integer>
bool take_number(std::string_view& text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty()) return true;
  if (text.front() != ' ') return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Stretches::Stretches(const RetentionLimits& limits)
    : limits_(limits),
      stretch_bytes_(
          std::clamp(limits.max_bytes / kStretchesAtLeast, kSmallestStretch, kLargestStretch)) {}

bool Stretches::is_full(const Stretch& stretch, std::uint64_t bytes, std::int64_t time_ms) const {
  const std::int64_t max_age = limits_.max_age.count();
  return stretch.bytes + bytes > stretch_bytes_ ||
         (max_age > 0 && time_ms - stretch.oldest_ms > max_age / kStretchesPerAge);
}

std::optional<Stretch> Stretches::add(Seq seq, std::uint64_t bytes, std::int64_t time_ms) {
  std::optional<Stretch> finished;
  if (all_.empty() || is_full(all_.back(), bytes, time_ms)) {
    if (!all_.empty()) finished = all_.back();
    all_.push_back({.first = seq, .next = seq, .oldest_ms = time_ms, .newest_ms = time_ms});
  }
  Stretch& newest = all_.back();
  newest.next = seq + 1;
  newest.bytes += bytes;
  newest.newest_ms = std::max(newest.newest_ms, time_ms);
  bytes_ += bytes;
  return finished;
}

void Stretches::add(const Stretch& stretch) {
  all_.push_back(stretch);
  bytes_ += stretch.bytes;
}

void Stretches::cut(Seq seq) {
  while (!all_.empty() && all_.back().first >= seq) {
    bytes_ -= all_.back().bytes;
    all_.pop_back();
  }
  if (!all_.empty()) all_.back().next = std::min(all_.back().next, seq);
}

void Stretches::drop_before(Seq first) {
  while (!all_.empty() && all_.front().next <= first) drop_oldest();
  if (!all_.empty()) all_.front().first = std::max(all_.front().first, first);
}

// The oldest `count` are durable, and there is another one behind them.
bool Stretches::may_drop(std::size_t count, Seq durable) const {
  return count < all_.size() && all_[count].first <= durable + 1;
}

std::size_t Stretches::too_old(std::int64_t now_ms, Seq keep_from, Seq durable) const {
  std::size_t count = 0;
  std::uint64_t bytes = bytes_;
  while (may_drop(count + 1, durable)) {
    const Stretch& oldest = all_[count];
    if (!too_large(limits_, bytes + stretch_bytes_) &&
        !store::too_old(limits_, {.next = oldest.next, .newest_ms = oldest.newest_ms}, now_ms,
                        keep_from))
      break;
    bytes -= oldest.bytes;
    ++count;
  }
  return count;
}

std::size_t Stretches::whole_before(Seq seq, Seq durable) const {
  std::size_t count = 0;
  while (may_drop(count + 1, durable) && all_[count + 1].first <= seq) ++count;
  return count;
}

void Stretches::drop_oldest() {
  bytes_ -= all_.front().bytes;
  all_.pop_front();
}

const Stretch* Stretches::find_time(std::int64_t time_ms) const {
  const auto found = std::ranges::find_if(
      all_, [time_ms](const Stretch& stretch) { return stretch.newest_ms >= time_ms; });
  return found == all_.end() ? nullptr : &*found;
}

std::string encode_stretch(const Stretch& stretch) {
  return fmt::format("{} {} {} {}", stretch.next, stretch.bytes, stretch.oldest_ms,
                     stretch.newest_ms);
}

std::optional<Stretch> decode_stretch(std::string_view first, std::string_view value) {
  Stretch stretch;
  const bool whole = take_number(first, stretch.first) && first.empty() &&
                     take_number(value, stretch.next) && take_number(value, stretch.bytes) &&
                     take_number(value, stretch.oldest_ms) &&
                     take_number(value, stretch.newest_ms) && value.empty();
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 48;
  if (!whole || stretch.first == 0 || stretch.next <= stretch.first || stretch.bytes > kMostBytes)
    return {};
  return stretch;
}

}  // namespace sio::store
