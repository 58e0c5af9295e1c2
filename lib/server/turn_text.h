// Small texts that live until the end of a turn, without an allocation each.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <string_view>

namespace sio::server {

class TurnText {
 public:
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    auto* data = static_cast<char*>(memory_.allocate(text.size(), 1));
    std::ranges::copy(text, data);
    return {data, text.size()};
  }

  std::span<const std::string_view> copy(std::span<const std::string_view> list) {
    if (list.empty()) return {};
    auto* data = static_cast<std::string_view*>(
        memory_.allocate(list.size() * sizeof(std::string_view), alignof(std::string_view)));
    std::ranges::transform(list, data, [this](std::string_view text) { return copy(text); });
    return {data, list.size()};
  }

  // Forgets everything that was copied.
  void reset() { memory_.release(); }

 private:
  std::array<std::byte, 16 * 1024> first_block_;
  std::pmr::monotonic_buffer_resource memory_{first_block_.data(), first_block_.size()};
};

}  // namespace sio::server
