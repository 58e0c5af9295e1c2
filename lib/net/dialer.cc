#include "net/dialer.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "net/system_error.h"

namespace sio::net {
namespace {

// How long one address may keep the others waiting.
constexpr auto kPatience = std::chrono::seconds(3);

std::string with_port(const std::string& host, unsigned port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

}  // namespace

struct Dialer::Lookup {
  std::mutex mutex;
  Dialer* dialer = nullptr;  // guarded by mutex; null: nobody waits any more
  Loop* loop = nullptr;      // guarded by mutex, as long as the dialer
  std::string host;
  std::uint16_t port = 0;
};

Dialer::Dialer(Loop& loop, const Endpoint& endpoint, DialEvents& events)
    : loop_(loop),
      endpoint_(endpoint),
      events_(events),
      where_(endpoint.unix_path.empty() ? with_port(endpoint.host, endpoint.port)
                                        : "unix:" + endpoint.unix_path),
      watch_(loop.impl(), *this),
      patience_(loop, *this) {}

Dialer::~Dialer() {
  if (!lookup_) return;
  const std::lock_guard lock(lookup_->mutex);
  lookup_->dialer = nullptr;
  lookup_->loop = nullptr;
}

void Dialer::start() {
  if (!endpoint_.unix_path.empty()) {
    add_unix();
  } else if (endpoint_.host == "localhost") {  // always this machine, whatever a resolver says
    add_numeric("::1");
    add_numeric("127.0.0.1");
  } else if (!add_numeric(endpoint_.host)) {
    return look_up();
  }
  try_next();
}

bool Dialer::add_numeric(const std::string& host) {
  Address address;
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
  address.text = with_port(host, endpoint_.port);
  addresses_.push_back(std::move(address));
  return true;
}

void Dialer::add_unix() {
  Address address;
  const std::string& path = endpoint_.unix_path;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  name->sun_family = AF_UNIX;
  std::memcpy(name->sun_path, path.data(), std::min(path.size(), sizeof name->sun_path - 1));
  address.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path[0] != '@'));
  if (path[0] == '@') name->sun_path[0] = '\0';
  address.text = where_;
  addresses_.push_back(std::move(address));
}

// --- Looking up

void Dialer::look_up() {
  lookup_ = std::make_shared<Lookup>();
  lookup_->dialer = this;
  lookup_->loop = &loop_;
  lookup_->host = endpoint_.host;
  lookup_->port = endpoint_.port;
  try {
    std::thread(run_lookup, lookup_).detach();
  } catch (const std::system_error& error) {
    on_found({}, error.code().message());
  }
}

void Dialer::run_lookup(const std::shared_ptr<Lookup>& lookup) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status =
      getaddrinfo(lookup->host.c_str(), std::to_string(lookup->port).c_str(), &hints, &found);
  const std::string error = status == 0 ? "" : gai_strerror(status);
  std::vector<Address> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    Address address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
    char text[NI_MAXHOST] = "";
    getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    address.text = with_port(text, lookup->port);
    addresses.push_back(std::move(address));
  }
  if (found != nullptr) freeaddrinfo(found);

  const std::lock_guard lock(lookup->mutex);
  if (lookup->loop == nullptr) return;
  lookup->loop->post([lookup, addresses = std::move(addresses), error]() mutable {
    // The dialer goes only on the loop's thread, which this is.
    if (lookup->dialer != nullptr) lookup->dialer->on_found(std::move(addresses), error);
  });
}

void Dialer::on_found(std::vector<Address> found, const std::string& error) {
  if (found.empty()) {
    events_.on_dial_failed({.stage = ConnectStage::dns,
                            .message = fmt::format("resolve {}: {}", endpoint_.host,
                                                   error.empty() ? "no address" : error)});
    return;
  }
  addresses_ = std::move(found);
  try_next();
}

// --- Connecting

void Dialer::try_next() {
  Address& address = addresses_[next_++];
  where_ = address.text;
  socket_.reset(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return attempt_failed(errno);
  if (address.storage.ss_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address.storage), address.size) == 0)
    return events_.on_dialed(std::move(socket_));
  if (errno != EINPROGRESS) return attempt_failed(errno);
  if (const Status status = watch_.start(socket_.get(), EPOLLOUT); !status)
    return attempt_failed(EMFILE);
  if (next_ < addresses_.size()) patience_.arm_in(kPatience);
}

void Dialer::on_fd_ready(FdWatch&, std::uint32_t) {
  int number = 0;
  socklen_t size = sizeof number;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &number, &size);
  watch_.stop();
  patience_.cancel();
  if (number != 0) return attempt_failed(number);
  events_.on_dialed(std::move(socket_));
}

void Dialer::on_timer(Timer&) {
  watch_.stop();
  attempt_failed(ETIMEDOUT);
}

void Dialer::attempt_failed(int number) {
  socket_.reset();
  if (next_ < addresses_.size()) return try_next();
  events_.on_dial_failed({.stage = ConnectStage::tcp,
                          .message = fmt::format("connect {}: {}", where_, errno_text(number))});
}

}  // namespace sio::net
