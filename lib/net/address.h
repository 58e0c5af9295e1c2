// Where a server listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sio::net {

// PORT, HOST:PORT, [v6]:PORT or unix:PATH[,mode=660].
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  std::string unix_path;   // not empty: a unix socket ("@name" is abstract)
  int unix_mode = 0;       // 0: as umask says
};

Result<ListenAddress> parse_listen_address(std::string_view text);

// True for 127.0.0.0/8, ::1, localhost and unix sockets: nobody outside this machine can connect.
bool is_loopback(const ListenAddress& address);

}  // namespace sio::net
