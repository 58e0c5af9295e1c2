// Standard base64 with padding (RFC 4648 §4), as Engine.IO and NDJSON use it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sio {

// Appends the encoding of `bytes` to `out`.
void append_base64(std::string& out, std::string_view bytes);

// Decodes `text`. Accepts missing padding, as JavaScript's decoder does; refuses every other
// deviation: characters outside the alphabet (white space included), an impossible length, non-zero
// bits after the end.
Result<std::string> decode_base64(std::string_view text);

}  // namespace sio
