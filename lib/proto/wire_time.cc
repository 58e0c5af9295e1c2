#include "proto/wire_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace sio::proto {
namespace {

constexpr std::int64_t kLastMs = 253'402'300'799'999;  // the end of the year 9999

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes fixed pieces off the front of a text; what does not fit makes it bad for good.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int min, int max) {
    int value = 0;
    const std::string_view piece = rest_.substr(0, digits);
    good_ = good_ && piece.size() == digits && std::ranges::all_of(piece, is_digit);
    if (!good_) return 0;
    std::from_chars(piece.data(), piece.data() + piece.size(), value);
    rest_.remove_prefix(digits);
    good_ = value >= min && value <= max;
    return value;
  }

  // The one of `accepted` that comes next.
  char one_of(std::string_view accepted) {
    good_ = good_ && !rest_.empty() && accepted.find(rest_.front()) != std::string_view::npos;
    if (!good_) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  // Milliseconds of ".123456", or 0 if there is no fraction.
  int fraction() {
    if (!good_ || !rest_.starts_with('.')) return 0;
    rest_.remove_prefix(1);
    good_ = !rest_.empty() && is_digit(rest_.front());
    int ms = 0;
    for (int scale = 100; !rest_.empty() && is_digit(rest_.front()); scale /= 10) {
      ms += (rest_.front() - '0') * scale;
      rest_.remove_prefix(1);
    }
    return ms;
  }

  bool done() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Pieces pieces(text);
  const int y = pieces.number(4, 0, 9999);
  pieces.one_of("-");
  const int m = pieces.number(2, 1, 12);
  pieces.one_of("-");
  const int d = pieces.number(2, 1, 31);
  pieces.one_of("Tt ");
  const hours hour(pieces.number(2, 0, 23));
  pieces.one_of(":");
  const minutes minute(pieces.number(2, 0, 59));
  pieces.one_of(":");
  const seconds second(pieces.number(2, 0, 60));
  const milliseconds fraction(pieces.fraction());
  const char zone = pieces.one_of("Zz+-");
  minutes ahead{0};
  if (zone == '+' || zone == '-') {
    ahead = hours(pieces.number(2, 0, 23));
    pieces.one_of(":");
    ahead += minutes(pieces.number(2, 0, 59));
  }
  const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d))};
  if (!pieces.done() || !date.ok()) return std::nullopt;
  if (zone == '-') ahead = -ahead;
  const auto time = sys_days(date) + hour + minute + second + fraction - ahead;
  return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

void append_padded(std::string& out, unsigned number, int width) {
  std::array<char, 8> digits;
  for (int i = width - 1; i >= 0; --i, number /= 10)
    digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
  out.append(digits.data(), static_cast<std::size_t>(width));
}

}  // namespace

std::optional<std::int64_t> parse_wire_time(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return parse_rfc3339(text);
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return ms;
}

void append_wire_time(std::string& out, std::int64_t time_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time(milliseconds(std::clamp<std::int64_t>(time_ms, 0, kLastMs)));
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto ms = static_cast<unsigned>((time - day).count());
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, ms / 3'600'000, 2);
  out += ':';
  append_padded(out, ms / 60'000 % 60, 2);
  out += ':';
  append_padded(out, ms / 1000 % 60, 2);
  out += '.';
  append_padded(out, ms % 1000, 3);
  out += 'Z';
}

}  // namespace sio::proto
