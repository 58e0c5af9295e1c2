#include "proto/json_scanner.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

bool JsonScanner::skip_value() {
  switch (peek()) {
    case '{':
      return skip_object();
    case '[':
      return skip_array();
    case '"':
      return skip_string();
    case 't':
      return skip_word("true");
    case 'f':
      return skip_word("false");
    case 'n':
      return skip_word("null");
    default:
      return skip_number();
  }
}

bool JsonScanner::skip_array() {
  if (depth_ == kMaxJsonDepth) return stop("nested too deeply");
  ++depth_;
  ++p_;
  skip_space();
  if (!skip(']')) {
    for (;;) {
      if (!skip_value()) return false;
      skip_space();
      if (skip(']')) break;
      if (!skip(',')) return stop("expected ',' or ']'");
      skip_space();
    }
  }
  --depth_;
  return true;
}

bool JsonScanner::skip_object() {
  if (depth_ == kMaxJsonDepth) return stop("nested too deeply");
  ++depth_;
  ++p_;
  skip_space();
  if (!skip('}')) {
    for (;;) {
      if (!skip_member()) return false;
      skip_space();
      if (skip('}')) break;
      if (!skip(',')) return stop("expected ',' or '}'");
      skip_space();
    }
  }
  --depth_;
  return true;
}

bool JsonScanner::skip_member() {
  if (peek() != '"') return stop("expected a member name in quotes");
  if (!skip_string()) return false;
  skip_space();
  if (!skip(':')) return stop("expected ':'");
  skip_space();
  return skip_value();
}

bool JsonScanner::skip_string() {
  ++p_;
  for (;;) {
    p_ = find_special(p_, end_);
    if (p_ == end_) return stop("expected the closing quote of a string");
    if (*p_ == '"') break;
    if (*p_ == '\\') {
      if (!skip_escape()) return false;
      continue;
    }
    if (static_cast<unsigned char>(*p_) < 0x20) return stop("control character in a string");
    if (!skip_utf8()) return stop("not UTF-8");
  }
  ++p_;
  return true;
}

// Characters beyond ASCII come in runs.
bool JsonScanner::skip_utf8() {
  while (p_ != end_ && static_cast<unsigned char>(*p_) >= 0x80) {
    const std::size_t length = utf8_length({p_, static_cast<std::size_t>(end_ - p_)});
    if (length == 0) return false;
    p_ += length;
  }
  return true;
}

bool JsonScanner::skip_escape() {
  ++p_;
  switch (peek()) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      ++p_;
      return true;
    case 'u':
      ++p_;
      for (int i = 0; i < 4; ++i, ++p_)
        if (!is_hex(peek())) return stop("expected four hexadecimal digits");
      return true;
    default:
      return stop("no such escape in a string");
  }
}

bool JsonScanner::skip_digits() {
  if (!is_digit(peek())) return stop("expected a digit");
  while (is_digit(peek())) ++p_;
  return true;
}

bool JsonScanner::skip_number() {
  if (peek() != '-' && !is_digit(peek())) return stop("expected a value");
  skip('-');
  if (!skip('0') && !skip_digits()) return false;
  if (skip('.') && !skip_digits()) return false;
  if (peek() == 'e' || peek() == 'E') {
    ++p_;
    if (!skip('+')) skip('-');
    return skip_digits();
  }
  return true;
}

bool JsonScanner::skip_word(std::string_view word) {
  if (!std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(word))
    return stop("expected a value");
  p_ += word.size();
  return true;
}

Error JsonScanner::error(std::size_t where) const {
  return Error{Errc::protocol, fmt::format("byte {}: {}{}", where + offset() + 1, problem_,
                                           at_end() ? ", but the text ends" : "")};
}

}  // namespace sio::proto
