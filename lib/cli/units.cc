#include "cli/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string>

#include <fmt/format.h>

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

}  // namespace sio::cli
