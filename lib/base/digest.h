// Fingerprints of secrets, so that they can be compared without saying anything about them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sio {

// SHA-256.
using Digest = std::array<std::uint8_t, 32>;
Digest digest_of(std::string_view bytes);

// Takes the same time whether they are equal or not, and wherever they differ.
bool equal_in_constant_time(const Digest& a, const Digest& b);

}  // namespace sio
