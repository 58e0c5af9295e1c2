// Server addresses as people write them for client commands.
//
//   http[s]://host[:port][/ns][?query]   ws[s]://…   host:port   :port   unix:/path
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sio::proto {

struct ServerUrl {
  bool tls = false;
  std::string host;  // without brackets; "localhost" for unix sockets (the Host header)
  std::uint16_t port = 0;
  std::string unix_path;  // not empty: connect to this socket instead ("@name" is abstract)
  std::string ns = "/";   // the URL's path, as in the JavaScript client
  std::string query;      // without '?', still encoded
  std::string user_info;  // "user:password" or ""

  std::string origin() const;  // http://host:port, brackets for IPv6; unix:/path
};

// True if an operand is meant as the server: it begins with http: https: ws: wss: or unix:.
bool looks_like_server(std::string_view operand);

// Errors (Errc::usage) say what is wrong and show a right one.
Result<ServerUrl> parse_server_url(std::string_view text);

}  // namespace sio::proto
