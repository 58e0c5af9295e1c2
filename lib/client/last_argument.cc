#include "client/last_argument.h"

#include <cstddef>

// JSON can be walked backwards: outside of strings there are no backslashes, so the quote that
// opens a string is the nearest one, going back from the one that closes it, with an even number of
// backslashes in front.

namespace sio::client {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The position of the quote that opens the string which `close` ends.
std::size_t opening_quote(std::string_view args, std::size_t close) {
  std::size_t at = close;
  while (at > 0) {
    at = args.rfind('"', at - 1);
    std::size_t backslashes = 0;
    while (backslashes < at && args[at - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at;
  }
  return 0;
}

// The comma in front of the last value, or npos.
std::size_t last_comma(std::string_view args) {
  std::size_t depth = 0;
  for (std::size_t at = args.size(); at-- > 0;) {
    const char c = args[at];
    if (c == '"') {
      at = opening_quote(args, at);
    } else if (c == '}' || c == ']') {
      ++depth;
    } else if (c == '{' || c == '[') {
      --depth;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

LastArgument split_last_argument(std::string_view args) {
  const std::size_t comma = last_comma(args);
  if (comma == std::string_view::npos) return {{}, trimmed(args)};
  return {trimmed(args.substr(0, comma)), trimmed(args.substr(comma + 1))};
}

}  // namespace sio::client
