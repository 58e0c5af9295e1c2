// A listening socket whose connections a test answers in exact bytes.
#pragma once

#include "net/ws_handshake.h"
#include "raw_client.h"

namespace sio::test {

// One connection: the same blocking peer as RawClient, on the other side.
class RawPeer final : public RawClient {
 public:
  explicit RawPeer(net::UniqueFd fd) : RawClient(std::move(fd)) {}

  // Reads the request for a WebSocket and grants it.
  void answer_upgrade() {
    const std::string head = read_until("\r\n\r\n");
    const auto request = net::parse_request_head(head);
    if (!request) throw std::runtime_error("bad request: " + head);
    send(net::switching_protocols(*request, {}));
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
