#include "cli/json_color.h"

#include <algorithm>

namespace sio::cli {
namespace {

constexpr std::string_view kKey = "\x1b[34;1m";
constexpr std::string_view kString = "\x1b[32m";
constexpr std::string_view kNull = "\x1b[90m";
constexpr std::string_view kOther = "\x1b[39m";
constexpr std::string_view kBracket = "\x1b[1;39m";
constexpr std::string_view kPlain = "\x1b[0m";

// Behind the string that begins at `begin`.
std::size_t string_end(std::string_view json, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2U : 1U;
  return std::min(end + 1, json.size());
}

std::size_t word_end(std::string_view json, std::size_t begin) {
  return std::min(json.find_first_of(",:{}[]\" \t\n", begin), json.size());
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}

void append_token(std::string& out, std::string_view token, bool is_key) {
  const char first = token.front();
  const std::string_view color = first == '"'   ? (is_key ? kKey : kString)
                                 : first == 'n' ? kNull
                                 : std::string_view("{}[],:").find(first) != std::string_view::npos
                                     ? kBracket
                                     : kOther;
  out.append(color).append(token).append(kPlain);
}

}  // namespace

void append_colored_json(std::string& out, std::string_view json) {
  std::size_t at = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (is_blank(c)) {
      out += c;
      ++at;
      continue;
    }
    const bool is_mark = std::string_view("{}[],:").find(c) != std::string_view::npos;
    const std::size_t end = c == '"' ? string_end(json, at) : is_mark ? at + 1 : word_end(json, at);
    append_token(out, json.substr(at, end - at), end < json.size() && json[end] == ':');
    at = end;
  }
}

}  // namespace sio::cli
