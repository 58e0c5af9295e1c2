// A proxy between a client and its server: what it is called, and what it can say instead of yes.
#pragma once

#include <cstdint>
#include <string>

namespace sio::net {

enum class ProxyKind : std::uint8_t {
  http,    // CONNECT, for every server (RFC 9110 §9.3.6)
  socks5,  // RFC 1928; the proxy looks the server's name up
};

struct Proxy {
  ProxyKind kind = ProxyKind::http;
  std::string host;
  std::uint16_t port = 0;
  std::string user;  // with the password, at most 255 bytes each for SOCKS; empty: none
  std::string password;
  std::string source;  // who named it, for messages: "--proxy", "$https_proxy"
};

// What did not work, as far as it matters to somebody who has to change something.
enum class ProxyProblem : std::uint8_t {
  none,
  unreachable,   // its name or its address: not found, or nobody listens
  unauthorized,  // it wants a user and a password, or others (407)
  forbidden,     // it will not connect to that host or port (403; SOCKS 2)
  no_way,        // it could not reach the server (502, 503, 504; SOCKS 1, 3 to 6)
  not_a_proxy,   // what it says is not what such a proxy says
};

// "proxy 127.0.0.1:8888 ($https_proxy)"
std::string name_of(const Proxy& proxy);

}  // namespace sio::net
