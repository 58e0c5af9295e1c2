#include "net/service_manager.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

#include "base/log.h"
#include "net/system_error.h"

namespace sio::net {
namespace {

constexpr int kFirstDescriptor = 3;
constexpr std::uint64_t kMaxDescriptors = 1024;
constexpr std::uint64_t kLongestWatch = 86'400'000'000;  // a day, in microseconds

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

// 0: it is no number.
std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? number : 0;
}

bool is_for_us(const std::string& pid) {
  return number_in(pid) == static_cast<std::uint64_t>(::getpid());
}

int option_of(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(fd, SOL_SOCKET, option, &value, &size);
  return value;
}

ListenAddress address_of(const sockaddr_storage& storage, socklen_t size) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    return {.host = text.data(), .port = ntohs(v4->sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    return {.host = text.data(), .port = ntohs(v6->sin6_port)};
  }
  const auto* name = reinterpret_cast<const sockaddr_un*>(&storage);
  const std::size_t length = size - std::min<std::size_t>(size, offsetof(sockaddr_un, sun_path));
  std::string path(name->sun_path, length);
  if (path.starts_with('\0'))
    path[0] = '@';
  else
    path = path.c_str();
  return {.host = "", .unix_path = path};
}

Result<InheritedSocket> inherited_socket(int fd, const std::string& name) {
  const std::string what =
      fmt::format("$LISTEN_FDS: descriptor {}{}", fd, name.empty() ? "" : " (" + name + ")");
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    return fail(Errc::usage, fmt::format("{}: {}", what, errno_text(errno)));
  UniqueFd owned(fd);
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  const bool has_name = ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0;
  const bool is_known =
      storage.ss_family == AF_INET || storage.ss_family == AF_INET6 || storage.ss_family == AF_UNIX;
  if (!has_name || !is_known || option_of(fd, SO_TYPE) != SOCK_STREAM ||
      option_of(fd, SO_ACCEPTCONN) != 1)
    return fail(Errc::usage, what + ": not a stream socket that listens");
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
    return fail(Errc::usage, fmt::format("{}: {}", what, errno_text(errno)));
  return InheritedSocket{std::move(owned), address_of(storage, size)};
}

// The part of "a:b:c" up to the next colon, which is taken off.
std::string take_name(std::string& names) {
  const std::size_t colon = std::min(names.find(':'), names.size());
  std::string name = names.substr(0, colon);
  names.erase(0, colon + 1);
  return name;
}

}  // namespace

Result<std::vector<InheritedSocket>> inherited_sockets() {
  const bool ours = is_for_us(take_variable("LISTEN_PID"));
  const std::string count_text = take_variable("LISTEN_FDS");
  std::string names = take_variable("LISTEN_FDNAMES");
  std::vector<InheritedSocket> sockets;
  if (!ours || count_text.empty()) return sockets;
  const std::uint64_t count = number_in(count_text);
  if (count == 0 || count > kMaxDescriptors)
    return fail(Errc::usage,
                fmt::format("$LISTEN_FDS: \"{}\" is not a number of descriptors, 1 to {}",
                            count_text, kMaxDescriptors));
  for (int i = 0; i < static_cast<int>(count); ++i) {
    SIO_TRY(InheritedSocket socket, inherited_socket(kFirstDescriptor + i, take_name(names)));
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

ServiceManager::ServiceManager(Loop& loop) : loop_(loop), timer_(loop, *this) {
  address_ = take_variable("NOTIFY_SOCKET");
  const std::string interval = take_variable("WATCHDOG_USEC");
  const std::string watched = take_variable("WATCHDOG_PID");
  if (watched.empty() || is_for_us(watched))
    watchdog_ = std::chrono::microseconds(std::min(number_in(interval), kLongestWatch)) / 2;
  const bool is_known = address_.starts_with('/') || address_.starts_with('@');
  if (address_.empty()) return;
  if (!is_known || address_.size() >= sizeof(sockaddr_un::sun_path)) {
    log(LogLevel::warning, "$NOTIFY_SOCKET: \"" + address_ + "\" is not the name of a socket");
    return;
  }
  if (address_[0] == '@') address_[0] = '\0';
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

void ServiceManager::notify(std::string_view state) {
  if (!socket_) return;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address_.data(), address_.size());
  const bool is_abstract = address_[0] == '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() +
                                           (is_abstract ? 0 : 1));
  if (::sendto(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&name), size) < 0)
    log(LogLevel::warning, "tell $NOTIFY_SOCKET: " + errno_text(errno));
}

void ServiceManager::ready(std::string_view status) {
  notify(fmt::format("READY=1\nSTATUS={}", status));
  if (watchdog_ > Duration::zero() && socket_) timer_.arm_in(watchdog_);
}

void ServiceManager::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading certificates again",
                     now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void ServiceManager::stopping(std::string_view status) {
  notify(fmt::format("STOPPING=1\nSTATUS={}", status));
}

void ServiceManager::on_timer(Timer&) {
  notify("WATCHDOG=1");
  timer_.arm_in(watchdog_);
}

}  // namespace sio::net
