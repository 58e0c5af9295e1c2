// How a turn comes about.
//
// libwebsockets waits (poll, or libev by its plugin), reads the connections, parses what came and
// calls their LwsUsers. All other descriptors are in an epoll set, which it sees as one more
// descriptor: listeners, pipes, signals, the wake-up eventfd and one timerfd for the earliest of
// our timers. So timers are exact whatever the library rounds to, and cost nothing per timer: its
// own lists are linear. After the wait come posted tasks, deferred calls and due timers; then the
// turn ends.
//
// Of its plugins libev's it is, because with it a connection that the peer has reset is read dry
// before it is closed: libuv reports such a socket as bad, and libwebsockets 4.1.6 then closes it
// with everything unread in it. A client that sends and leaves at once must still be heard. What
// libev's plugin does worse does not matter here: time-outs of the library come late (it looks at
// them when there is nothing else to do), and those that count are Timers of ours.

#include "net/loop.h"

#include <ev.h>
#include <libwebsockets.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "net/loop_impl.h"
#include "net/lws_memory.h"
#include "net/system_error.h"

namespace sio::net {
namespace {

// libwebsockets zeroes two tables of this many pointers at the start.
constexpr rlim_t kMaxSockets = 1 << 17;
constexpr int kFewSockets = 64;
// One read takes at most this much: 4–5 million small frames a second, against 3.3 with 4 KiB.
constexpr unsigned kServerReadBuffer = 256 * 1024;
constexpr unsigned kClientReadBuffer = 64 * 1024;
constexpr std::size_t kServerScratch = 1 << 20;
constexpr std::size_t kClientScratch = 256 * 1024;
constexpr int kBatch = 64;

// The largest request or status head: http_head.h allows half of it, so that what is too large can
// still be answered. Each request that is not answered yet has a buffer of this size.
constexpr int kMaxHead = 32 * 1024;
// Of libwebsockets, for a peer that is silent where it has something to say. Ours are shorter.
constexpr int kPatience = 120;
// What one lws_write() may write at once: all of it, so that nothing is copied that can be sent.
constexpr std::size_t kMaxWrite = 1 << 30;
// Of every connection, for its user. Ours need none, but one without any is not told when it begins
// to close a WebSocket.
constexpr std::size_t kUserBytes = 1;

int call_user(lws* wsi, lws_callback_reasons reason, void* detail, void* in, std::size_t size) {
  // What OpenSSL thinks of a client's certificate: libwebsockets goes by our answer alone.
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION) return size != 0 ? 0 : 1;
  // The two whose subject is not `in`.
  if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
    auto** context = static_cast<ssl_ctx_st**>(lws_vhost_user(lws_get_vhost(wsi)));
    if (context != nullptr) *context = static_cast<ssl_ctx_st*>(detail);
    return 0;
  }
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) in = detail;
  auto* user = static_cast<LwsUser*>(lws_get_opaque_user_data(wsi));
  return user == nullptr ? 0 : user->on_lws(wsi, reason, in, size);
}

// A server holds many sockets: as many as the administrator lets it.
void raise_fd_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_max, std::max(limit.rlim_cur, kMaxSockets));
  setrlimit(RLIMIT_NOFILE, &limit);
}

itimerspec to_itimerspec(TimePoint deadline) {
  // Zero would disarm, and a time that has passed fires at once.
  const auto ns = std::max<std::int64_t>(deadline.time_since_epoch().count(), 1);
  itimerspec spec{};
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  return spec;
}

void drain_counter(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(fd, &count, sizeof count);
}

}  // namespace

// --- FdWatch

Status FdWatch::start(int fd, std::uint32_t events) {
  stop();
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  if (epoll_ctl(loop_.epoll_, EPOLL_CTL_ADD, fd, &event) != 0)
    return fail_errno("watch a descriptor", errno);
  fd_ = fd;
  return {};
}

void FdWatch::change(std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  SIO_CHECK(epoll_ctl(loop_.epoll_, EPOLL_CTL_MOD, fd_, &event) == 0);
}

