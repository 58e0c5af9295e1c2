#include "cli/talk.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace sio::cli {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kFaint = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kEraseLine = "\r\x1b[K";
constexpr std::size_t kUsualWidth = 80;
// Of a binary packet, for people.
constexpr std::size_t kBytesShown = 16;

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
}

// Nothing sensible can be done when stderr itself does not take it.
void write_out(std::string_view text) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

std::size_t terminal_width() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsualWidth;
}

bool in_foreground() {
  return ::tcgetpgrp(STDERR_FILENO) == ::getpgrp();
}

std::string_view arrow(client::Direction direction) {
  return direction == client::Direction::sent ? "> " : "< ";
}

}  // namespace

Talk::Talk(std::string command, TalkOptions options)
    : prefix_(fmt::format("sio {}: ", command)), options_(options) {}

void Talk::error(std::string_view message, std::string_view hint) const {
  if (message.empty()) return;
  if (hint.empty()) return say(kRed, fmt::format("{}{}", prefix_, message));
  say(kRed, fmt::format("{}{} ({})", prefix_, message, hint));
}

void Talk::warn(std::string_view message) const {
  if (!options_.quiet) say(kYellow, fmt::format("{}{}", prefix_, message));
}

void Talk::on_step(std::string_view text) {
  say(kFaint, fmt::format("* {}", text));
}

void Talk::on_text_packet(client::Direction direction, std::string_view packet) {
  if (options_.verbose > 1) say(kFaint, fmt::format("{}{}", arrow(direction), packet));
}

void Talk::on_binary_packet(client::Direction direction, std::string_view bytes) {
  if (options_.verbose < 2) return;
  std::string hex;
  for (const char c : bytes.substr(0, kBytesShown))
    hex += fmt::format(" {:02x}", static_cast<unsigned char>(c));
  if (bytes.size() > kBytesShown) hex += " ...";
  say(kFaint, fmt::format("{}binary, {} bytes:{}", arrow(direction), bytes.size(), hex));
}

void Talk::say(std::string_view color, std::string_view text) const {
  std::string line;
  if (!status_.empty()) line += kEraseLine;
  if (options_.color) line += color;
  append_clean(line, text);
  if (options_.color) line += kPlain;
  line += '\n';
  line += status_;
  write_out(line);
}

void Talk::set_status(std::string line) {
  if (!shows_status() || !in_foreground()) line.clear();
  line.resize(std::min(line.size(), terminal_width() - 1));  // one that is wrapped stays for ever
  if (line == status_) return;
  status_ = std::move(line);
  write_out(std::string(kEraseLine) + status_);
}

std::string describe(const client::Lost& lost) {
  return fmt::format("connection lost: {}; trying again in {:.1f} s", lost.reason,
                     std::chrono::duration<double>(lost.retry_in).count());
}

}  // namespace sio::cli
