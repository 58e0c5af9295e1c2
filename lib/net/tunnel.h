// A connection through a proxy. Loop thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/connector.h"
#include "net/loop.h"
#include "net/proxy_handshake.h"
#include "net/resolver.h"
#include "net/unique_fd.h"

namespace sio::net {

class TunnelEvents {
 public:
  virtual ~TunnelEvents() = default;
  // What is written to it reaches the server, and what is read comes from there.
  virtual void on_tunnel(UniqueFd socket) = 0;
  // Stage proxy.
  virtual void on_no_tunnel(ConnectFailure failure) = 0;
};

// Finds the proxy, connects to it and asks it for the way to a server. Destroying it ends that, not
// from inside one of its events; no event follows.
class Tunnel final : private ResolverEvents, private FdWatch::Handler, private Timer::Handler {
 public:
  Tunnel(Loop& loop, const Proxy& proxy, const Endpoint& server, TunnelEvents& events);

  // May call the events before it returns.
  void start() { resolver_.start(); }

 private:
  void on_resolved(std::vector<PeerAddress> addresses) override;
  void on_not_resolved(ConnectFailure failure) override;
  void on_fd_ready(FdWatch& watch, std::uint32_t events) override;
  void on_timer(Timer& timer) override;

  void try_next();
  void on_connect_result(int number);
  void send_output();
  void receive();
  void watch(std::uint32_t events);
  void fail(ProxyProblem problem, int status, const std::string& what);

  Proxy proxy_;
  TunnelEvents& events_;
  Resolver resolver_;
  ProxyHandshake handshake_;
  std::vector<PeerAddress> addresses_;
  std::size_t next_ = 0;
  Timer patience_;  // with one address while there are others
  UniqueFd socket_;
  FdWatch watch_;
  bool connected_ = false;
  std::string unsent_;
};

// A place that libwebsockets can connect to at once, for a connection whose socket is then another:
// it knows no way to be given one that is connected already.
class Doorstep {
 public:
  // Errors: no descriptor.
  static Result<Doorstep> open();
  // As libwebsockets takes it: "@0001f" behind a '+'.
  const std::string& address() const { return address_; }

 private:
  UniqueFd socket_;
  std::string address_;
};

}  // namespace sio::net
