// What people type or pipe in -> the arguments of an event, as NDJSON text (proto/attachments.h
// turns that into what goes over the wire).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sio::cli {

enum class ArgumentMode {
  json_or_string,  // JSON if all of it parses as JSON, else a string
  string,          // always a string (-S)
};

// Appends one ARG of the command line, or one line of input, to `args` (JSON values joined by
// commas). `{"$binary":…}` stays as it is. Bytes that are not UTF-8 become U+FFFD, and *replaced is
// set, if given. Errc::usage: it begins like an object, an array or a string, and is not JSON:
// that is never silently a string.
Status append_argument(std::string& args, std::string_view text, ArgumentMode mode,
                       bool* replaced = nullptr);

// Appends one binary argument.
void append_binary_argument(std::string& args, std::string_view bytes);

}  // namespace sio::cli
