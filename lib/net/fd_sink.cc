#include "net/fd_sink.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "net/loop_impl.h"
#include "net/outbox.h"
#include "net/private_fd.h"
#include "net/system_error.h"

namespace sio::net {
namespace {

bool is_reader_gone(int number) {
  return number == EPIPE || number == ECONNRESET || number == EIO;
}

bool can_write_now(int fd) {
  pollfd entry{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

class Sink final : public FdSink,
                   private TurnOutput,
                   private Deferred,
                   private ByteSink,
                   private FdWatch::Handler {
 public:
  Sink(Loop& loop, PrivateFd fd, FdSinkEvents& events)
      : loop_(loop), fd_(std::move(fd)), events_(events), watch_(loop.impl(), *this) {}

  ~Sink() override {
    loop_.impl().remove_output(*this);
    loop_.impl().cancel(*this);
  }

  // EPOLLERR is always reported: a pipe's reader that goes is noticed with nothing to write, too.
  // A file cannot be watched, and does not need to be.
  void start() { watchable_ = watch_.start(fd_.fd.get(), 0).has_value(); }

  void write(std::string_view bytes) override {
    if (broken_ || bytes.empty()) return;
    out_.add_copy(bytes);
    loop_.impl().add_output(*this);
  }

  std::size_t backlog() const override { return out_.size(); }

  Status flush_blocking() override {
    while (!broken_ && !out_.empty()) {
      out_.unblock();
      if (out_.flush(*this, {}) == Outcome::broken) return fail_errno("write", errno);
      if (out_.empty()) break;
      pollfd entry{.fd = fd_.fd.get(), .events = POLLOUT, .revents = 0};
      ::poll(&entry, 1, -1);
    }
    return {};
  }

 private:
  void flush_turn(std::span<char> scratch) override {
    if (broken_) return;
    if (out_.flush(*this, scratch) == Outcome::broken) {
      error_ = errno;
      broken_ = true;
      loop_.impl().defer(*this);
      return;
    }
    if (out_.empty()) return;
    was_behind_ = true;
    if (watchable_)
      watch_.change(EPOLLOUT);
    else
      loop_.impl().defer(*this);  // the rest of a large write to a file: next turn
  }

  void run_deferred() override {
    if (broken_) return tell_broken();
    on_writable();
  }

  void on_fd_ready(FdWatch&, std::uint32_t events) override {
    // A socket or a terminal hangs up, a pipe has an error, when nobody reads it any more.
    const bool gone = (events & (EPOLLERR | EPOLLHUP)) != 0;
    if (gone && (events & EPOLLOUT) == 0) {
      error_ = EPIPE;
      broken_ = true;
      return tell_broken();
    }
    on_writable();
  }

  void on_writable() {
    out_.unblock();
    flush_turn(loop_.impl().scratch());
    if (broken_ || !out_.empty()) return;
    if (watchable_) watch_.change(0);
    if (std::exchange(was_behind_, false)) events_.on_drained();
  }

  void tell_broken() {
    watch_.stop();
    loop_.impl().cancel(*this);
    events_.on_broken(Error{Errc::io, "write: " + errno_text(error_)}, is_reader_gone(error_));
  }

  Written write(const char* data, std::size_t size) override {
    if (fd_.kind == PrivateFd::Kind::shared_stream) {
      if (!can_write_now(fd_.fd.get())) return {Outcome::blocked, 0};
      size = std::min<std::size_t>(size, PIPE_BUF);
    }
    const ssize_t n = fd_.kind == PrivateFd::Kind::socket
                          ? ::send(fd_.fd.get(), data, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                          : ::write(fd_.fd.get(), data, size);
    if (n >= 0) return {Outcome::taken, static_cast<std::size_t>(n)};
    if (errno == EINTR) return {Outcome::taken, 0};
    return {errno == EAGAIN ? Outcome::blocked : Outcome::broken, 0};
  }

  Loop& loop_;
  PrivateFd fd_;
  FdSinkEvents& events_;
  FdWatch watch_;
  Outbox out_;
  int error_ = 0;
  bool watchable_ = false;
  bool was_behind_ = false;  // at the end of a turn something was left
  bool broken_ = false;
};

}  // namespace

Result<std::unique_ptr<FdSink>> FdSink::open(Loop& loop, int fd, FdSinkEvents& events) {
  SIO_TRY(PrivateFd own, open_private(fd, FdAccess::write));
  auto sink = std::make_unique<Sink>(loop, std::move(own), events);
  sink->start();
  return sink;
}

}  // namespace sio::net
