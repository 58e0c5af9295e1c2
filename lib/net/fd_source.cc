#include "net/fd_source.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "net/loop_impl.h"
#include "net/private_fd.h"
#include "net/system_error.h"

namespace sio::net {
namespace {

constexpr std::size_t kSlice = 256 * 1024;

// One slice per turn: the loop stays alive however fast the bytes come.
class Source final : public FdSource, private FdWatch::Handler, private Deferred {
 public:
  Source(Loop& loop, PrivateFd fd, FdSourceEvents& events)
      : loop_(loop), fd_(std::move(fd)), events_(events), watch_(loop.impl(), *this) {}
  ~Source() override { loop_.impl().cancel(*this); }

  void pause() override {
    if (paused_ || ended_) return;
    paused_ = true;
    watch_.stop();  // even a mask without events would report a hang-up
    loop_.impl().cancel(*this);
  }

  void resume() override {
    if (!paused_ || ended_) return;
    paused_ = false;
    wait();
  }

  void start(bool paused) {
    paused_ = paused;
    if (!paused) wait();
  }

 private:
  void wait() {
    // What epoll does not take (regular files, /dev/null) can always be read.
    if (always_ready_ || !watch_.start(fd_.fd.get(), EPOLLIN)) {
      always_ready_ = true;
      loop_.impl().defer(*this);
    }
  }

  void on_fd_ready(FdWatch&, std::uint32_t) override { read_slice(); }

  void run_deferred() override {
    loop_.impl().defer(*this);  // first: on_bytes() may pause or destroy this
    read_slice();
  }

  void read_slice() {
    if (buffer_.empty()) buffer_.resize(kSlice);
    const ssize_t n = read_some();
    if (n > 0) return events_.on_bytes({buffer_.data(), static_cast<std::size_t>(n)});
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // A terminal whose session is gone ends like a file.
    if (n == 0 || errno == EIO) return end({});
    end(fail_errno("read", errno));
  }

  ssize_t read_some() {
    if (fd_.kind == PrivateFd::Kind::socket)
      return ::recv(fd_.fd.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    return ::read(fd_.fd.get(), buffer_.data(), buffer_.size());
  }

  void end(const Status& status) {
    ended_ = true;
    watch_.stop();
    loop_.impl().cancel(*this);
    events_.on_end(status);
  }

  Loop& loop_;
  PrivateFd fd_;
  FdSourceEvents& events_;
  FdWatch watch_;
  std::vector<char> buffer_;
  bool always_ready_ = false;
  bool paused_ = false;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<FdSource>> FdSource::open(Loop& loop, int fd, FdSourceEvents& events,
                                                 bool paused) {
  SIO_TRY(PrivateFd own, open_private(fd, FdAccess::read));
  auto source = std::make_unique<Source>(loop, std::move(own), events);
  source->start(paused);
  return source;
}

}  // namespace sio::net
