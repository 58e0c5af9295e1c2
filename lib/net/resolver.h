// Finds the addresses of an endpoint, and out why one cannot be connected to. Loop thread only.
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

struct PeerAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string host;   // as libwebsockets takes it: "127.0.0.1", "::1", "+/run/sio.sock"
  std::string where;  // for messages: "127.0.0.1:3000", "unix:/run/sio.sock"
};

class ResolverEvents {
 public:
  virtual ~ResolverEvents() = default;
  virtual void on_resolved(std::vector<PeerAddress> addresses) = 0;  // at least one, in order
  virtual void on_not_resolved(ConnectFailure failure) = 0;
};

// A name is looked up in a thread of its own: the system's resolver blocks, for as long as it
// likes. Destroying the resolver ends that; no event follows.
class Resolver final {
 public:
  Resolver(Loop& loop, const Endpoint& endpoint, ResolverEvents& events);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // May call the events before it returns.
  void start();

 private:
  // What the resolving thread and the loop share.
  struct Lookup;

  bool add_numeric(const std::string& host);
  void add_unix();
  void look_up();
  void on_found(std::vector<PeerAddress> found, const std::string& error);
  static void run_lookup(const std::shared_ptr<Lookup>& lookup);

  Loop& loop_;
  Endpoint endpoint_;
  ResolverEvents& events_;
  std::vector<PeerAddress> addresses_;
  std::shared_ptr<Lookup> lookup_;
};

class ProbeEvents {
 public:
  virtual ~ProbeEvents() = default;
  // An errno, or 0: it can be connected to.
  virtual void on_probed(int number) = 0;
};

// libwebsockets (4.1.6) says of a connection that failed only that it did. So it is tried once
// more, for the reason. Destroying the probe ends it; no event follows.
class Probe final : private FdWatch::Handler {
 public:
  Probe(Loop& loop, ProbeEvents& events) : events_(events), watch_(loop.impl(), *this) {}
  // May call the event before it returns.
  void start(const PeerAddress& address);

 private:
  void on_fd_ready(FdWatch& watch, std::uint32_t events) override;

  ProbeEvents& events_;
  UniqueFd socket_;
  FdWatch watch_;
};

// "127.0.0.1:3000", "[::1]:3000", "unix:/run/sio.sock"
std::string where_text(const Endpoint& endpoint);

}  // namespace sio::net
