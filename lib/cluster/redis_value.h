// An answer of a Redis server, as views.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sio::cluster {

struct RedisValue {
  enum class Kind : std::uint8_t { nil, integer, text, error, array };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string_view text;  // of a text (any bytes) or an error
  std::vector<RedisValue> items;

  bool is_error() const { return kind == Kind::error; }
  // The n-th item's text; empty if there is none.
  std::string_view text_at(std::size_t n) const {
    return n < items.size() ? items[n].text : std::string_view();
  }
};

}  // namespace sio::cluster
