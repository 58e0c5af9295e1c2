// Binary inside arguments: three spellings of the same thing, converted as text (see json_text.h).
//
//   wire:    {"_placeholder":true,"num":0}   plus attachments       (Socket.IO)
//   NDJSON:  {"$binary":"aGk="}              nothing beside it      (what people and pipes see)
//
// An application object whose only key is `$binary` or `$$binary`, `$$$binary` … is spelled with
// one more `$` in NDJSON, and loses it again on the way in, so both directions are exact inverses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::proto {

struct WireArgs {
  std::string args;                      // JSON text between the brackets, with placeholders
  std::vector<std::string> attachments;  // in depth-first order
};

// `args` (checked JSON values joined by commas, may be empty) as NDJSON: placeholders become
// `$binary`. `attachments` empty means the packet was not binary: placeholders are then plain
// objects and stay. Precondition: every placeholder names an attachment (the assembler has
// checked).
std::string to_ndjson_args(std::string_view args, const std::vector<std::string>& attachments);

// The other way. Errors: a `$binary` that is not base64, more than kMaxAttachments.
// An application object that looks like a placeholder ({"_placeholder":true,…}) is refused when
// there are attachments beside it: no receiver could tell them apart.
Result<WireArgs> to_wire_args(std::string_view ndjson_args);

// Checks the placeholders of a binary packet: every object with "_placeholder":true has a "num"
// that is an integer in [0, count). `payload` is checked JSON.
Status check_placeholders(std::string_view payload, std::size_t count);

}  // namespace sio::proto
