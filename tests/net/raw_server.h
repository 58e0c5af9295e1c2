// A listening socket whose connections a test answers in exact bytes.
#pragma once

#include <libwebsockets.h>

#include <array>

#include "base/base64.h"
#include "raw_client.h"

namespace sio::test {

// One connection: the same blocking peer as RawClient, on the other side.
class RawPeer final : public RawClient {
 public:
  explicit RawPeer(net::UniqueFd fd) : RawClient(std::move(fd)) {}

  // Reads the request for a WebSocket and grants it.
  void answer_upgrade() {
    const std::string head = read_until("\r\n\r\n");
    constexpr std::string_view kName = "Sec-WebSocket-Key: ";
    const std::size_t at = head.find(kName);
    if (at == std::string::npos) throw std::runtime_error("bad request: " + head);
    const std::size_t start = at + kName.size();
    send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_of(head.substr(start, head.find('\r', start) - start)) + "\r\n\r\n");
  }

 private:
  // RFC 6455 §4.2.2
  static std::string accept_of(const std::string& key) {
    const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> digest;
    lws_SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::string accept;
    append_base64(accept, {reinterpret_cast<const char*>(digest.data()), digest.size()});
    return accept;
  }
};

class RawServer {
 public:
  RawServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_.get(), generic, size) != 0 || ::listen(fd_.get(), 16) != 0 ||
        ::getsockname(fd_.get(), generic, &size) != 0)
      throw std::runtime_error("cannot listen");
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

  const std::string& url() const { return url_; }
  RawPeer accept() {
    return RawPeer(net::UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }

 private:
  net::UniqueFd fd_;
  std::string url_;
};

}  // namespace sio::test
