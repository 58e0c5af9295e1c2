// Shell-style patterns for event names and namespaces: `*` any run of characters, `?` one character
// (a whole UTF-8 one), `[a-z]` `[!a-z]` a set, `\` takes the next character as it is. A pattern
// matches the whole name. Linear in pattern times name: no pattern can make it explode.
#pragma once

#include <string_view>

namespace sio::proto {

bool glob_match(std::string_view pattern, std::string_view name);

}  // namespace sio::proto
