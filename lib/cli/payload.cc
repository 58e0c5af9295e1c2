#include "cli/payload.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.h"
#include "proto/json_text.h"

namespace sio::cli {
namespace {

constexpr std::size_t kQuoted = 40;  // how much of a bad argument a message shows

// The beginning of `text`, cut between characters.
std::string_view shown(std::string_view text) {
  std::size_t length = std::min(text.size(), kQuoted);
  while (length < text.size() && length > 0 &&
         (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
    --length;
  return text.substr(0, length);
}

tl::unexpected<Error> not_json(std::string_view text, const Error& error) {
  return fail(Errc::usage, fmt::format("{}{} is not JSON: {} (with -S it is a string)", shown(text),
                                       shown(text).size() < text.size() ? "…" : "", error.message));
}

std::string_view without_outer_space(std::string_view json) {
  constexpr std::string_view kSpace = " \t\r\n";
  json.remove_prefix(json.find_first_not_of(kSpace));
  return json.substr(0, json.find_last_not_of(kSpace) + 1);
}

}  // namespace

Status append_argument(std::string& args, std::string_view text, ArgumentMode mode,
                       bool* replaced) {
  if (mode == ArgumentMode::json_or_string) {
    const auto kind = proto::check_json(text);
    if (kind) {
      if (!args.empty()) args += ',';
      args += without_outer_space(text);
      return {};
    }
    if (text.starts_with('{') || text.starts_with('[') || text.starts_with('"'))
      return not_json(text, kind.error());
  }
  if (!args.empty()) args += ',';
  proto::append_json_string(args, text, replaced);
  return {};
}

void append_binary_argument(std::string& args, std::string_view bytes) {
  if (!args.empty()) args += ',';
  args += R"({"$binary":")";
  append_base64(args, bytes);
  args += "\"}";
}

}  // namespace sio::cli
