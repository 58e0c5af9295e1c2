// What systemd and its like tell a service, and want to hear from it: the protocols of
// sd_listen_fds(3), sd_notify(3) and sd_watchdog_enabled(3), spoken without their library.
//
// Each reads its variables once and takes them out of the environment: they are meant for this
// process, not for its children. Call them before other threads are started.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/unique_fd.h"

namespace sio::net {

struct InheritedSocket {
  UniqueFd fd;
  ListenAddress address;  // of the socket
};

// The sockets of $LISTEN_FDS, none when it is not set or meant for another process. Errors:
// Errc::usage, a descriptor that is no listening stream socket, with its number and its name.
Result<std::vector<InheritedSocket>> inherited_sockets();

// Loop thread only.
class ServiceManager final : private Timer::Handler {
 public:
  // Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. Without them everything here does
  // nothing. The loop outlives it.
  explicit ServiceManager(Loop& loop);

  // From here on the loop says WATCHDOG=1 twice in the time that it has for it.
  void ready(std::string_view status);
  // RELOADING=1; ready() ends it.
  void reloading();
  void stopping(std::string_view status);

 private:
  void on_timer(Timer& timer) override;
  void notify(std::string_view state);

  Loop& loop_;
  UniqueFd socket_;
  std::string address_;  // as the kernel takes it: an abstract one begins with a NUL
  Duration watchdog_{};  // between two signs of life; 0: nobody waits for them
  Timer timer_;
};

}  // namespace sio::net
