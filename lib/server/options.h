// What `serve` can be told about the sessions it keeps.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "proto/limits.h"
#include "proto/packet.h"

namespace sio::server {

struct ServerOptions {
  std::string version;                  // "0.1.0", for the welcome
  std::string path = "/socket.io/";     // begins and ends with '/'
  std::vector<std::string> namespaces;  // globs of those that exist; empty: all
  std::vector<std::string> cors_origins;
  bool cors_credentials = false;  // their pages may send credentials
  bool remembers_handshakes =
      false;  // as a whole, whatever the policy needs: see Link::handshake()
  std::size_t max_payload = proto::kDefaultMaxPayload;
  std::size_t max_clients = 0;                 // sessions; 0: no limit
  bool allow_eio3 = false;                     // Socket.IO clients before version 3 may connect
  proto::Parser parser = proto::Parser::json;  // of all clients
  Duration ping_interval = proto::kDefaultPingInterval;
  Duration ping_timeout = proto::kDefaultPingTimeout;
  Duration connect_timeout = proto::kDefaultConnectTimeout;
};

// Whether there is a namespace of this name, or will be when somebody joins it.
bool has_namespace(const ServerOptions& options, std::string_view ns);

}  // namespace sio::server
