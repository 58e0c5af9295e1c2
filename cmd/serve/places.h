// Where `sio serve` listens.
#pragma once

#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/service_manager.h"
#include "serve/options.h"

namespace sio::cmd::serve {

// Sockets that somebody has opened for us come before what was typed.
struct Places {
  std::vector<net::InheritedSocket> sockets;
  std::vector<net::ListenAddress> addresses;  // empty if there are sockets
  std::vector<net::ListenAddress> admins;

  const net::ListenAddress& first() const {
    return sockets.empty() ? addresses.front() : sockets.front().address;
  }
};

// Errors: an address makes no sense, or others can reach it and nobody would be asked who they are.
Result<Places> find_places(const Options& options);

}  // namespace sio::cmd::serve
