#include "net/tunnel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "net/system_error.h"

namespace sio::net {
namespace {

// How long one address may keep the others waiting.
constexpr auto kPatience = std::chrono::seconds(3);

Endpoint endpoint_of(const Proxy& proxy) {
  return {.host = proxy.host, .port = proxy.port};
}

}  // namespace

Tunnel::Tunnel(Loop& loop, const Proxy& proxy, const Endpoint& server, TunnelEvents& events)
    : proxy_(proxy),
      events_(events),
      resolver_(loop, endpoint_of(proxy), static_cast<ResolverEvents&>(*this)),
      handshake_(proxy, server.host, server.port),
      patience_(loop, *this),
      watch_(loop.impl(), *this) {}

void Tunnel::fail(ProxyProblem problem, int status, const std::string& what) {
  patience_.cancel();
  watch_.stop();
  socket_.reset();
  events_.on_no_tunnel({.stage = ConnectStage::proxy,
                        .proxy = problem,
                        .proxy_status = status,
                        .message = fmt::format("{}: {}", name_of(proxy_), what)});
}

// --- Connecting

void Tunnel::on_resolved(std::vector<PeerAddress> addresses) {
  addresses_ = std::move(addresses);
  try_next();
}

void Tunnel::on_not_resolved(ConnectFailure failure) {
  fail(ProxyProblem::unreachable, 0, failure.message);
}

void Tunnel::try_next() {
  const PeerAddress& address = addresses_[next_++];
  watch_.stop();
  socket_.reset(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return on_connect_result(errno);
  const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket_.get(), name, address.size) == 0) return on_connect_result(0);
  if (errno != EINPROGRESS) return on_connect_result(errno);
  if (next_ < addresses_.size()) patience_.arm_in(kPatience);
  watch(EPOLLOUT);
}

void Tunnel::watch(std::uint32_t events) {
  if (watch_.active()) return watch_.change(events);
  if (!watch_.start(socket_.get(), events)) fail(ProxyProblem::unreachable, 0, "no descriptors");
}

void Tunnel::on_timer(Timer&) {
  on_connect_result(ETIMEDOUT);
}

void Tunnel::on_connect_result(int number) {
  patience_.cancel();
  if (number != 0) {
    if (next_ < addresses_.size()) return try_next();
    return fail(ProxyProblem::unreachable, 0,
                fmt::format("connect {}: {}", addresses_.back().where, errno_text(number)));
  }
  connected_ = true;
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  send_output();
}

// --- Asking

void Tunnel::on_fd_ready(FdWatch&, std::uint32_t events) {
  if (!connected_) {
    int number = 0;
    socklen_t size = sizeof number;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &number, &size);
    return on_connect_result(number);
  }
  if ((events & EPOLLOUT) != 0)
    send_output();
  else
    receive();
}

void Tunnel::send_output() {
  unsent_ += handshake_.take_output();
  while (!unsent_.empty()) {
    const ssize_t n = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return watch(EPOLLOUT);
    if (n < 0) return fail(ProxyProblem::not_a_proxy, 0, errno_text(errno));
    unsent_.erase(0, static_cast<std::size_t>(n));
  }
  watch(EPOLLIN);
}

// What the server says behind the proxy's answer stays in the socket.
void Tunnel::receive() {
  std::array<char, 4096> buffer;
  const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0)
    return fail(ProxyProblem::not_a_proxy, 0,
                n == 0 ? "closed the connection without an answer" : errno_text(errno));
  const std::size_t used = handshake_.receive({buffer.data(), static_cast<std::size_t>(n)});
  [[maybe_unused]] const ssize_t taken = ::recv(socket_.get(), buffer.data(), used, MSG_DONTWAIT);
  if (const auto& refusal = handshake_.refusal())
    return fail(refusal->problem, refusal->status, refusal->message);
  if (!handshake_.done()) return send_output();
  watch_.stop();
  events_.on_tunnel(std::move(socket_));
}

// --- Doorstep

Result<Doorstep> Doorstep::open() {
  Doorstep step;
  step.socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!step.socket_) return fail_errno("open a socket", errno);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  // The system chooses an abstract name.
  if (::bind(step.socket_.get(), reinterpret_cast<sockaddr*>(&name), sizeof(sa_family_t)) != 0 ||
      ::listen(step.socket_.get(), 1) != 0)
    return fail_errno("bind a socket", errno);
  socklen_t size = sizeof name;
  ::getsockname(step.socket_.get(), reinterpret_cast<sockaddr*>(&name), &size);
  const std::size_t length = size - offsetof(sockaddr_un, sun_path) - 1;
  step.address_ = "+@" + std::string(name.sun_path + 1, length);
  return step;
}

}  // namespace sio::net
