// Finds a host and connects to it. Loop thread only.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "net/connector.h"
#include "net/loop.h"
#include "net/loop_impl.h"
#include "net/unique_fd.h"

namespace sio::net {

class DialEvents {
 public:
  virtual ~DialEvents() = default;
  virtual void on_dialed(UniqueFd socket) = 0;  // connected, non-blocking
  virtual void on_dial_failed(ConnectFailure failure) = 0;
};

// Tries the addresses of a name in their order until one answers; the failure told is that of the
// last. A name is looked up in a thread of its own: the system's resolver blocks, for as long as it
// likes. Destroying the dialer ends the attempt; no event follows.
class Dialer final : private FdWatch::Handler, private Timer::Handler {
 public:
  Dialer(Loop& loop, const Endpoint& endpoint, DialEvents& events);
  ~Dialer() override;
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // May call the events before it returns.
  void start();
  // What is being connected to at present, for messages: "127.0.0.1:3000".
  const std::string& where() const { return where_; }

 private:
  struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    std::string text;
  };
  // What the resolver thread and the loop share.
  struct Lookup;

  void on_fd_ready(FdWatch& watch, std::uint32_t events) override;
  void on_timer(Timer& timer) override;

  bool add_numeric(const std::string& host);
  void add_unix();
  void look_up();
  void on_found(std::vector<Address> found, const std::string& error);
  void try_next();
  void attempt_failed(int number);
  static void run_lookup(const std::shared_ptr<Lookup>& lookup);

  Loop& loop_;
  Endpoint endpoint_;
  DialEvents& events_;
  std::string where_;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  UniqueFd socket_;
  FdWatch watch_;
  Timer patience_;  // with one address while there are others
  std::shared_ptr<Lookup> lookup_;
};

}  // namespace sio::net