void FdWatch::stop() {
  if (fd_ < 0) return;
  epoll_ctl(loop_.epoll_, EPOLL_CTL_DEL, fd_, nullptr);
  fd_ = -1;
  for (int i = 0; i < loop_.batch_size_; ++i)
    if (loop_.batch_[i].data.ptr == this) loop_.batch_[i].data.ptr = nullptr;
}

// --- Loop::Impl

// Whose connections are to be closed when nobody is in the middle of something.
class Loop::Impl::Discarded final : public LwsUser, public Deferred {
 public:
  explicit Discarded(Impl& loop) : loop_(loop) {}

  void add(lws* wsi) {
    lws_set_opaque_user_data(wsi, static_cast<LwsUser*>(this));
    connections_.push_back(wsi);
    loop_.defer(*this);
  }

 private:
  int on_lws(lws* wsi, int reason, void*, std::size_t) override {
    // After the error a connection that did not come about may go without another word.
    if (reason != LWS_CALLBACK_WSI_DESTROY && reason != LWS_CALLBACK_CLIENT_CONNECTION_ERROR)
      return -1;
    std::erase(connections_, wsi);
    return 0;
  }
  void run_deferred() override {
    const std::vector<lws*> connections = connections_;
    for (lws* wsi : connections)
      if (std::find(connections_.begin(), connections_.end(), wsi) != connections_.end())
        close_now(wsi);
  }

  Impl& loop_;
  std::vector<lws*> connections_;
};

Loop::Impl::Impl(const LoopOptions& options)
    : options_(options),
      discarded_(std::make_unique<Discarded>(*this)),
      scratch_size_(options.many_sockets ? kServerScratch : kClientScratch) {
  scratch_ = std::make_unique_for_overwrite<char[]>(scratch_size_);
}

Loop::Impl::~Impl() {
  if (context_ != nullptr) {
    wake_watch_.stop();
    timer_watch_.stop();
    signal_watch_.stop();
    lws_context_destroy(context_);
  }
  if (ev_ != nullptr) ev_loop_destroy(ev_);
}

Status Loop::Impl::start() {
  signal(SIGPIPE, SIG_IGN);
  lws_set_log_level(0, nullptr);
  if (options_.many_sockets) {
    raise_fd_limit();
    keep_idle_buffers_empty(kServerReadBuffer);
    ev_ = ev_loop_new(unsigned{EVFLAG_NOENV} | unsigned{EVBACKEND_EPOLL});
    if (ev_ == nullptr) return fail(Errc::io, "start the event loop");
  }
  SIO_TRY_STATUS(create_context());
  return create_watches();
}

std::size_t Loop::Impl::read_buffer_size() const {
  return options_.many_sockets ? kServerReadBuffer : kClientReadBuffer;
}

