// The name that somebody who typed something else probably meant.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sio::cli {

// The first of `names` with the fewest mistakes (a letter missing, added, changed, or two swapped),
// if there are few enough that it may be what was meant. Case does not count as a mistake.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> names);

}  // namespace sio::cli
