#include "cli/talk.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/clock.h"
#include "cli/visible_text.h"
#include "net/http_message.h"
#include "proto/mask.h"
#include "proto/secrets.h"

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

std::string_view color_of(LogLevel level) {
  return level == LogLevel::error ? kRed : level == LogLevel::warning ? kYellow : kFaint;
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

proto::Speaker speaker(client::Direction direction) {
  return direction == client::Direction::sent ? proto::Speaker::client : proto::Speaker::server;
}

std::string_view arrow(client::Direction direction) {
  return direction == client::Direction::sent ? "> " : "< ";
}

std::string mask_request_line(std::string_view line) {
  const std::size_t begin = line.find(' ');
  const std::size_t end = line.rfind(' ');
  if (begin == std::string_view::npos || end <= begin) return std::string(line);
  return std::string(line.substr(0, begin + 1)) +
         proto::mask_url(line.substr(begin + 1, end - begin - 1)) + std::string(line.substr(end));
}

std::string mask_header_line(std::string_view line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return std::string(line);
  const std::string_view name = line.substr(0, colon);
  return fmt::format("{}: {}", name, proto::mask_header(name, line.substr(colon + 2)));
}

// 14:05:06.123, as clocks are here.
void append_clock(std::string& out) {
  const std::int64_t now_ms = SystemClock().wall_ms();
  const std::time_t seconds = now_ms / 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  out += fmt::format("{:02}:{:02}:{:02}.{:03} ", local.tm_hour, local.tm_min, local.tm_sec,
                     now_ms % 1000);
}

}  // namespace

Talk::Talk(std::string command, TalkOptions options)
    : prefix_(fmt::format("sio {}: ", command)), options_(options) {}

void Talk::error(std::string_view message, std::string_view hint) const {
  if (message.empty()) return;
  if (hint.empty()) return say(LogLevel::error, fmt::format("{}{}", prefix_, message));
  say(LogLevel::error, fmt::format("{}{} ({})", prefix_, message, hint));
}

void Talk::warn(std::string_view message) const {
  if (!options_.quiet) say(LogLevel::warning, fmt::format("{}{}", prefix_, message));
}

void Talk::on_step(std::string_view text) {
  trace("* ", text);
}

void Talk::on_text_packet(client::Direction direction, std::string_view packet) {
  if (options_.verbose < 2) return;
  trace(arrow(direction),
        shows_secrets() ? std::string(packet) : proto::mask_packet(speaker(direction), packet));
}

void Talk::on_binary_packet(client::Direction direction, std::string_view bytes) {
  if (options_.verbose < 2) return;
  std::string hex;
  for (const char c : bytes.substr(0, kBytesShown))
    hex += fmt::format(" {:02x}", static_cast<unsigned char>(c));
  if (bytes.size() > kBytesShown) hex += " ...";
  trace(arrow(direction), fmt::format("binary, {} bytes:{}", bytes.size(), hex));
}

void Talk::on_request(std::string_view head) {
  bool is_first = true;
  while (!head.empty()) {
    const std::size_t length = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, length);
    head.remove_prefix(std::min(length + 2, head.size()));
    trace("> ", shows_secrets()                  ? std::string(line)
                : std::exchange(is_first, false) ? mask_request_line(line)
                                                 : mask_header_line(line));
  }
}

void Talk::on_response(int status, const net::HttpHeaders& headers) {
  trace("< ", fmt::format("HTTP/1.1 {} {}", status, net::reason_phrase(status)));
  for (const auto& [name, value] : headers)
    trace("< ",
          fmt::format("{}: {}", name, shows_secrets() ? value : proto::mask_header(name, value)));
}

// Times are for comparing with other logs: from -vv on.
void Talk::trace(std::string_view mark, std::string_view text) const {
  std::string line;
  if (options_.verbose > 1) append_clock(line);
  say(LogLevel::debug, line.append(mark).append(text));
}

void Talk::say(LogLevel level, std::string_view text) const {
  if (screen_ != nullptr) screen_->make_room();
  std::string line;
  if (!status_.empty()) line += kEraseLine;
  if (options_.journal) line += journal_prefix(level);
  if (options_.color) line += color_of(level);
  append_visible(line, text);
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
