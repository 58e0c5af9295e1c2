// Why libwebsockets sees our connections as raw sockets, and not as its HTTP and WebSocket roles.
//
// It waits for them, reads them and closes them. HTTP heads and WebSocket frames are parsed by
// http_parser and ws_reader instead, because its roles (4.1.6) do not let a server of this protocol
// be correct:
//  - an HTTP connection whose answer is pending is not read: a client that gives up is not noticed,
//    and the loop spins on it (ops-h1.c has no case for LRS_DOING_TRANSACTION);
//  - a request target is handed over percent-decoded, so a '+' in a query has lost its meaning, and
//    headers that it does not know cannot be listed;
//  - unmasked client frames are accepted, and the mask bit is visible nowhere;
//  - heads that are too large, chunked bodies, Expect and unknown sub-protocols end a connection
//    without an answer; pipelined requests complete twice;
//  - the answer of a server that refuses an upgrade is thrown away on the client side.
//
// Sending goes to the socket directly: while libwebsockets holds an unsent rest it stops reading
// that connection (ops-raw-skt.c), so two peers that both send would wait for each other for ever.
// Here the unsent rest is in the Outbox, where it is counted, and reading goes on.
//
// A hang-up makes libwebsockets close a connection without reading what is left in it (always with
// its libuv plugin, otherwise while we have paused reading). read_rest() does that before the end
// is reported: a client that sends and leaves at once must still be heard.

#include "net/stream.h"

#include <libwebsockets.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "net/system_error.h"

namespace sio::net {
namespace {

constexpr auto kFlushTime = std::chrono::seconds(5);   // for the peer to take what was sent
constexpr auto kLingerTime = std::chrono::seconds(2);  // for the peer to close too
constexpr std::size_t kTlsWrite = 64 * 1024;
constexpr std::size_t kKeptPlain = 64 * 1024;

bool is_connection_error(int number) {
  return number == ECONNRESET || number == EPIPE || number == ETIMEDOUT || number == EHOSTUNREACH ||
         number == ENETUNREACH || number == ENETDOWN;
}

}  // namespace

Stream::Stream(Loop& loop, std::unique_ptr<TlsSession> tls, StreamEvents& events)
    : loop_(loop), events_(&events), tls_(std::move(tls)) {}

Stream::~Stream() {
  loop_.impl().remove_output(*this);
  loop_.impl().cancel(*this);
}

Result<Stream*> Stream::open(Loop& loop, UniqueFd fd, std::unique_ptr<TlsSession> tls,
                             StreamEvents& events) {
  std::unique_ptr<Stream, void (*)(Stream*)> stream(new Stream(loop, std::move(tls), events),
                                                    [](Stream* s) { delete s; });
  stream->fd_ = fd.get();
  // It closes the descriptor also when it fails, and may say so to a stream that has no wsi yet.
  stream->wsi_ = loop.impl().adopt(fd.release(), stream.get());
  if (stream->wsi_ == nullptr) return fail(Errc::unavailable, "too many connections");
  if (stream->tls_) {
    stream->tls_->start();
    stream->changed();
  }
  return stream.release();
}

void Stream::changed() {
  loop_.impl().add_output(*this);
}

void Stream::send(std::string_view bytes) {
  if (dead_) return;
  out_.add(bytes);
  changed();
}

void Stream::send_copy(std::string_view bytes) {
  if (dead_) return;
  out_.add_copy(bytes);
  changed();
}

void Stream::send_copy(std::string&& bytes) {
  if (dead_) return;
  out_.add_copy(std::move(bytes));
  changed();
}

std::size_t Stream::backlog() const {
  return out_.size() + (tls_ ? tls_->output().size() : 0);
}

void Stream::set_drain_mark(std::size_t bytes) {
  drain_mark_ = bytes;
  check_drained();
}

void Stream::pause() {
  if (paused_ || dead_) return;
  paused_ = true;
  lws_rx_flow_control(wsi_, 0);
}

void Stream::resume() {
  if (!paused_) return;
  paused_ = false;
  lws_rx_flow_control(wsi_, 1);
}

void Stream::finish() {
  if (finishing_ || dead_) return;
  finishing_ = true;
  local_ = true;
  resume();
  deadline_ = std::make_unique<Timer>(loop_, *this);
  deadline_->arm_in(kFlushTime);
  changed();
}

void Stream::abort() {
  if (dead_) return;
  local_ = true;
  kill();
}

void Stream::break_off(std::string detail) {
  if (dead_) return;
  if (!local_ && detail_.empty()) detail_ = std::move(detail);
  kill();
}

void Stream::kill() {
  dead_ = true;
  if (in_callback_) return;  // whose result closes it
  lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
  loop_.impl().nudge();
}

void Stream::ask_for_writable() {
  if (std::exchange(asked_, true)) return;
  lws_callback_on_writable(wsi_);
}

void Stream::on_timer(Timer&) {
  abort();
}

// --- reading

int Stream::handle_readable(char* data, std::size_t size) {
  if (dead_) return -1;
  in_callback_ = true;
  receive(data, size);
  in_callback_ = false;
  return dead_ ? -1 : 0;
}

void Stream::receive(char* data, std::size_t size) {
  if (tls_)
    receive_encrypted({data, size});
  else if (events_ != nullptr)
    events_->on_stream_bytes(data, size);
}

void Stream::receive_encrypted(std::string_view data) {
  const bool was_open = tls_->open();
  plain_.clear();
  const Status status = tls_->receive(data, plain_);
  if (!tls_->output().empty()) push_encrypted();
  if (!was_open && tls_->open()) {
    out_.unblock();
    changed();
    if (events_ != nullptr) events_->on_stream_secured();
  }
  if (!plain_.empty() && !dead_ && events_ != nullptr)
    events_->on_stream_bytes(plain_.data(), plain_.size());
  if (plain_.capacity() > kKeptPlain) std::string().swap(plain_);
  if (!status) break_off(status.error().message);
  if (tls_->ended() && !dead_) kill();
}

void Stream::read_rest() {
  std::array<char, 16 * 1024> bytes;
  while (!dead_) {
    const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n <= 0) return;
    receive(bytes.data(), static_cast<std::size_t>(n));
  }
}

