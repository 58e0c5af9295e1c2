#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "net/socket_address.h"

namespace sio::net {

struct Resolver::Lookup {
  std::mutex mutex;
  Resolver* resolver = nullptr;  // guarded by mutex; null: nobody waits any more
  Loop* loop = nullptr;          // guarded by mutex, as long as the resolver
  std::string host;
  std::uint16_t port = 0;
};

Resolver::Resolver(Loop& loop, const Endpoint& endpoint, ResolverEvents& events)
    : loop_(loop), endpoint_(endpoint), events_(events) {}

Resolver::~Resolver() {
  if (!lookup_) return;
  const std::lock_guard lock(lookup_->mutex);
  lookup_->resolver = nullptr;
  lookup_->loop = nullptr;
}

void Resolver::start() {
  if (!endpoint_.unix_path.empty()) {
    add_unix();
  } else if (endpoint_.host == "localhost") {  // always this machine, whatever a resolver says
    add_numeric("::1");
    add_numeric("127.0.0.1");
  } else if (!add_numeric(endpoint_.host)) {
    return look_up();
  }
  events_.on_resolved(std::move(addresses_));
}

bool Resolver::add_numeric(const std::string& host) {
  PeerAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint_.port);
    address.size = sizeof *v4;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint_.port);
    address.size = sizeof *v6;
  } else {
    return false;
  }
  address.host = host;
  address.where = host_and_port(host, endpoint_.port);
  addresses_.push_back(std::move(address));
  return true;
}

void Resolver::add_unix() {
  const std::string& path = endpoint_.unix_path;
  const SocketAddress named = unix_socket_address(path);
  PeerAddress address{.storage = named.storage, .size = named.size};
  address.host = "+" + path;
  address.where = where_text(endpoint_);
  addresses_.push_back(std::move(address));
}

void Resolver::look_up() {
  lookup_ = std::make_shared<Lookup>();
  lookup_->resolver = this;
  lookup_->loop = &loop_;
  lookup_->host = endpoint_.host;
  lookup_->port = endpoint_.port;
  try {
    std::thread(run_lookup, lookup_).detach();
  } catch (const std::system_error& error) {
    on_found({}, error.code().message());
  }
}

void Resolver::run_lookup(const std::shared_ptr<Lookup>& lookup) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status =
      getaddrinfo(lookup->host.c_str(), std::to_string(lookup->port).c_str(), &hints, &found);
  const std::string error = status == 0 ? "" : gai_strerror(status);
  std::vector<PeerAddress> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    PeerAddress address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
    char text[NI_MAXHOST] = "";
    getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    address.host = text;
    address.where = host_and_port(text, lookup->port);
    addresses.push_back(std::move(address));
  }
  if (found != nullptr) freeaddrinfo(found);

  const std::lock_guard lock(lookup->mutex);
  if (lookup->loop == nullptr) return;
  lookup->loop->post([lookup, addresses = std::move(addresses), error]() mutable {
    // The resolver goes only on the loop's thread, which this is.
    if (lookup->resolver != nullptr) lookup->resolver->on_found(std::move(addresses), error);
  });
}

void Resolver::on_found(std::vector<PeerAddress> found, const std::string& error) {
  if (!found.empty()) return events_.on_resolved(std::move(found));
  events_.on_not_resolved({.stage = ConnectStage::dns,
                           .message = fmt::format("resolve {}: {}", endpoint_.host,
                                                  error.empty() ? "no address" : error)});
}

// --- Probe

void Probe::start(const PeerAddress& address) {
  socket_.reset(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return events_.on_probed(errno);
  const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket_.get(), name, address.size) == 0) return events_.on_probed(0);
  if (errno != EINPROGRESS) return events_.on_probed(errno);
  if (!watch_.start(socket_.get(), EPOLLOUT)) events_.on_probed(EMFILE);
}

void Probe::on_fd_ready(FdWatch&, std::uint32_t) {
  int number = 0;
  socklen_t size = sizeof number;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &number, &size);
  watch_.stop();
  events_.on_probed(number);
}

std::string where_text(const Endpoint& endpoint) {
  return endpoint.unix_path.empty() ? host_and_port(endpoint.host, endpoint.port)
                                    : "unix:" + endpoint.unix_path;
}

}  // namespace sio::net
