// Percent-encoding in URLs and queries (RFC 3986 §2.1).
#pragma once

#include <string>
#include <string_view>

namespace sio {

// A malformed escape stands for itself: nothing is refused.
std::string percent_decoded(std::string_view text);

}  // namespace sio