void Stream::handle_close() {
  if (wsi_ == nullptr) return;  // open() deletes it
  // libwebsockets clears errno before it reads and has made no failing call since.
  const int number = errno;
  in_callback_ = true;
  if (!dead_) {
    read_rest();
    if (!local_ && detail_.empty() && is_connection_error(number)) detail_ = errno_text(number);
  }
  dead_ = true;
  if (events_ != nullptr) events_->on_stream_closed({local_, detail_});
  delete this;
}

// --- writing

void Stream::flush_turn(std::span<char> scratch) {
  if (dead_) return;
  const auto outcome = out_.flush(*this, scratch);
  if (outcome != ByteSink::Outcome::broken && tls_) push_encrypted();
  if (dead_) return;
  if (outcome == ByteSink::Outcome::broken) return break_off(errno_text(errno));
  const bool may_write = tls_ == nullptr || tls_->open();
  if (socket_full_ || (out_.blocked() && may_write)) ask_for_writable();
  if (finishing_ && backlog() == 0) half_close();
  check_drained();
}

int Stream::handle_writable() {
  if (dead_) return -1;
  in_callback_ = true;
  asked_ = false;
  socket_full_ = false;
  out_.unblock();
  flush_turn(loop_.impl().scratch());
  in_callback_ = false;
  return dead_ ? -1 : 0;
}

ByteSink::Written Stream::write(const char* data, std::size_t size) {
  return tls_ ? write_encrypted(data, size) : write_socket(data, size);
}

ByteSink::Written Stream::write_socket(const char* data, std::size_t size) {
  ssize_t n = 0;
  do {
    n = ::send(fd_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return {Outcome::broken, 0};
  const std::size_t taken = n < 0 ? 0 : static_cast<std::size_t>(n);
  socket_full_ = taken < size;
  return {socket_full_ ? Outcome::blocked : Outcome::taken, taken};
}

ByteSink::Written Stream::write_encrypted(const char* data, std::size_t size) {
  if (!tls_->open() || !push_encrypted()) return {Outcome::blocked, 0};
  const std::size_t part = std::min(size, kTlsWrite);
  if (const Status status = tls_->send({data, part}); !status) {
    detail_ = status.error().message;
    return {Outcome::broken, 0};
  }
  return {push_encrypted() ? Outcome::taken : Outcome::blocked, part};
}

bool Stream::push_encrypted() {
  std::string& output = tls_->output();
  if (output.empty()) return true;
  const Written written = write_socket(output.data(), output.size());
  output.erase(0, written.size);
  if (written.outcome == Outcome::broken) break_off(errno_text(errno));
  if (written.outcome == Outcome::blocked) ask_for_writable();
  return output.empty();
}

void Stream::half_close() {
  if (half_closed_) return;
  half_closed_ = true;
  if (tls_) {
    tls_->finish();
    push_encrypted();
  }
  ::shutdown(fd_, SHUT_WR);
  deadline_->arm_in(kLingerTime);
}

void Stream::check_drained() {
  if (drain_mark_ != kNoMark && backlog() <= drain_mark_) loop_.impl().defer(*this);
}

void Stream::run_deferred() {
  if (drain_mark_ == kNoMark || backlog() > drain_mark_) return;
  drain_mark_ = kNoMark;
  if (events_ != nullptr) events_->on_stream_drained();
}

}  // namespace sio::net
