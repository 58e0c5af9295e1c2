#include "net/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/log.h"
#include "net/socket_address.h"
#include "net/system_error.h"

namespace sio::net {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsAtOnce = 256;  // then it is the others' turn
constexpr auto kRetryTime = std::chrono::milliseconds(100);

std::string host_text(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  } else if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  }
  return text.data();
}

Result<SocketAddress> resolve(const ListenAddress& wanted) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(wanted.host.c_str(), std::to_string(wanted.port).c_str(), &hints, &found);
  if (error != 0)
    return fail(Errc::io, fmt::format("listen on {}: {}", wanted.host, gai_strerror(error)));
  SocketAddress address;
  address.size = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return address;
}

// A server that was killed leaves its socket behind. Whoever answers on it is alive.
Status remove_stale(const std::string& path, const SocketAddress& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return {};
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(probe.get(), address.generic(), address.size) == 0 || errno == EAGAIN)
    return fail_errno("bind unix:" + path, EADDRINUSE);
  if (errno == ECONNREFUSED) ::unlink(path.c_str());
  return {};
}

Result<UniqueFd> bind_and_listen(const SocketAddress& address, const std::string& where, int mode) {
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("open a socket for " + where, errno);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.storage.ss_family == AF_INET6)
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), address.generic(), address.size) != 0)
    return fail_errno("bind " + where, errno);
  const auto* name = reinterpret_cast<const sockaddr_un*>(&address.storage);
  if (mode != 0 && name->sun_path[0] != '\0' &&
      ::chmod(name->sun_path, static_cast<mode_t>(mode)) != 0)
    return fail_errno("set the mode of " + where, errno);
  if (::listen(fd.get(), kBacklog) != 0) return fail_errno("listen on " + where, errno);
  return fd;
}

unsigned bound_port(const UniqueFd& fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  ::getsockname(fd.get(), address.generic(), &address.size);
  // sin_port and sin6_port are at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

bool is_shortage(int number) {
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

}  // namespace

Listener::Listener(Loop& loop, UniqueFd fd, ListenerEvents& events)
    : fd_(std::move(fd)), events_(events), watch_(loop.impl(), *this), retry_(loop, *this) {}

Listener::~Listener() {
  watch_.stop();
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const ListenAddress& wanted,
                                                 ListenerEvents& events) {
  const bool is_unix = !wanted.unix_path.empty();
  SocketAddress address;
  std::string where;
  if (is_unix) {
    address = unix_socket_address(wanted.unix_path);
    where = "unix:" + wanted.unix_path;
    SIO_TRY_STATUS(remove_stale(wanted.unix_path, address));
  } else {
    SIO_TRY(address, resolve(wanted));
    where = host_and_port(host_text(address), wanted.port);
  }
  SIO_TRY(UniqueFd fd, bind_and_listen(address, where, is_unix ? wanted.unix_mode : 0));
  if (!is_unix) where = host_and_port(host_text(address), bound_port(fd));
  std::unique_ptr<Listener> listener(new Listener(loop, std::move(fd), events));
  listener->where_ = std::move(where);
  listener->unix_ = is_unix;
  if (is_unix && wanted.unix_path[0] != '@') listener->path_ = wanted.unix_path;
  SIO_TRY_STATUS(listener->watch_.start(listener->fd_.get(), EPOLLIN));
  return listener;
}

Result<std::unique_ptr<Listener>> Listener::adopt(Loop& loop, UniqueFd fd,
                                                  const ListenAddress& address,
                                                  ListenerEvents& events) {
  std::unique_ptr<Listener> listener(new Listener(loop, std::move(fd), events));
  listener->unix_ = !address.unix_path.empty();
  listener->where_ =
      listener->unix_ ? "unix:" + address.unix_path : host_and_port(address.host, address.port);
  SIO_TRY_STATUS(listener->watch_.start(listener->fd_.get(), EPOLLIN));
  return listener;
}

void Listener::on_fd_ready(FdWatch&, std::uint32_t) {
  for (int i = 0; i < kAcceptsAtOnce; ++i)
    if (!accept_one()) return;
}

bool Listener::accept_one() {
  SocketAddress peer;
  peer.size = sizeof peer.storage;
  UniqueFd fd(::accept4(fd_.get(), peer.generic(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    if (is_shortage(errno)) {
      log(LogLevel::warning, "accept on " + where_ + ": " + errno_text(errno));
      watch_.stop();
      retry_.arm_in(kRetryTime);
    }
    return errno == ECONNABORTED || errno == EINTR;
  }
  if (!unix_) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  events_.on_accepted({std::move(fd), unix_ ? std::string() : host_text(peer)});
  return watch_.active();
}

void Listener::on_timer(Timer&) {
  if (!watch_.start(fd_.get(), EPOLLIN)) retry_.arm_in(kRetryTime);
}

// --- Listeners

Result<std::string> Listeners::open(const ListenAddress& address) {
  SIO_TRY(auto listener, Listener::open(loop_, address, events_));
  return add(std::move(listener));
}

Result<std::string> Listeners::adopt(InheritedSocket socket) {
  SIO_TRY(auto listener, Listener::adopt(loop_, std::move(socket.fd), socket.address, events_));
  return add(std::move(listener));
}

std::string Listeners::add(std::unique_ptr<Listener> listener) {
  std::string url = listener->where();
  if (!listener->is_unix()) url = fmt::format("{}://{}", secure_ ? "https" : "http", url);
  listeners_.push_back(std::move(listener));
  return url;
}

}  // namespace sio::net
