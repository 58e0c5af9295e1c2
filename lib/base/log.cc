#include "base/log.h"

#include <unistd.h>

#include <array>
#include <string>

#include <fmt/format.h>

#include "base/clock.h"

namespace sio {
namespace {

LogLevel current_level = LogLevel::warning;
LogFormat current_format = LogFormat::text;

constexpr std::array<std::string_view, 5> kNames = {"error", "warning", "info", "debug", "trace"};

void append_clean(std::string& out, std::string_view message) {
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
}

void append_json_string(std::string& out, std::string_view message) {
  out += '"';
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string text_line(LogLevel level, std::string_view message) {
  std::string line = "sio: ";
  if (level <= LogLevel::warning) line += fmt::format("{}: ", kNames[static_cast<size_t>(level)]);
  append_clean(line, message);
  return line;
}

std::string json_line(LogLevel level, std::string_view message) {
  std::string line = fmt::format(R"({{"time_ms":{},"level":"{}","message":)",
                                 SystemClock().wall_ms(), kNames[static_cast<size_t>(level)]);
  append_json_string(line, message);
  line += '}';
  return line;
}

}  // namespace

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
  std::string line =
      current_format == LogFormat::text ? text_line(level, message) : json_line(level, message);
  line += '\n';
  // Nothing sensible can be done when stderr itself does not take the line.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace sio
