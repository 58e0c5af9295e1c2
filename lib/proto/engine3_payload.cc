#include "proto/engine3_payload.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/utf8.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

constexpr char kEndOfLength = '\xff';
constexpr std::size_t kMaxDigits = 10;

struct Character {
  std::size_t bytes;
  std::size_t units;  // of UTF-16
};
Character first_character(std::string_view text) {
  const std::size_t bytes = std::max<std::size_t>(1, utf8_length(text));
  return {bytes, bytes == 4 ? 2u : 1u};
}

// The size in bytes of the beginning of `text` that has `units` UTF-16 code units.
std::optional<std::size_t> size_of_units(std::string_view text, std::size_t units) {
  std::size_t size = 0;
  while (units > 0) {
    if (size == text.size()) return std::nullopt;
    const Character character = first_character(text.substr(size));
    if (character.units > units) return std::nullopt;
    units -= character.units;
    size += character.bytes;
  }
  return size;
}

}  // namespace

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    units += character.units;
    text.remove_prefix(character.bytes);
  }
  return units;
}

std::string engine3_head(bool binary, std::size_t size) {
  std::string head(1, binary ? '\x01' : '\x00');
  for (const char digit : fmt::format("{}", size)) head += static_cast<char>(digit - '0');
  head += kEndOfLength;
  return head;
}

tl::unexpected<Error> Payload3Reader::broken(std::string_view problem) {
  rest_ = {};
  return fail(Errc::protocol, fmt::format("packet {} of the payload: {}", packets_, problem));
}

Result<Payload3Reader::Packet> Payload3Reader::next() {
  if (++packets_ > kMaxPacketsReceived) return broken("there are too many");
  return binary_ ? next_of_binary() : next_of_text();
}

Result<Payload3Reader::Packet> Payload3Reader::next_of_text() {
  std::size_t length = 0;
  std::size_t digits = 0;
  for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
    if (digits == kMaxDigits) return broken("its length has too many digits");
    length = length * 10 + static_cast<std::size_t>(rest_[digits] - '0');
  }
  if (digits == 0 || digits == rest_.size() || rest_[digits] != ':')
    return broken("expected its length and ':'");
  rest_.remove_prefix(digits + 1);
  const std::optional<std::size_t> size = size_of_units(rest_, length);
  if (!size) return broken("it is shorter than its length says");
  const Packet packet{false, rest_.substr(0, *size)};
  rest_.remove_prefix(*size);
  return packet;
}

Result<Payload3Reader::Packet> Payload3Reader::next_of_binary() {
  const char kind = rest_.front();
  if (kind != '\x00' && kind != '\x01') return broken("it is neither text nor binary");
  std::size_t length = 0;
  std::size_t at = 1;
  for (; at < rest_.size(); ++at) {
    const auto digit = static_cast<unsigned char>(rest_[at]);
    if (digit > 9) break;
    if (at > kMaxDigits) return broken("its length has too many digits");
    length = length * 10 + digit;
  }
  if (at == 1 || at == rest_.size() || rest_[at] != kEndOfLength)
    return broken("expected its length and ff");
  rest_.remove_prefix(at + 1);
  if (length > rest_.size()) return broken("it is shorter than its length says");
  const Packet packet{kind == '\x01', rest_.substr(0, length)};
  rest_.remove_prefix(length);
  return packet;
}

}  // namespace sio::proto
