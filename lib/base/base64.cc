#include "base/base64.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace sio {
namespace {

// EVP works on ints; feeding it slices keeps any length legal. 3 bytes make 4 characters, so slices
// that are multiples of 3 (or 4, decoding) join without a seam.
constexpr std::size_t kSliceBytes = 3 << 20;
constexpr std::size_t kSliceChars = kSliceBytes / 3 * 4;

bool in_alphabet(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

const unsigned char* as_bytes(const char* text) {
  return reinterpret_cast<const unsigned char*>(text);
}

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : 63;
}

// The bits of the last character that stand for nothing must be zero, or two texts mean one value.
bool has_stray_bits(std::string_view digits) {
  const std::size_t tail = digits.size() % 4;
  if (tail == 2) return (value_of(digits.back()) & 15) != 0;
  if (tail == 3) return (value_of(digits.back()) & 3) != 0;
  return false;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view slice = bytes.substr(0, kSliceBytes);
    const std::size_t start = out.size();
    // EVP_EncodeBlock writes a terminating NUL, for which std::string has room behind its end.
    out.resize(start + (slice.size() + 2) / 3 * 4);
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + start), as_bytes(slice.data()),
                    static_cast<int>(slice.size()));
    bytes.remove_prefix(slice.size());
  }
}

Result<std::string> decode_base64(std::string_view text) {
  std::string_view digits = text;
  while (!digits.empty() && digits.back() == '=' && text.size() - digits.size() < 2)
    digits.remove_suffix(1);
  const std::size_t padding = text.size() - digits.size();
  if (padding > 0 && text.size() % 4 != 0)
    return fail(Errc::protocol, "base64: padding in the wrong place");
  if (digits.size() % 4 == 1) return fail(Errc::protocol, "base64: impossible length");
  for (const char c : digits)
    if (!in_alphabet(c)) return fail(Errc::protocol, "base64: character outside the alphabet");
  if (has_stray_bits(digits)) return fail(Errc::protocol, "base64: stray bits at the end");

  std::string padded;
  std::string_view rest = digits;
  if (digits.size() % 4 != 0) {
    padded.assign(digits);
    padded.append(4 - digits.size() % 4, '=');
    rest = padded;
  }
  std::string out;
  out.reserve(rest.size() / 4 * 3);
  while (!rest.empty()) {
    const std::string_view slice = rest.substr(0, kSliceChars);
    const std::size_t start = out.size();
    out.resize(start + slice.size() / 4 * 3);
    const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data() + start),
                                  as_bytes(slice.data()), static_cast<int>(slice.size()));
    SIO_CHECK(n >= 0);
    rest.remove_prefix(slice.size());
  }
  out.resize(digits.size() * 3 / 4);
  return out;
}

}  // namespace sio