// From libwebsockets itself: a raw socket is told where the bytes are that were read from it.
void Loop::Impl::find_read_buffer() {
  class Finder final : public LwsUser {
   public:
    const char* found = nullptr;

   private:
    int on_lws(lws*, int reason, void* in, std::size_t) override {
      if (reason != LWS_CALLBACK_RAW_RX) return 0;
      found = static_cast<const char*>(in);
      return -1;
    }
  } finder;
  int ends[2];
  if (!read_buffer_.empty() ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return;
  const UniqueFd writer(ends[1]);
  lws_adopt_desc_t adoption{};
  adoption.vh = plain_vhost_;
  adoption.type = LWS_ADOPT_SOCKET;
  adoption.fd.sockfd = ends[0];
  adoption.vh_prot_name = kProtocol;
  adoption.opaque = static_cast<LwsUser*>(&finder);
  lws* wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
  if (wsi == nullptr || ::send(writer.get(), "", 1, MSG_NOSIGNAL) != 1) return;
  lws_pollfd ready{.fd = ends[0], .events = POLLIN, .revents = POLLIN};
  lws_service_fd(context_, &ready);
  SIO_CHECK(finder.found != nullptr);
  read_buffer_ = {finder.found - LWS_PRE, read_buffer_size()};
}

bool Loop::Impl::has_input_in_store() const {
  constexpr int kOwnTimersAside = -1;
  return lws_service_adjust_timeout(context_, kOwnTimersAside, 0) == 0;
}

std::string_view Loop::Impl::read_bytes() const {
  return read_buffer_.empty() ? read_buffer_ : read_buffer_.substr(LWS_PRE);
}

Status Loop::Impl::create_context() {
  lws_context_creation_info info{};
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  // OpenSSL's set-up. Without the system's certificates it takes a few milliseconds, with them
  // twenty; who needs those loads them (tls_context.cc).
  if (options_.tls)
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
  info.pt_serv_buf_size = static_cast<unsigned>(read_buffer_size());
  info.max_http_header_data2 = kMaxHead;
  info.timeout_secs = kPatience;
  void* foreign_loops[1] = {ev_};
  if (ev_ != nullptr) {
    info.options |= LWS_SERVER_OPTION_LIBEV;
    info.foreign_loops = foreign_loops;
  } else {
    info.fd_limit_per_thread = kFewSockets;
  }
  context_ = lws_create_context(&info);
  if (context_ == nullptr)
    return fail(Errc::io, ev_ != nullptr ? "start libwebsockets with its libev plugin"
                                         : "start libwebsockets");
  lws_context_creation_info plain{};
  plain.vhost_name = "plain";
  plain_vhost_ = create_vhost(plain);
  if (plain_vhost_ == nullptr) return fail(Errc::io, "start libwebsockets");
  return {};
}

lws_vhost* Loop::Impl::create_vhost(lws_context_creation_info& info) {
  // A WebSocket request that names no sub-protocol belongs to the first of these. One that does is
  // answered with the name of the protocol that it finds here, so the second has whatever name
  // http_connection.cc gives it at that moment.
  const lws_protocols protocols[] = {
      {kProtocol, call_user, kUserBytes, 0, 0, nullptr, kMaxWrite},
      {subprotocol_, call_user, kUserBytes, 0, 0, nullptr, kMaxWrite},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  static const lws_retry_bo_t no_pings{};  // of its own
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.protocols = protocols;
  info.retry_and_idle_policy = &no_pings;
  info.timeout_secs_ah_idle = kPatience;
  info.keepalive_timeout = kPatience;
  info.http_proxy_address = "";  // not what $http_proxy says
  return lws_create_vhost(context_, &info);
}

lws_vhost* Loop::Impl::create_tls_vhost(lws_context_creation_info& info,
                                        ssl_ctx_st** server_context) {
  SIO_CHECK(options_.tls);
  info.user = server_context;
  info.vhost_name = "tls";
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
  info.alpn = "http/1.1";  // we do not speak HTTP/2
  return create_vhost(info);
}

Status Loop::Impl::create_watches() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("create an epoll set", errno);
  lws_adopt_desc_t adoption{};
  adoption.vh = plain_vhost_;
  adoption.type = LWS_ADOPT_RAW_FILE_DESC;
  adoption.fd.filefd = epoll.get();
  adoption.vh_prot_name = kProtocol;
  adoption.opaque = static_cast<LwsUser*>(this);
  if (lws_adopt_descriptor_vhost_via_info(&adoption) == nullptr)
    return fail(Errc::io, "watch an epoll set");
  epoll_ = epoll.release();

  wake_fd_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  timer_fd_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!wake_fd_ || !timer_fd_) return fail_errno("create an eventfd and a timerfd", errno);
  SIO_TRY_STATUS(wake_watch_.start(wake_fd_.get(), EPOLLIN));
  return timer_watch_.start(timer_fd_.get(), EPOLLIN);
}

int Loop::Impl::on_lws(lws*, int reason, void*, std::size_t) {
  if (reason == LWS_CALLBACK_RAW_RX_FILE) dispatch_fds();
  return 0;
}

