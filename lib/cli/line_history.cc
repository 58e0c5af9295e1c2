#include "cli/line_history.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/utf8.h"
#include "cli/file_text.h"

namespace sio::cli {
namespace {

constexpr mode_t kOwnerOnly = 0600;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool is_text(std::string_view line) {
  return find_bad_utf8(line) == std::string_view::npos &&
         std::ranges::none_of(line, [](char c) { return c == 0x7f || (c >= 0 && c < 0x20); });
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const std::string_view line = text.substr(0, end); end > 0 && is_text(line))
      lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// One write, so that lines of several processes do not mix.
bool write_all(const std::string& path, int flags, const std::string& text) {
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, kOwnerOnly);
  if (fd < 0) return false;
  const ssize_t written = ::write(fd, text.data(), text.size());
  return ::close(fd) == 0 && written == static_cast<ssize_t>(text.size());
}

void rewrite(const std::string& path, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  if (!write_all(fresh, O_EXCL, text) || ::rename(fresh.c_str(), path.c_str()) != 0)
    ::unlink(fresh.c_str());
}

}  // namespace

std::string history_path() {
  std::string base = variable("XDG_STATE_HOME");
  if (!base.starts_with('/')) {
    base = variable("HOME");
    if (!base.starts_with('/')) return {};
    base += "/.local/state";
  }
  return base + "/sio/history";
}

std::vector<std::string> LineHistory::load() {
  if (path_.empty()) return {};
  const auto text = read_file(path_, 2 * kMaxBytes);
  if (!text) {
    if (text.error().code == Errc::too_large) ::unlink(path_.c_str());
    return {};
  }
  std::vector<std::string> lines = lines_of(*text);
  const bool is_long = lines.size() >= 2 * kLines || text->size() > kMaxBytes;
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  if (is_long) rewrite(path_, lines);
  if (!lines.empty()) last_ = lines.back();
  return lines;
}

bool LineHistory::add(std::string_view line) {
  if (line.empty() || line.size() > kMaxLine || line[0] == ' ' || line == last_ || !is_text(line))
    return false;
  last_ = line;
  if (path_.empty()) return true;
  const std::filesystem::path directory = std::filesystem::path(path_).parent_path();
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) {
    std::filesystem::create_directories(directory.parent_path(), error);
    ::mkdir(directory.c_str(), 0700);
  }
  write_all(path_, O_APPEND, last_ + '\n');
  return true;
}

}  // namespace sio::cli
