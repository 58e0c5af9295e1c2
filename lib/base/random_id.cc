#include "base/random_id.h"

#include <array>

#include <sys/random.h>

#include "base/check.h"

namespace sio {
namespace {

// Ids are drawn from a pool: one system call for many of them.
class RandomPool {
 public:
  void take(unsigned char* out, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      if (used_ == bytes_.size()) refill();
      out[i] = bytes_[used_];
      bytes_[used_++] = 0;
    }
  }

 private:
  void refill() {
    random_bytes(bytes_.data(), bytes_.size());
    used_ = 0;
  }

  std::array<unsigned char, 256> bytes_{};
  std::size_t used_ = 256;
};

thread_local RandomPool pool;

}  // namespace

void random_bytes(void* data, std::size_t size) {
  auto* out = static_cast<unsigned char*>(data);
  while (size > 0) {
    const ssize_t n = getrandom(out, size, 0);
    SIO_CHECK(n > 0);
    out += n;
    size -= static_cast<std::size_t>(n);
  }
}

std::string random_id() {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 20> bytes;
  pool.take(bytes.data(), bytes.size());
  std::string id(bytes.size(), '\0');
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = kAlphabet[bytes[i] & 63];
  return id;
}

std::string random_name(std::size_t length) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr unsigned kUnbiased = 252;  // the largest multiple of 36 that fits a byte
  std::string name;
  while (name.size() < length) {
    unsigned char byte = 0;
    pool.take(&byte, 1);
    if (byte < kUnbiased) name += kAlphabet[byte % 36];
  }
  return name;
}

}  // namespace sio
