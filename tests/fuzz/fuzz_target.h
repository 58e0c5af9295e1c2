// The function that libFuzzer calls, and that replay_main.cc calls with every file of a corpus. A
// target checks properties with SIO_CHECK: what it must not do is crash, and what it must do is
// agree with itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sio::test {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace sio::test