void Loop::Impl::dispatch_fds() {
  std::array<epoll_event, kBatch> events;
  const int n = epoll_wait(epoll_, events.data(), kBatch, 0);
  if (n <= 0) return;
  batch_ = events.data();
  batch_size_ = n;
  for (int i = 0; i < n; ++i) {
    auto* watch = static_cast<FdWatch*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (watch == nullptr) continue;  // stopped by an earlier one
    watch->handler_.on_fd_ready(*watch, events[static_cast<std::size_t>(i)].events);
  }
  batch_ = nullptr;
  batch_size_ = 0;
}

void Loop::Impl::on_fd_ready(FdWatch& watch, std::uint32_t) {
  if (&watch == &wake_watch_) drain_counter(wake_fd_.get());
  if (&watch == &timer_watch_) {
    drain_counter(timer_fd_.get());
    programmed_ = kNever;
  }
  if (&watch == &signal_watch_) on_signal_ready();
}

void Loop::Impl::run() {
  stopped_ = false;
  end_turn();  // what was sent before the loop ran
  while (!stopped_) {
    wait();
    run_posted();
    run_deferred();
    run_timers();
    end_turn();
  }
}

void Loop::Impl::wait() {
  if (ev_ != nullptr)
    ev_run(ev_, EVRUN_ONCE);
  else
    lws_service(context_, 0);
}

void Loop::Impl::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
    woken_ = false;
  }
  for (const auto& task : tasks) task();
}

void Loop::Impl::run_deferred() {
  const std::size_t count = deferred_.size();  // what these calls defer waits for the next turn
  for (std::size_t i = 0; i < count; ++i) {
    Deferred* deferred = std::exchange(deferred_[i], nullptr);
    if (deferred == nullptr) continue;
    deferred->slot_ = static_cast<std::size_t>(-1);
    deferred->run_deferred();
  }
  deferred_.erase(deferred_.begin(), deferred_.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < deferred_.size(); ++i)
    if (deferred_[i] != nullptr) deferred_[i]->slot_ = i;
}

void Loop::Impl::run_timers() {
  if (timers_.empty()) return;
  const TimePoint limit = std::chrono::steady_clock::now();
  // Bounded, or a timer that arms itself at once would never let go.
  for (std::size_t left = timers_.size(); left > 0; --left) {
    Timer* timer = timers_.pop_due(limit);
    if (timer == nullptr) return;
    timer->handler_.on_timer(*timer);
  }
}

void Loop::Impl::end_turn() {
  finish_turn();
  program_timer();
  now_known_ = false;
}

void Loop::Impl::finish_turn() {
  SIO_CHECK(!ending_);
  ending_ = true;
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    if (listeners_[i] != nullptr) listeners_[i]->on_turn_end();
  std::erase(listeners_, nullptr);
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    TurnOutput* output = outputs_[i];
    if (output == nullptr) continue;
    output->slot_ = static_cast<std::size_t>(-1);
    output->flush_turn(scratch());
  }
  outputs_.clear();
  frames_.reset();
  ending_ = false;
}

void Loop::Impl::program_timer() {
  const TimePoint earliest = timers_.earliest();
  // A timer that was cancelled only causes a wake-up for nothing: cheaper than a call each time.
  if (earliest >= programmed_) return;
  const itimerspec spec = to_itimerspec(earliest);
  timerfd_settime(timer_fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
  programmed_ = earliest;
}

TimePoint Loop::Impl::now() {
  if (!now_known_) {
    now_ = std::chrono::steady_clock::now();
    now_known_ = true;
  }
  return now_;
}

void Loop::Impl::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(task));
  if (std::exchange(woken_, true)) return;
  wake();
}

void Loop::Impl::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_fd_.get(), &one, sizeof one);
}

void Loop::Impl::add_output(TurnOutput& output) {
  if (output.slot_ != static_cast<std::size_t>(-1)) return;
  output.slot_ = outputs_.size();
  outputs_.push_back(&output);
}

void Loop::Impl::remove_output(TurnOutput& output) {
  if (output.slot_ == static_cast<std::size_t>(-1)) return;
  outputs_[output.slot_] = nullptr;
  output.slot_ = static_cast<std::size_t>(-1);
}

