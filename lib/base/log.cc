#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/utf8.h"

namespace sio {
namespace {

LogLevel current_level = LogLevel::warning;
LogFormat current_format = LogFormat::text;

constexpr std::array<std::string_view, 6> kNames = {"error", "warning", "info",
                                                    "debug", "trace",   "secrets"};

// Characters that a terminal may take for a command: C0, DEL and C1.
bool is_control(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return byte < 0x20 || byte == 0x7f;
  return byte == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

// Appends `message`, with every control character and every byte that is not UTF-8 in the given
// form, and `"` and `\` behind a backslash if `quoted`.
void append_clean(std::string& out, std::string_view message, fmt::format_string<unsigned> form,
                  bool quoted) {
  while (!message.empty()) {
    const std::size_t length = utf8_length(message);
    const std::string_view character = message.substr(0, length == 0 ? 1 : length);
    message.remove_prefix(character.size());
    if (length == 0 || is_control(character)) {
      out += fmt::format(form, static_cast<unsigned>(static_cast<unsigned char>(character.back())));
      continue;
    }
    if (quoted && (character == "\"" || character == "\\")) out += '\\';
    out += character;
  }
}

std::string text_line(LogLevel level, std::string_view message) {
  std::string line = "sio: ";
  if (level <= LogLevel::warning) line += fmt::format("{}: ", kNames[static_cast<size_t>(level)]);
  append_clean(line, message, "\\x{:02x}", false);
  return line;
}

std::string json_line(LogLevel level, std::string_view message) {
  std::string line = fmt::format(R"({{"time_ms":{},"level":"{}","message":")",
                                 SystemClock().wall_ms(), kNames[static_cast<size_t>(level)]);
  append_clean(line, message, "\\u{:04x}", true);
  line += "\"}";
  return line;
}

// The journal knows who speaks, when, and how bad it is.
std::string journal_line(LogLevel level, std::string_view message) {
  std::string line(journal_prefix(level));
  append_clean(line, message, "\\x{:02x}", false);
  return line;
}

}  // namespace

bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat facts {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &facts) != 0) return false;
  return stream == fmt::format("{}:{}", facts.st_dev, facts.st_ino);
}

std::string_view journal_prefix(LogLevel level) {
  constexpr std::array<std::string_view, 6> kPriorities = {"<3>", "<4>", "<6>",
                                                           "<7>", "<7>", "<7>"};
  return kPriorities[static_cast<std::size_t>(level)];
}

void set_log_level(LogLevel level) {
  current_level = level;
}
void set_log_format(LogFormat format) {
  current_format = format;
}
bool log_enabled(LogLevel level) {
  return level <= current_level;
}

void log(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  std::string line = current_format == LogFormat::json      ? json_line(level, message)
                     : current_format == LogFormat::journal ? journal_line(level, message)
                                                            : text_line(level, message);
  line += '\n';
  // Nothing sensible can be done when stderr itself does not take the line.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace sio
