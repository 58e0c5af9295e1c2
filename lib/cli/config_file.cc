#include "cli/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sio::cli {
namespace {

constexpr std::size_t kLongestName = 64;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool is_control(char c) {
  return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f';
}

bool is_word(std::string_view name, std::string_view marks) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

// Reads line by line into a ConfigFile.
class Reader {
 public:
  explicit Reader(std::string path) { file_.path = std::move(path); }

  Result<ConfigFile> read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t length = std::min(text.find('\n'), text.size());
      ++number_;
      if (const Status status = take(trimmed(text.substr(0, length))); !status)
        return sio::fail(Errc::usage,
                         fmt::format("{}:{}: {}", file_.path, number_, status.error().message));
      text.remove_prefix(std::min(length + 1, text.size()));
    }
    return std::move(file_);
  }

 private:
  Status take(std::string_view line) {
    if (line.empty() || line.front() == '#') return {};
    if (std::ranges::any_of(line, is_control)) return wrong("a control character");
    return line.front() == '[' ? open_profile(line) : add(line);
  }

  Status open_profile(std::string_view line) {
    const std::string_view name = trimmed(line.substr(1, line.size() - 2));
    if (line.back() != ']' || !is_profile_name(name))
      return wrong(
          "expected [NAME] with a name of letters, digits, `-`, `_` and `.`, and nothing behind "
          "it");
    if (const ConfigProfile* old = file_.find(name))
      return wrong(
          fmt::format("profile {} was opened in line {}: put its lines there", name, old->number));
    file_.profiles.push_back({.name = std::string(name), .number = number_, .lines = {}});
    return {};
  }

  Status add(std::string_view line) {
    const auto end = std::ranges::find_if(line, is_blank);
    const std::string_view name(line.begin(), end);
    if (name.front() == '-')
      return wrong(
          fmt::format("{}: name the long option without dashes, as in `server URL`", name));
    if (const std::size_t mark = name.find_first_of("=:"); mark != std::string_view::npos)
      return wrong(fmt::format("{}: write a blank, not `{}`, behind the option's name",
                               name.substr(0, mark), name[mark]));
    if (!is_word(name, "-"))
      return wrong("expected the long name of an option, [PROFILE], or a comment behind `#`");
    auto& lines = file_.profiles.empty() ? file_.common : file_.profiles.back().lines;
    lines.push_back({.number = number_,
                     .option = std::string(name),
                     .value = std::string(trimmed(line.substr(name.size())))});
    return {};
  }

  static Status wrong(std::string what) { return sio::fail(Errc::usage, std::move(what)); }

  ConfigFile file_;
  std::size_t number_ = 0;
};

}  // namespace

const ConfigProfile* ConfigFile::find(std::string_view profile) const {
  const auto it = std::ranges::find(profiles, profile, &ConfigProfile::name);
  return it == profiles.end() ? nullptr : &*it;
}

Result<ConfigFile> parse_config(std::string_view text, std::string path) {
  return Reader(std::move(path)).read(text);
}

bool is_profile_name(std::string_view name) {
  return is_word(name, "-_.");
}

}  // namespace sio::cli
