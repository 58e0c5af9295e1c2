// A place inside an event's arguments: `0.user.name` is member "name" of member "user" of the first
// argument. A word names a member of an object, a number an element of an array or a member.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::cli {

class JsonPath {
 public:
  // Errc::usage: it does not begin with the number of an argument, or a part is empty.
  static Result<JsonPath> parse(std::string_view text);

  // The value's JSON text, a view into `args` (checked JSON values joined by commas). Nothing: the
  // path leads nowhere.
  std::optional<std::string_view> find(std::string_view args) const;

 private:
  std::size_t argument_ = 0;
  std::vector<std::string> parts_;
};

// What people see of a value: a string's text, of anything else its JSON.
std::string plain_text(std::string_view value);

}  // namespace sio::cli
