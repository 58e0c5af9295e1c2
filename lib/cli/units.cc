#include "cli/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>
#include <span>
#include <string>

#include <fmt/format.h>

#include "proto/wire_time.h"

namespace sio::cli {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kSecond = 1e9;
constexpr std::array<Unit, 6> kDurations = {{{"", kSecond},
                                             {"ms", 1e6},
                                             {"s", kSecond},
                                             {"m", 60 * kSecond},
                                             {"h", 3600 * kSecond},
                                             {"d", 86400.0 * kSecond}}};
constexpr double kLongest = 36500.0 * 86400 * kSecond;

constexpr std::array<Unit, 8> kSizes = {{{"", 1},
                                         {"k", 1e3},
                                         {"m", 1e6},
                                         {"g", 1e9},
                                         {"ki", 1024.0},
                                         {"mi", 1024.0 * 1024},
                                         {"gi", 1024.0 * 1024 * 1024},
                                         {"b", 1}}};
constexpr double kLargest = 1e15;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// A number and one of `units`, multiplied; nothing if it is not that, or more than `max`.
std::optional<double> quantity(std::string_view text, std::span<const Unit> units, double max) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || text.front() == '-' || !std::isfinite(number)) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units)
    if (unit.name == name && number * unit.factor <= max) return number * unit.factor;
  return std::nullopt;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto nanoseconds = quantity(text, kDurations, kLongest);
  if (!nanoseconds)
    return fail(Errc::usage,
                fmt::format("\"{}\" is not a duration (write 250ms, 10s, 5m, 2h or 7d)", text));
  return Duration(std::llround(*nanoseconds));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto bytes = quantity(lower(text), kSizes, kLargest);
  if (!bytes)
    return fail(Errc::usage, fmt::format("\"{}\" is not a size (write 64k, 10M or 1G)", text));
  return static_cast<std::uint64_t>(std::llround(*bytes));
}

namespace {

// Reads `text` from its front, piece by piece.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  // `digits` digits, a number from `least` to `most`.
  std::optional<int> number(std::size_t digits, int least, int most) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, value);
    if (error != std::errc{} || end != rest_.data() + digits) return std::nullopt;
    rest_.remove_prefix(digits);
    if (value < least || value > most) return std::nullopt;
    return value;
  }
  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::tm local_time(std::int64_t time_ms) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

std::int64_t to_ms(std::tm parts) {
  parts.tm_isdst = -1;
  return static_cast<std::int64_t>(std::mktime(&parts)) * 1000;
}

// 14:05 or 14:05:06, to the end.
bool read_clock(DateReader& in, std::tm& parts) {
  const auto hour = in.number(2, 0, 23);
  if (!hour || !in.skip(':')) return false;
  const auto minute = in.number(2, 0, 59);
  if (!minute) return false;
  std::optional<int> second = 0;
  if (in.skip(':')) second = in.number(2, 0, 59);
  if (!second || !in.at_end()) return false;
  parts.tm_hour = *hour;
  parts.tm_min = *minute;
  parts.tm_sec = *second;
  return true;
}

std::optional<std::int64_t> time_of_day(std::string_view text, std::int64_t now_ms) {
  std::tm parts = local_time(now_ms);
  DateReader in(text);
  if (!read_clock(in, parts)) return std::nullopt;
  const std::int64_t today = to_ms(parts);
  if (today <= now_ms) return today;
  --parts.tm_mday;
  return to_ms(parts);
}

// 2026-01-31, and 2026-01-31T14:05 with `T` or a space.
std::optional<std::int64_t> local_date(std::string_view text) {
  DateReader in(text);
  std::tm parts{};
  const auto year = in.number(4, 1970, 9999);
  if (!year || !in.skip('-')) return std::nullopt;
  const auto month = in.number(2, 1, 12);
  if (!month || !in.skip('-')) return std::nullopt;
  const auto day = in.number(2, 1, 31);
  if (!day) return std::nullopt;
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  if (!in.at_end() && !((in.skip('T') || in.skip(' ')) && read_clock(in, parts)))
    return std::nullopt;
  const std::int64_t time_ms = to_ms(parts);
  // 2026-02-30 would be another day.
  if (local_time(time_ms).tm_mday != *day) return std::nullopt;
  return time_ms;
}

std::optional<std::int64_t> unix_time(std::string_view text) {
  if (!text.starts_with('@')) return std::nullopt;
  text.remove_prefix(1);
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (error != std::errc{} || rest != end || !(seconds >= 0 && seconds < 253'402'300'800.0))
    return std::nullopt;
  return std::llround(seconds * 1000);
}

std::optional<std::int64_t> time_ago(std::string_view text, std::int64_t now_ms) {
  constexpr std::string_view kAgo = " ago";
  if (text.ends_with(kAgo)) text.remove_suffix(kAgo.size());
  const auto duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return now_ms - std::chrono::duration_cast<std::chrono::milliseconds>(*duration).count();
}

}  // namespace

Result<proto::Position> parse_when(std::string_view text, std::int64_t now_ms) {
  using Kind = proto::Position::Kind;
  if (text == "all") return proto::Position{.kind = Kind::all};
  if (text == "now") return proto::Position{.kind = Kind::now};
  if (const auto id = proto::parse_record_id(text))
    return proto::Position{.kind = Kind::record, .record = *id};
  // Plain digits are a duration here, and not the milliseconds that peers write.
  auto time_ms = time_ago(text, now_ms);
  if (!time_ms) time_ms = unix_time(text);
  if (!time_ms) time_ms = time_of_day(text, now_ms);
  if (!time_ms) time_ms = local_date(text);
  if (!time_ms) time_ms = proto::parse_wire_time(text);
  if (time_ms)
    return proto::Position{.kind = Kind::time, .time_ms = std::max<std::int64_t>(*time_ms, 0)};
  return fail(Errc::usage,
              fmt::format("\"{}\" is not a point in time (write all, now, #ID, 10m, 14:05, "
                          "2026-01-31, 2026-01-31T14:05:00Z or @UNIX)",
                          text));
}

std::vector<std::string> usual_points_in_time() {
  return {"all", "now", "10m", "1h", "1d"};
}

std::string format_position(const proto::Position& position) {
  switch (position.kind) {
    case proto::Position::Kind::all:
      return "all";
    case proto::Position::Kind::now:
      return "now";
    case proto::Position::Kind::time:
      return fmt::format("{}", position.time_ms);
    case proto::Position::Kind::record:
      break;
  }
  if (position.record.store.empty()) return fmt::format("#{}", position.record.seq);
  return proto::format_record_id(position.record.store, position.record.seq);
}

}  // namespace sio::cli
