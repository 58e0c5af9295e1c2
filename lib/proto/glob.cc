// Two positions walk in step. A `*` remembers where it stands; when the rest does not match, the
// last `*` takes one more character and everything behind it starts again. Only the last `*` ever
// has to be reconsidered, so the work is bounded by pattern times name.
#include "proto/glob.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"

namespace sio::proto {
namespace {

// Bytes that are not UTF-8 count as characters of their own.
std::string_view take_char(std::string_view& text) {
  const std::size_t length = std::max<std::size_t>(1, utf8_length(text));
  const std::string_view c = text.substr(0, length);
  text.remove_prefix(length);
  return c;
}

// The order of UTF-8 is the order of code points, so characters compare as bytes.
bool in_range(std::string_view c, std::string_view low, std::string_view high) {
  return low <= c && c <= high;
}

std::string_view take_set_char(std::string_view& set) {
  if (set.size() > 1 && set.front() == '\\') set.remove_prefix(1);
  return take_char(set);
}

// Matches `c` against the set at the front of `pattern` (behind its `[`), and advances past it.
// Nothing: the set has no end, so the `[` stands for itself.
std::optional<bool> match_set(std::string_view& pattern, std::string_view c) {
  std::string_view rest = pattern;
  const bool negated = !rest.empty() && rest.front() == '!';
  if (negated) rest.remove_prefix(1);
  bool found = false;
  for (bool first = true; !rest.empty() && (first || rest.front() != ']'); first = false) {
    const std::string_view low = take_set_char(rest);
    std::string_view high = low;
    if (rest.size() > 1 && rest[0] == '-' && rest[1] != ']') {
      rest.remove_prefix(1);
      high = take_set_char(rest);
    }
    found = found || in_range(c, low, high);
  }
  if (rest.empty()) return std::nullopt;
  pattern = rest.substr(1);
  return found != negated;
}

// Matches one character of `name` with one element of `pattern` (not `*`), and advances both. Only
// a
// `[` before `last_bracket`, where the pattern's last `]` is, can begin a set.
bool match_one(std::string_view& pattern, std::string_view& name, const char* last_bracket) {
  const std::string_view c = take_char(name);
  const std::string_view element = take_char(pattern);
  if (element == "?") return true;
  if (element == "[" && element.data() < last_bracket) {
    if (const auto matched = match_set(pattern, c)) return *matched;
    return c == "[";
  }
  if (element == "\\" && !pattern.empty()) return take_char(pattern) == c;
  return element == c;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view name) {
  const std::size_t bracket = pattern.rfind(']');
  const char* const last_bracket =
      pattern.data() + (bracket == std::string_view::npos ? 0 : bracket);
  std::optional<std::string_view> star;  // the pattern behind the last `*`
  std::string_view star_name;            // what the name was when that `*` took nothing more
  for (;;) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      star = pattern;
      star_name = name;
      continue;
    }
    if (pattern.empty() && name.empty()) return true;
    if (!pattern.empty() && !name.empty() && match_one(pattern, name, last_bracket)) continue;
    if (!star || star_name.empty()) return false;
    take_char(star_name);
    pattern = *star;
    name = star_name;
  }
}

}  // namespace sio::proto
