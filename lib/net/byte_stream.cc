#include "net/byte_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "net/fd_sink.h"
#include "net/fd_source.h"
#include "net/loop_impl.h"
#include "net/resolver.h"
#include "net/system_error.h"
#include "net/unique_fd.h"

namespace sio::net {
namespace {

class Stream final : public ByteStream,
                     private ResolverEvents,
                     private FdWatch::Handler,
                     private Timer::Handler,
                     private Deferred,
                     private FdSourceEvents,
                     private FdSinkEvents {
 public:
  Stream(Loop& loop, const Endpoint& endpoint, ByteStreamEvents& events)
      : loop_(loop),
        events_(events),
        where_(where_text(endpoint)),
        resolver_(loop, endpoint, *this),
        watch_(loop.impl(), *this),
        patience_(loop, *this) {}

  ~Stream() override { loop_.impl().cancel(*this); }

  void start(Duration patience) {
    patience_.arm_in(patience);
    loop_.impl().defer(*this);
  }

  void write(std::string_view bytes) override {
    SIO_CHECK(sink_ != nullptr);
    sink_->write(bytes);
  }
  std::size_t backlog() const override { return sink_ == nullptr ? 0 : sink_->backlog(); }

 private:
  void run_deferred() override { resolver_.start(); }

  void on_resolved(std::vector<PeerAddress> addresses) override {
    addresses_ = std::move(addresses);
    try_next();
  }

  void on_not_resolved(ConnectFailure failure) override {
    close({Errc::unavailable, std::move(failure.message)});
  }

  void try_next() {
    watch_.stop();
    if (next_ == addresses_.size())
      return close({Errc::unavailable,
                    fmt::format("connect {}: {}", addresses_.back().where, errno_text(error_))});
    const PeerAddress& address = addresses_[next_++];
    const int family = address.storage.ss_family;
    socket_.reset(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
    if (!socket_) {
      error_ = errno;
    } else if (::connect(socket_.get(), name, address.size) == 0) {
      return open();
    } else if (error_ = errno; error_ == EINPROGRESS) {
      if (watch_.start(socket_.get(), EPOLLOUT)) return;
      error_ = EMFILE;
    }
    try_next();
  }

  void on_fd_ready(FdWatch&, std::uint32_t) override {
    socklen_t size = sizeof error_;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error_, &size);
    if (error_ != 0) return try_next();
    watch_.stop();
    open();
  }

  void open() {
    patience_.cancel();
    // Many small messages, each gathered with the others of its turn already.
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    auto source = FdSource::open(loop_, socket_.get(), *this);
    if (!source) return close(std::move(source.error()));
    auto sink = FdSink::open(loop_, socket_.get(), *this);
    if (!sink) return close(std::move(sink.error()));
    source_ = std::move(*source);
    sink_ = std::move(*sink);
    events_.on_open();
  }

  void on_timer(Timer&) override {
    close({Errc::unavailable, fmt::format("connect {}: it takes too long", where_)});
  }

  void on_bytes(std::string_view bytes) override { events_.on_bytes(bytes); }
  void on_drained() override {}
  void on_end(const Status& status) override {
    close({Errc::unavailable, status ? fmt::format("{} closed the connection", where_)
                                     : fmt::format("{}: {}", where_, status.error().message)});
  }
  void on_broken(const Error& error, bool) override {
    close({Errc::unavailable, fmt::format("{}: {}", where_, error.message)});
  }

  void close(const Error& why) {
    patience_.cancel();
    watch_.stop();
    if (!std::exchange(closed_, true)) events_.on_closed(why);
  }

  Loop& loop_;
  ByteStreamEvents& events_;
  std::string where_;
  Resolver resolver_;
  std::vector<PeerAddress> addresses_;
  std::size_t next_ = 0;  // address to try
  int error_ = 0;         // of the last one tried
  UniqueFd socket_;
  FdWatch watch_;
  Timer patience_;
  std::unique_ptr<FdSource> source_;
  std::unique_ptr<FdSink> sink_;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> ByteStream::connect(Loop& loop, const Endpoint& endpoint,
                                                ByteStreamEvents& events, Duration patience) {
  auto stream = std::make_unique<Stream>(loop, endpoint, events);
  stream->start(patience);
  return stream;
}

}  // namespace sio::net
