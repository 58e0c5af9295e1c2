// The inside of the loop: what the other files of net/ need of it. Loop thread only unless said
// otherwise.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "net/loop.h"
#include "net/lws_user.h"
#include "net/timer_heap.h"
#include "net/unique_fd.h"

struct ev_loop;
struct lws_context;
struct lws_context_creation_info;
struct lws_vhost;
struct ssl_ctx_st;

namespace sio::net {

// Something that has collected output during a turn.
class TurnOutput {
 public:
  virtual ~TurnOutput() = default;
  // The turn ends: write. `scratch` is for gathering. Calls nobody back.
  virtual void flush_turn(std::span<char> scratch) = 0;

 private:
  friend class Loop::Impl;
  std::size_t slot_ = static_cast<std::size_t>(-1);  // in the list of this turn
};

// Something that has to tell its owner something, but not from inside the owner's own call.
class Deferred {
 public:
  virtual ~Deferred() = default;
  virtual void run_deferred() = 0;

 private:
  friend class Loop::Impl;
  std::size_t slot_ = static_cast<std::size_t>(-1);
};

// A descriptor that is not a libwebsockets connection: listeners, pipes, signals. Watched by an
// epoll set of our own, which libwebsockets sees as a single descriptor; so these behave alike on
// both loops, and hang-ups reach us instead of closing something.
class FdWatch {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_fd_ready(FdWatch& watch, std::uint32_t events) = 0;  // EPOLLIN ...
  };

  FdWatch(Loop::Impl& loop, Handler& handler) : loop_(loop), handler_(handler) {}
  ~FdWatch() { stop(); }
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // Watches `fd`, which stays the caller's. Error: a kind of file that cannot be waited for.
  Status start(int fd, std::uint32_t events);
  void change(std::uint32_t events);
  void stop();
  bool active() const { return fd_ >= 0; }

 private:
  friend class Loop::Impl;
  Loop::Impl& loop_;
  Handler& handler_;
  int fd_ = -1;
};

class Loop::Impl final : private FdWatch::Handler, private LwsUser {
 public:
  explicit Impl(const LoopOptions& options);
  ~Impl() override;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Status start();

  void run();
  void stop() { stopped_ = true; }
  void post(std::function<void()> task);  // any thread
  TimePoint now();
  FrameArena& frames() { return frames_; }
  void finish_turn();
  void add_turn_listener(TurnListener& listener);
  void remove_turn_listener(TurnListener& listener);
  Status watch_signal(int signal_number, SignalHandler& handler);

  TimerHeap& timers() { return timers_; }
  // flush_turn() will be called at the end of this turn.
  void add_output(TurnOutput& output);
  void remove_output(TurnOutput& output);
  // run_deferred() will be called in a later turn.
  void defer(Deferred& deferred);
  void cancel(Deferred& deferred);
  // For writing outside the end of a turn.
  std::span<char> scratch() { return {scratch_.get(), scratch_size_}; }

  // What all connections belong to, in libwebsockets' words.
  static constexpr const char* kProtocol = "sio";
  lws_context* context() { return context_; }
  // Whether libwebsockets is about to handle, or handles, input that it had stored for later; of
  // whichever connection.
  bool has_input_in_store() const;
  // For connections without TLS.
  lws_vhost* plain_vhost() { return plain_vhost_; }
  // For connections with the TLS settings in `info`, of which only those are to be filled in; lives
  // as long as the loop. Null: libwebsockets does not like them. The loop was made with
  // LoopOptions::tls. A server's context of OpenSSL is put into `server_context`, which lives as
  // long.
  lws_vhost* create_tls_vhost(lws_context_creation_info& info,
                              ssl_ctx_st** server_context = nullptr);
  // A connected, non-blocking socket becomes a connection of an HTTP server. Null: there is no room
  // for it; it is closed then, and `user` may have been called already.
  lws* adopt(lws_vhost* vhost, int socket, LwsUser& user);
  // Nobody wants the connection any more: it is closed in a later turn, and nobody is told.
  void discard(lws* wsi);
  // Closes a connection here and now. Not from inside a callback of libwebsockets.
  static void close_now(lws* wsi);
  // The name of the sub-protocol that a WebSocket request is granted: see http_connection.cc.
  std::span<char> subprotocol() { return {subprotocol_, sizeof subprotocol_}; }
  // The buffer that libwebsockets reads into: what a callback is told lies in it more often than
  // not, and beside it what the callback is not told. Empty until find_read_buffer().
  std::string_view read_buffer() const { return read_buffer_; }
  // Where a head begins in it that was read at once.
  std::string_view read_bytes() const;
  void find_read_buffer();

 private:
  friend class FdWatch;

  Status create_context();
  lws_vhost* create_vhost(lws_context_creation_info& info);
  std::size_t read_buffer_size() const;
  Status create_watches();
  void wait();
  void dispatch_fds();
  void end_turn();
  void program_timer();
  void run_posted();
  void run_deferred();
  void run_timers();
  void wake();
  void on_fd_ready(FdWatch& watch, std::uint32_t events) override;
  void on_signal_ready();
  int on_lws(lws* wsi, int reason, void* in, std::size_t size) override;

  LoopOptions options_;
  struct ev_loop* ev_ = nullptr;  // its header has a function of that name
  lws_context* context_ = nullptr;
  lws_vhost* plain_vhost_ = nullptr;
  char subprotocol_[64] = "subprotocol";
  std::string_view read_buffer_;
  class Discarded;
  std::unique_ptr<Discarded> discarded_;
  int epoll_ = -1;  // libwebsockets closes it
  epoll_event* batch_ = nullptr;
  int batch_size_ = 0;

  UniqueFd wake_fd_;
  UniqueFd timer_fd_;
  UniqueFd signal_fd_;
  FdWatch wake_watch_{*this, *this};
  FdWatch timer_watch_{*this, *this};
  FdWatch signal_watch_{*this, *this};

  TimerHeap timers_;
  TimePoint programmed_ = kNever;
  TimePoint now_{};
  bool now_known_ = false;
  bool stopped_ = false;
  bool ending_ = false;

  FrameArena frames_;
  std::unique_ptr<char[]> scratch_;
  std::size_t scratch_size_;
  std::vector<TurnListener*> listeners_;
  std::vector<TurnOutput*> outputs_;
  std::vector<Deferred*> deferred_;
  struct Signal {
    int number;
    SignalHandler* handler;
  };
  std::vector<Signal> signals_;

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  bool woken_ = false;                         // guarded by mutex_
};

}  // namespace sio::net
