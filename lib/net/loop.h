// The event loop: one thread that owns everything else. Wraps one libwebsockets context.
//
// A turn: wait for sockets, timers or posted tasks; handle all that are ready; then end the turn:
// tell the TurnListeners, write what the transports were given, forget the frames.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "net/frame.h"

struct lws_context;

namespace sio::net {

class Loop;

// Something that waits for a time. Destroying or cancelling it is always safe. Loop thread only.
class Timer {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_timer(Timer& timer) = 0;
  };

  Timer(Loop& loop, Handler& handler);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Fires once, at `deadline` or within a millisecond after. Arming again moves it. O(log timers).
  void arm(TimePoint deadline);
  void arm_in(Duration delay);
  void cancel();
  bool armed() const { return heap_index_ != kNotArmed; }
  TimePoint deadline() const { return deadline_; }

 private:
  friend class Loop;
  friend class TimerHeap;
  static constexpr std::size_t kNotArmed = static_cast<std::size_t>(-1);
  Loop& loop_;
  Handler& handler_;
  TimePoint deadline_{};
  std::size_t heap_index_ = kNotArmed;
};

// Told at the end of every turn, in the order of registration, before the frames are written.
class TurnListener {
 public:
  virtual ~TurnListener() = default;
  virtual void on_turn_end() = 0;
};

class SignalHandler {
 public:
  virtual ~SignalHandler() = default;
  virtual void on_signal(int signal_number) = 0;
};

struct LoopOptions {
  // true: libev, whose cost does not grow with idle sockets (servers). false: poll(2), which starts
  // in no time (clients).
  bool many_sockets = false;
  // Whether anything here will use TLS. OpenSSL's set-up takes milliseconds; plain runs skip it.
  bool tls = false;
};

class Loop final {
 public:
  static Result<std::unique_ptr<Loop>> create(const LoopOptions& options);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs turns until stop(). Everything made with this loop must be destroyed before the loop.
  void run();
  // Ends run() after the present turn. Loop thread.
  void stop();

  // Runs `task` on the loop thread in a later turn. Any thread; wakes the loop.
  void post(std::function<void()> task);

  // Now, cached once a turn: for deadlines. Use a Clock where exact time matters.
  TimePoint now() const;

  FrameArena& frames();
  // Ends the turn here and now (listeners, writing, forgetting frames): for whoever has filled the
  // arena beyond a megabyte or so. Must not be called from a TurnListener.
  void finish_turn();
  void add_turn_listener(TurnListener& listener);
  void remove_turn_listener(TurnListener& listener);

  // Delivers a signal as an event of the loop instead of by its default action. The signal is
  // blocked in this thread; call before other threads are started.
  Status watch_signal(int signal_number, SignalHandler& handler);

  // For net/ only.
  class Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit Loop(std::unique_ptr<Impl> impl);
  friend class Timer;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sio::net
