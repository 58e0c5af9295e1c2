// Numbers for people.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace sio::cli {

// "1,234,567"
std::string grouped(std::uint64_t number);
// "812 B", "1.2 MB"
std::string bytes_text(std::uint64_t bytes);
// "214 us", "1.53 ms", "12.0 s"
std::string duration_text(Duration duration);

}  // namespace sio::cli
