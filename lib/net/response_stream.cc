#include "net/response_stream.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/http_connection.h"

namespace sio::net {
namespace {

constexpr std::size_t kWrite = 256 * 1024;  // at once

}  // namespace

ResponseStream::ResponseStream(HttpConnection& connection, int fd, ssl_st* ssl,
                               HttpStreamEvents& events, Form form)
    : connection_(connection), fd_(fd), ssl_(ssl), events_(&events), form_(form) {
  // What was not taken stands elsewhere when it is tried again.
  if (ssl_ != nullptr)
    SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

ResponseStream::~ResponseStream() {
  connection_.loop_.impl().remove_output(*this);
  connection_.loop_.impl().cancel(*this);
}

void ResponseStream::write_head(std::string head) {
  out_ = std::move(head);
  connection_.loop_.impl().add_output(*this);
}

void ResponseStream::write(std::string_view bytes) {
  if (ended_ || broken_ || bytes.empty()) return;
  written_ += bytes.size();
  if (form_.dropped) return;
  (form_.chunked ? chunk_ : out_) += bytes;
  connection_.loop_.impl().add_output(*this);
}

void ResponseStream::end() {
  ended_ = true;
  events_ = nullptr;
  connection_.loop_.impl().add_output(*this);
}

void ResponseStream::abort() {
  broken_ = true;
  events_ = nullptr;
  connection_.loop_.impl().defer(*this);
}

void ResponseStream::flush_turn(std::span<char>) {
  if (broken_) return;
  if (!chunk_.empty()) out_ += fmt::format("{:x}\r\n{}\r\n", chunk_.size(), chunk_);
  chunk_.clear();
  if (ended_ && form_.chunked && !form_.dropped) {
    out_ += "0\r\n\r\n";
    form_.chunked = false;
  }
  if (!send_some()) broken_ = true;
  check_drained();
}

// False: the connection is broken.
bool ResponseStream::send_some() {
  std::size_t done = 0;
  while (!blocked_ && done < out_.size()) {
    const ssize_t sent = send_once(out_.data() + done, std::min(out_.size() - done, kWrite));
    if (sent < 0) return false;
    done += static_cast<std::size_t>(sent);
  }
  out_.erase(0, done);
  return true;
}

// How much was taken; -1: the connection is broken.
ssize_t ResponseStream::send_once(const char* bytes, std::size_t size) {
  ssize_t sent = 0;
  bool is_full = false;
  if (ssl_ == nullptr) {
    sent = ::send(fd_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    is_full = sent < 0 && (errno == EAGAIN || errno == EINTR);
  } else {
    ERR_clear_error();
    sent = SSL_write(ssl_, bytes, static_cast<int>(size));
    is_full = sent <= 0 && SSL_get_error(ssl_, static_cast<int>(sent)) == SSL_ERROR_WANT_WRITE;
  }
  if (is_full) {
    blocked_ = true;
    connection_.watch_for_room(true);
    return 0;
  }
  return sent > 0 ? sent : -1;
}

void ResponseStream::on_writable() {
  if (!std::exchange(blocked_, false)) return;
  connection_.watch_for_room(false);
  connection_.loop_.impl().add_output(*this);
}

void ResponseStream::set_drain_mark(std::size_t bytes) {
  drain_mark_ = bytes;
  check_drained();
}

void ResponseStream::check_drained() {
  const bool is_over = broken_ || (ended_ && backlog() == 0);
  if (is_over || (drain_mark_ != kNoMark && backlog() <= drain_mark_))
    connection_.loop_.impl().defer(*this);
}

void ResponseStream::run_deferred() {
  if (broken_) return connection_.end_stream(false, true);
  if (ended_ && backlog() == 0) {
    const bool complete = !form_.length || *form_.length == written_;
    return connection_.end_stream(complete, form_.close);
  }
  if (drain_mark_ == kNoMark || backlog() > drain_mark_) return;
  drain_mark_ = kNoMark;
  if (events_ != nullptr) events_->on_drained();
}

void ResponseStream::on_lost() {
  broken_ = true;
  if (HttpStreamEvents* events = std::exchange(events_, nullptr)) events->on_closed();
}

}  // namespace sio::net
