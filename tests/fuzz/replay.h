// All fuzz targets, by name, in the program that replays their inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

extern "C" {
using FuzzTarget = int(const std::uint8_t* data, std::size_t size);
}

namespace sio::test {

struct NamedFuzzTarget {
  std::string_view name;
  FuzzTarget* run;
};

std::span<const NamedFuzzTarget> fuzz_targets();

}  // namespace sio::test
