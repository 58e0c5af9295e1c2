#include "cli/visible_text.h"

#include <fmt/format.h>

#include <cstdint>

namespace sio::cli {
namespace {

struct Control {
  unsigned value = 0;
  std::size_t length = 0;  // in bytes; 0: it is none
};

// C1 is two bytes in UTF-8: 0xc2 and the character itself.
Control control_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return {byte(0), 1};
  if (byte(0) == 0xc2 && text.size() > 1 && byte(1) >= 0x80 && byte(1) < 0xa0) return {byte(1), 2};
  return {};
}

}  // namespace

void append_visible(std::string& out, std::string_view text, Breaks breaks) {
  while (!text.empty()) {
    const Control control = control_at(text);
    const bool is_break = control.value == '\n' || control.value == '\t';
    if (control.length == 0 || (is_break && breaks == Breaks::keep)) {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", control.value);
    text.remove_prefix(control.length);
  }
}

void make_json_visible(std::string& json, std::size_t from) {
  for (std::size_t i = from; i < json.size(); ++i) {
    const Control control = control_at(std::string_view(json).substr(i));
    if (control.value < 0x7f) continue;
    json.replace(i, control.length, fmt::format("\\u{:04x}", control.value));
  }
}

}  // namespace sio::cli
