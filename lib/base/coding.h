// Integers as bytes: little-endian of fixed size, and base-128 varints (seven bits a byte, the
// least significant first, the top bit set on all but the last; ten bytes at most).
//
// Writers take a place with room enough and return the place behind what they wrote. Readers of
// fixed sizes require that the bytes are there; ByteReader does not.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sio {

static_assert(std::endian::native == std::endian::little, "written for little-endian machines");

inline constexpr std::size_t kMaxVarintSize = 10;

template <typename Integer>
char* put_fixed(char* out, Integer value) {
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

template <typename Integer>
Integer get_fixed(const char* in) {
  Integer value;
  std::memcpy(&value, in, sizeof value);
  return value;
}

template <typename Integer>
void append_fixed(std::string& out, Integer value) {
  char bytes[sizeof value];
  out.append(bytes, static_cast<std::size_t>(put_fixed(bytes, value) - bytes));
}

constexpr std::size_t varint_size(std::uint64_t value) {
  return static_cast<std::size_t>(std::bit_width(value | 1) + 6) / 7;
}

inline char* put_varint(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline void append_varint(std::string& out, std::uint64_t value) {
  char bytes[kMaxVarintSize];
  out.append(bytes, static_cast<std::size_t>(put_varint(bytes, value) - bytes));
}

inline char* put_bytes(char* out, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

// A string as its length (varint) and its bytes.
inline char* put_string(char* out, std::string_view text) {
  return put_bytes(put_varint(out, text.size()), text);
}
inline void append_string(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out.append(text);
}

// Takes integers and strings off the front of bytes that may be damaged or foreign. A read beyond
// the end, or a varint that does not fit 64 bits, gives zero or nothing and makes ok() false for
// good; so a whole structure can be read first and judged once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  template <typename Integer>
  Integer fixed() {
    if (left() < sizeof(Integer)) return static_cast<Integer>(give_up());
    const auto value = get_fixed<Integer>(at_);
    at_ += sizeof(Integer);
    return value;
  }

  std::uint64_t varint() {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
      return static_cast<unsigned char>(*at_++);
    }
    return long_varint();
  }

  std::string_view bytes(std::uint64_t size) {
    if (size > left()) return give_up(), std::string_view();
    const std::string_view taken(at_, static_cast<std::size_t>(size));
    at_ += size;
    return taken;
  }

  std::string_view string() { return bytes(varint()); }
  std::string_view rest() { return bytes(left()); }

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool ok() const { return ok_; }

 private:
  std::uint64_t long_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return give_up();
  }

  std::uint8_t give_up() {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace sio