void Loop::Impl::defer(Deferred& deferred) {
  if (deferred.slot_ != static_cast<std::size_t>(-1)) return;
  deferred.slot_ = deferred_.size();
  deferred_.push_back(&deferred);
  wake();
}

void Loop::Impl::cancel(Deferred& deferred) {
  if (deferred.slot_ == static_cast<std::size_t>(-1)) return;
  deferred_[deferred.slot_] = nullptr;
  deferred.slot_ = static_cast<std::size_t>(-1);
}

void Loop::Impl::add_turn_listener(TurnListener& listener) {
  listeners_.push_back(&listener);
}

void Loop::Impl::remove_turn_listener(TurnListener& listener) {
  const auto it = std::find(listeners_.begin(), listeners_.end(), &listener);
  if (it == listeners_.end()) return;
  if (ending_)
    *it = nullptr;
  else
    listeners_.erase(it);
}

Status Loop::Impl::watch_signal(int signal_number, SignalHandler& handler) {
  signals_.push_back({signal_number, &handler});
  sigset_t set;
  sigemptyset(&set);
  for (const Signal& signal : signals_) sigaddset(&set, signal.number);
  if (pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0) return fail_errno("block a signal", errno);
  const int fd = signalfd(signal_fd_.get(), &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) return fail_errno("watch a signal", errno);
  if (signal_fd_) return {};
  signal_fd_.reset(fd);
  return signal_watch_.start(fd, EPOLLIN);
}

void Loop::Impl::on_signal_ready() {
  signalfd_siginfo info{};
  while (::read(signal_fd_.get(), &info, sizeof info) == sizeof info) {
    const auto number = static_cast<int>(info.ssi_signo);
    for (std::size_t i = 0; i < signals_.size(); ++i)
      if (signals_[i].number == number) signals_[i].handler->on_signal(number);
  }
}

lws* Loop::Impl::adopt(lws_vhost* vhost, int socket, LwsUser& user) {
  lws_adopt_desc_t adoption{};
  adoption.vh = vhost;
  adoption.type =
      static_cast<lws_adoption_type>(LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL);
  adoption.fd.sockfd = socket;
  adoption.opaque = &user;
  return lws_adopt_descriptor_vhost_via_info(&adoption);
}

void Loop::Impl::discard(lws* wsi) {
  discarded_->add(wsi);
}

void Loop::Impl::close_now(lws* wsi) {
  // While it has an unsent rest libwebsockets would wait for it to go.
  ::shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
  lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

// --- Loop

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loop::~Loop() = default;

Result<std::unique_ptr<Loop>> Loop::create(const LoopOptions& options) {
  std::unique_ptr<Loop> loop(new Loop(nullptr));
  loop->impl_ = std::make_unique<Impl>(options);
  SIO_TRY_STATUS(loop->impl_->start());
  return loop;
}

void Loop::run() {
  impl_->run();
}
void Loop::stop() {
  impl_->stop();
}
void Loop::post(std::function<void()> task) {
  impl_->post(std::move(task));
}
TimePoint Loop::now() const {
  return impl_->now();
}
FrameArena& Loop::frames() {
  return impl_->frames();
}
void Loop::finish_turn() {
  impl_->finish_turn();
}
void Loop::add_turn_listener(TurnListener& listener) {
  impl_->add_turn_listener(listener);
}
void Loop::remove_turn_listener(TurnListener& listener) {
  impl_->remove_turn_listener(listener);
}
Status Loop::watch_signal(int signal_number, SignalHandler& handler) {
  return impl_->watch_signal(signal_number, handler);
}

// --- Timer

Timer::Timer(Loop& loop, Handler& handler) : loop_(loop), handler_(handler) {}

Timer::~Timer() {
  cancel();
}

void Timer::arm(TimePoint deadline) {
  loop_.impl().timers().arm(*this, deadline);
}

void Timer::arm_in(Duration delay) {
  arm(loop_.now() + delay);
}

void Timer::cancel() {
  if (armed()) loop_.impl().timers().remove(*this);
}

}  // namespace sio::net
