// How a turn comes about.
//
// libwebsockets waits (poll, or libuv by its plugin), reads the sockets and calls stream.cc. All
// other descriptors are in an epoll set, which it sees as one more descriptor: listeners, pipes,
// signals, the wake-up eventfd and one timerfd for the earliest of our timers. So timers are exact
// whatever the library rounds to, and cost nothing per timer: its own lists are linear.
//
// After the wait come posted tasks, deferred calls and due timers; then the turn ends. With libuv a
// turn also ends just before it waits: its own timers (time-outs of libwebsockets) run before the
// wait, and what they cause to be sent must not stay behind.

#include "net/loop.h"

#include <libwebsockets.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "net/loop_impl.h"
#include "net/stream.h"
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

constexpr const char* kStreamProtocol = "sio-stream";
constexpr const char* kLoopProtocol = "sio-loop";

int call_stream(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t size) {
  auto* stream = static_cast<Stream*>(lws_get_opaque_user_data(wsi));
  if (stream == nullptr) return 0;
  switch (reason) {
    case LWS_CALLBACK_RAW_RX:
      return stream->handle_readable(static_cast<char*>(in), size);
    case LWS_CALLBACK_RAW_WRITEABLE:
      return stream->handle_writable();
    case LWS_CALLBACK_RAW_CLOSE:
      stream->handle_close();
      return 0;
    default:
      return 0;
  }
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

struct Loop::Impl::UvPrepare {
  uv_prepare_t handle{};
};

Loop::Impl::Impl(Loop& loop, const LoopOptions& options)
    : loop_(loop),
      options_(options),
      scratch_size_(options.many_sockets ? kServerScratch : kClientScratch) {
  scratch_ = std::make_unique_for_overwrite<char[]>(scratch_size_);
}

Loop::Impl::~Impl() {
  wake_watch_.stop();
  timer_watch_.stop();
  signal_watch_.stop();
  if (context_ != nullptr) lws_context_destroy(context_);
  if (!uv_) return;
  if (prepare_) uv_close(reinterpret_cast<uv_handle_t*>(&prepare_->handle), nullptr);
  // On a loop that is not its own, libwebsockets first closes its handles, which takes turns of the
  // loop, and frees its memory in a second call. context_ becomes null when it has.
  while (uv_run(uv_.get(), UV_RUN_NOWAIT) != 0) continue;
  if (context_ != nullptr) lws_context_destroy(context_);
  uv_run(uv_.get(), UV_RUN_NOWAIT);
  uv_loop_close(uv_.get());
}

Status Loop::Impl::start() {
  signal(SIGPIPE, SIG_IGN);
  lws_set_log_level(0, nullptr);
  if (options_.many_sockets) {
    raise_fd_limit();
    uv_ = std::make_unique<uv_loop_s>();
    if (uv_loop_init(uv_.get()) != 0) {
      uv_.reset();
      return fail(Errc::io, "start the event loop");
    }
  }
  SIO_TRY_STATUS(create_context());
  if (uv_) {
    prepare_ = std::make_unique<UvPrepare>();
    uv_prepare_init(uv_.get(), &prepare_->handle);
    prepare_->handle.data = this;
    uv_prepare_start(&prepare_->handle, [](uv_prepare_t* handle) { on_prepare(handle->data); });
  }
  return create_watches();
}

void Loop::Impl::on_prepare(void* self) {
  static_cast<Impl*>(self)->end_turn();
}

Status Loop::Impl::create_context() {
  static const lws_protocols protocols[] = {
      {kStreamProtocol, call_stream, 0, 0, 0, nullptr, 0},
      {kLoopProtocol,
       [](lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size) {
         return loop_callback(wsi, reason, user, in, size);
       },
       0, 0, 0, nullptr, 0},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  // Sockets are raw for libwebsockets (stream.cc says why): no TLS, no host names, no mounts.
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
  info.pcontext = &context_;
  info.pt_serv_buf_size = options_.many_sockets ? kServerReadBuffer : kClientReadBuffer;
  void* foreign_loops[1] = {uv_.get()};
  if (uv_) {
    info.options |= LWS_SERVER_OPTION_LIBUV;
    info.foreign_loops = foreign_loops;
  } else {
    info.fd_limit_per_thread = kFewSockets;
  }
  context_ = lws_create_context(&info);
  if (context_ == nullptr)
    return fail(Errc::io,
                uv_ ? "start libwebsockets with its libuv plugin" : "start libwebsockets");
  vhost_ = lws_get_vhost_by_name(context_, "default");
  SIO_CHECK(vhost_ != nullptr);
  return {};
}

Status Loop::Impl::create_watches() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("create an epoll set", errno);
  lws_adopt_desc_t adoption{};
  adoption.vh = vhost_;
  adoption.type = LWS_ADOPT_RAW_FILE_DESC;
  adoption.fd.filefd = epoll.get();
  adoption.vh_prot_name = kLoopProtocol;
  adoption.opaque = this;
  if (lws_adopt_descriptor_vhost_via_info(&adoption) == nullptr)
    return fail(Errc::io, "watch an epoll set");
  epoll_ = epoll.release();

  wake_fd_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  timer_fd_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!wake_fd_ || !timer_fd_) return fail_errno("create an eventfd and a timerfd", errno);
  SIO_TRY_STATUS(wake_watch_.start(wake_fd_.get(), EPOLLIN));
  return timer_watch_.start(timer_fd_.get(), EPOLLIN);
}

int Loop::Impl::loop_callback(lws* wsi, int reason, void*, void*, std::size_t) {
  auto* self = static_cast<Impl*>(lws_get_opaque_user_data(wsi));
  if (self != nullptr && reason == LWS_CALLBACK_RAW_RX_FILE) self->dispatch_fds();
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
  if (uv_)
    uv_run(uv_.get(), UV_RUN_ONCE);
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

lws* Loop::Impl::adopt(int fd, void* opaque) {
  lws_adopt_desc_t adoption{};
  adoption.vh = vhost_;
  adoption.type = LWS_ADOPT_SOCKET;
  adoption.fd.sockfd = fd;
  adoption.vh_prot_name = kStreamProtocol;
  adoption.opaque = opaque;
  return lws_adopt_descriptor_vhost_via_info(&adoption);
}

void Loop::Impl::nudge() {
  // Its libuv plugin looks at time-outs only after an event of its own.
  if (uv_) lws_cancel_service(context_);
}

// --- Loop

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loop::~Loop() = default;

Result<std::unique_ptr<Loop>> Loop::create(const LoopOptions& options) {
  std::unique_ptr<Loop> loop(new Loop(nullptr));
  loop->impl_ = std::make_unique<Impl>(*loop, options);
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
