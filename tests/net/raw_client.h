// A blocking peer that says exactly the bytes it is told to, right or wrong.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "net/unique_fd.h"
#include "net/ws_frame.h"

namespace sio::test {

inline constexpr net::MaskKey kTestKey{{0x11, 0x22, 0x33, 0x44}};

inline std::string masked_frame(unsigned char opcode, std::string_view payload) {
  std::string frame;
  net::append_masked_frame(frame, opcode, payload, kTestKey);
  return frame;
}
inline std::string server_frame(unsigned char opcode, std::string_view payload) {
  std::string frame;
  net::append_frame(frame, opcode, payload);
  return frame;
}

inline constexpr std::string_view kUpgradeHeaders =
    "Host: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// Throws when the connection ends too early or nothing comes for a time that only a failure takes.
class RawClient {
 public:
  // `url` is what HttpServer::listen() returned.
  explicit RawClient(const std::string& url, int receive_buffer = 0) {
    if (url.starts_with("unix:"))
      connect_unix(url.substr(5));
    else
      connect_tcp(url, receive_buffer);
  }

  // Takes a connected socket.
  explicit RawClient(net::UniqueFd fd) : fd_(std::move(fd)) {}

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) throw std::runtime_error("the peer does not take more");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  // As many bytes as the socket takes without waiting.
  std::size_t send_what_fits(std::string_view bytes) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }

  std::string read_exactly(std::size_t size) {
    while (buffer_.size() < size) receive();
    return take(size);
  }
  // Up to the delimiter, which is included.
  std::string read_until(std::string_view delimiter) {
    std::size_t at = 0;
    while ((at = buffer_.find(delimiter)) == std::string::npos) receive();
    return take(at + delimiter.size());
  }
  std::string read_to_end() {
    while (receive_some()) continue;
    return take(buffer_.size());
  }
  // One HTTP response with a Content-Length: head and body.
  std::string read_response() {
    std::string head = read_until("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    return head + read_exactly(static_cast<std::size_t>(std::stoul(head.substr(at + 16))));
  }
  void upgrade(std::string_view target = "/ws") {
    send("GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(kUpgradeHeaders));
    const std::string head = read_until("\r\n\r\n");
    if (!head.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("no upgrade: " + head);
  }

  int fd() const { return fd_.get(); }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  // Closes with a reset instead of a FIN.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }

 private:
  void connect_tcp(const std::string& url, int receive_buffer) {
    const std::string where = url.substr(url.find("//") + 2);
    const std::size_t colon = where.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1))));
    inet_pton(AF_INET, where.substr(0, colon).c_str(), &address.sin_addr);
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer > 0)
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    connect_to(reinterpret_cast<sockaddr*>(&address), sizeof address);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  void connect_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const bool is_abstract = path[0] == '@';
    if (is_abstract) address.sun_path[0] = '\0';
    fd_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connect_to(reinterpret_cast<sockaddr*>(&address),
               offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
  }
  void connect_to(const sockaddr* address, std::size_t size) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(fd_.get(), address, static_cast<socklen_t>(size)) != 0)
      throw std::runtime_error("cannot connect");
  }
  bool receive_some() {
    char bytes[65536];
    const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (n < 0 && errno != ECONNRESET) throw std::runtime_error("nothing came");
    if (n <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }
  void receive() {
    if (!receive_some()) throw std::runtime_error("the connection ended after: " + buffer_);
  }
  std::string take(std::size_t size) {
    std::string bytes = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return bytes;
  }

  net::UniqueFd fd_;
  std::string buffer_;
};

}  // namespace sio::test
