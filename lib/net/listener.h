// A listening socket. Loop thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/loop_impl.h"
#include "net/service_manager.h"
#include "net/unique_fd.h"

namespace sio::net {

struct Accepted {
  UniqueFd fd;       // non-blocking
  std::string peer;  // "127.0.0.1"; "" for unix sockets
};

class ListenerEvents {
 public:
  virtual ~ListenerEvents() = default;
  virtual void on_accepted(Accepted accepted) = 0;
};

// Accepts until destroyed; then the socket is closed and its path removed. When the process is out
// of descriptors it waits a moment and goes on.
class Listener final : private FdWatch::Handler, private Timer::Handler {
 public:
  // Errors: Errc::io with address and cause ("bind 127.0.0.1:80: Permission denied").
  static Result<std::unique_ptr<Listener>> open(Loop& loop, const ListenAddress& address,
                                                ListenerEvents& events);
  // A socket that listens already, non-blocking. Its path is not removed: somebody else has made
  // it. Errors: no descriptor.
  static Result<std::unique_ptr<Listener>> adopt(Loop& loop, UniqueFd fd,
                                                 const ListenAddress& address,
                                                 ListenerEvents& events);
  ~Listener() override;

  // "127.0.0.1:3000" with the real port, "[::1]:3000", "unix:/run/sio.sock".
  const std::string& where() const { return where_; }
  bool is_unix() const { return unix_; }

 private:
  Listener(Loop& loop, UniqueFd fd, ListenerEvents& events);
  void on_fd_ready(FdWatch& watch, std::uint32_t events) override;
  void on_timer(Timer& timer) override;
  bool accept_one();

  UniqueFd fd_;
  ListenerEvents& events_;
  FdWatch watch_;
  Timer retry_;
  std::string where_;
  std::string path_;  // to be removed
  bool unix_ = false;
};

// The listeners of one server.
class Listeners {
 public:
  // Both outlive it. `secure`: what is spoken there is TLS.
  Listeners(Loop& loop, ListenerEvents& events, bool secure)
      : loop_(loop), events_(events), secure_(secure) {}

  // As HttpServer::listen().
  Result<std::string> open(const ListenAddress& address);
  Result<std::string> adopt(InheritedSocket socket);
  void close() { listeners_.clear(); }

 private:
  std::string add(std::unique_ptr<Listener> listener);

  Loop& loop_;
  ListenerEvents& events_;
  bool secure_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace sio::net
