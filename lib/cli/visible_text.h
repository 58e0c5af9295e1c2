// Text of others on a terminal: a control character in it must not do anything there.
#pragma once

#include <string>
#include <string_view>

namespace sio::cli {

enum class Breaks { show, keep };  // newlines and tabs: visible too, or as they are

// Appends `text` with control characters (C0, DEL and C1) as `\x1b`.
void append_visible(std::string& out, std::string_view text, Breaks breaks = Breaks::show);

// The same for JSON, which allows DEL and C1 inside of strings: as `\u009b`, which means the same.
// From byte `from` on.
void make_json_visible(std::string& json, std::size_t from = 0);

}  // namespace sio::cli
