// One pass over JSON text, checking what it walks over: the engine under json_text, packet_codec
// and attachments. It allocates nothing and recurses at most kMaxJsonDepth deep.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/result.h"

namespace sio::proto {

// The first byte in [p, end) that cannot stand for itself inside a JSON string without a second
// look: a control character, a quote, a backslash, or part of a character beyond ASCII.
inline const char* find_special(const char* p, const char* end) {
  // Eight bytes at a time. A borrow can only mark a byte behind one that is truly special, so the
  // lowest mark is exact.
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  constexpr auto equals = [](std::uint64_t word, char c) {
    const std::uint64_t x = word ^ (kOnes * static_cast<unsigned char>(c));
    return (x - kOnes) & ~x;
  };
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - p >= 8; p += 8) {
      std::uint64_t word;
      std::memcpy(&word, p, sizeof word);
      const std::uint64_t control = (word - kOnes * 0x20) & ~word;
      const std::uint64_t marks =
          (control | equals(word, '"') | equals(word, '\\') | word) & kHighs;
      if (marks != 0) return p + std::countr_zero(marks) / 8;
    }
  }
  for (; p != end; ++p) {
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x20 || byte >= 0x80 || *p == '"' || *p == '\\') return p;
  }
  return p;
}

// Walks a text from its front. The views it is asked for point into the text.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text)
      : begin_(text.data()), p_(text.data()), end_(text.data() + text.size()) {}

  // The next character, or NUL at the end (which no JSON text contains).
  char peek() const { return p_ == end_ ? '\0' : *p_; }
  bool at_end() const { return p_ == end_; }
  std::size_t offset() const { return static_cast<std::size_t>(p_ - begin_); }
  std::string_view since(std::size_t offset) const {
    return {begin_ + offset, static_cast<std::size_t>(p_ - begin_) - offset};
  }

  void skip_space() {
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) ++p_;
  }
  // Skips `c` if it is next.
  bool skip(char c) {
    if (peek() != c) return false;
    ++p_;
    return true;
  }
  // Skips the value (or string) that begins here. False: it is not well formed, and error() says
  // what is wrong at offset().
  bool skip_value();
  bool skip_string();

  // `where` is added to the position, for a text that is part of another.
  Error error(std::size_t where = 0) const;
  // Makes error() say `problem`; returns false.
  bool stop(const char* problem) {
    problem_ = problem;
    return false;
  }

 private:
  bool skip_object();
  bool skip_array();
  bool skip_member();
  bool skip_utf8();
  bool skip_escape();
  bool skip_number();
  bool skip_digits();
  bool skip_word(std::string_view word);

  const char* begin_;
  const char* p_;
  const char* end_;
  std::size_t depth_ = 0;
  const char* problem_ = "not JSON";
};

}  // namespace sio::proto
