#include "proto/msgpack_writer.h"

#include <bit>
#include <charconv>

#include "base/check.h"
#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

constexpr std::string_view kPlaceholderKey = "_placeholder";

}  // namespace

// `value` in `size` bytes behind `code`.
void MsgpackWriter::coded(unsigned code, std::uint64_t value, std::size_t size) {
  out_ += static_cast<char>(code);
  for (std::size_t i = size; i-- > 0;) out_ += static_cast<char>(value >> (8 * i));
}

// A size in the shortest of the forms whose codes begin at `first_code`: 1, 2 or 4 bytes.
void MsgpackWriter::sized(unsigned first_code, std::uint64_t size) {
  if (size <= 0xff) return coded(first_code, size, 1);
  if (size <= 0xffff) return coded(first_code + 1, size, 2);
  coded(first_code + 2, size, 4);
}

void MsgpackWriter::text(std::string_view utf8) {
  if (utf8.size() < 0x20) {
    out_ += static_cast<char>(0xa0 | utf8.size());
  } else {
    sized(0xd9, utf8.size());
  }
  out_ += utf8;
}

void MsgpackWriter::binary(std::string_view bytes) {
  sized(0xc4, bytes.size());
  out_ += bytes;
}

void MsgpackWriter::unsigned_number(std::uint64_t value) {
  if (value < 0x80) {
    out_ += static_cast<char>(value);
  } else if (value > 0xffffffff) {
    coded(0xcf, value, 8);
  } else {
    sized(0xcc, value);
  }
}

void MsgpackWriter::array_header(std::size_t count) {
  const std::size_t start = out_.size();
  out_ += '\0';
  close_container(start, count, 0x90, 0xdc);
}

void MsgpackWriter::map_header(std::size_t count) {
  const std::size_t start = out_.size();
  out_ += '\0';
  close_container(start, count, 0x80, 0xde);
}

void MsgpackWriter::negative(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= -0x20) {
    out_ += static_cast<char>(value);
  } else if (value >= INT8_MIN) {
    coded(0xd0, bits, 1);
  } else if (value >= INT16_MIN) {
    coded(0xd1, bits, 2);
  } else if (value >= INT32_MIN) {
    coded(0xd2, bits, 4);
  } else {
    coded(0xd3, bits, 8);
  }
}

void MsgpackWriter::number(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos && text != "-0") {
    std::uint64_t whole = 0;
    std::int64_t below = 0;
    if (text[0] != '-' && std::from_chars(text.data(), end, whole).ec == std::errc{})
      return unsigned_number(whole);
    if (text[0] == '-' && std::from_chars(text.data(), end, below).ec == std::errc{})
      return negative(below);
  }
  coded(0xcb, std::bit_cast<std::uint64_t>(json_number(text)), 8);
}

void MsgpackWriter::literal(std::string_view text) {
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return this->text(inner);
  scratch_.clear();
  append_json_unescaped(scratch_, text);
  this->text(scratch_);
}

void MsgpackWriter::value(JsonScanner& in) {
  const char first = in.peek();
  if (first == '{') return object(in);
  if (first == '[') return array(in);
  const std::size_t start = in.offset();
  SIO_CHECK(in.skip_value());
  const std::string_view text = in.since(start);
  switch (first) {
    case '"':
      return literal(text);
    case 'n':
      out_ += '\xc0';
      return;
    case 'f':
      out_ += '\xc2';
      return;
    case 't':
      out_ += '\xc3';
      return;
    default:
      return number(text);
  }
}

void MsgpackWriter::array(JsonScanner& in) {
  const std::size_t start = out_.size();
  std::size_t count = 0;
  out_ += '\0';
  SIO_CHECK(in.skip('['));
  for (in.skip_space(); in.peek() != ']'; in.skip_space()) {
    if (count++ > 0) SIO_CHECK(in.skip(','));
    in.skip_space();
    value(in);
  }
  SIO_CHECK(in.skip(']'));
  close_container(start, count, 0x90, 0xdc);
}

void MsgpackWriter::object(JsonScanner& in) {
  const std::size_t start = out_.size();
  std::size_t count = 0;
  bool is_placeholder = false;
  std::string_view num;
  out_ += '\0';
  SIO_CHECK(in.skip('{'));
  for (in.skip_space(); in.peek() != '}'; in.skip_space()) {
    if (count++ > 0) SIO_CHECK(in.skip(','));
    in.skip_space();
    const std::size_t key_start = in.offset();
    SIO_CHECK(in.skip_string());
    const std::string_view key = in.since(key_start);
    literal(key);
    in.skip_space();
    SIO_CHECK(in.skip(':'));
    in.skip_space();
    const std::size_t value_start = in.offset();
    value(in);
    if (json_string_is(key, kPlaceholderKey)) is_placeholder = in.since(value_start) == "true";
    if (json_string_is(key, "num")) num = in.since(value_start);
  }
  SIO_CHECK(in.skip('}'));
  const auto bytes = is_placeholder ? attachment(num) : std::nullopt;
  if (!bytes) return close_container(start, count, 0x80, 0xde);
  out_.resize(start);
  binary(*bytes);
}

// What a placeholder's `num` names. One attachment may be named many times, so there is a limit.
std::optional<std::string_view> MsgpackWriter::attachment(std::string_view num) const {
  if (num.empty() || json_kind(num) != JsonKind::number) return std::nullopt;
  const double index = json_number(num);
  if (!(index >= 0) || index >= static_cast<double>(attachments_.size())) return std::nullopt;
  const std::string& bytes = attachments_[static_cast<std::size_t>(index)];
  if (out_.size() + bytes.size() > kClientMaxMessage) return std::nullopt;
  return bytes;
}

// Writes what stands in front of a container, now that its size is known.
void MsgpackWriter::close_container(std::size_t start, std::size_t count, unsigned few,
                                    unsigned many) {
  if (count < 16) {
    out_[start] = static_cast<char>(few | count);
    return;
  }
  const std::size_t size = count <= 0xffff ? 2 : 4;
  std::string head(1, static_cast<char>(size == 2 ? many : many + 1));
  for (std::size_t i = size; i-- > 0;) head += static_cast<char>(count >> (8 * i));
  out_.replace(start, 1, head);
}

}  // namespace sio::proto
