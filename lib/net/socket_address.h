// Addresses as the kernel has them, and as text.
#pragma once

#include <sys/socket.h>

#include <string>

namespace sio::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// A path that begins with '@' is a name outside of the file system. Not empty; what is too long for
// the kernel is cut.
SocketAddress unix_socket_address(const std::string& path);

// "127.0.0.1:3000", "[::1]:3000"
std::string host_and_port(const std::string& host, unsigned port);

}  // namespace sio::net
