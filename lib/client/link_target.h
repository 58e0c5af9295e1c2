// Where a connection goes, and how.
#pragma once

#include <string>

#include "net/connector.h"
#include "proto/packet.h"

namespace sio::client {

enum class TransportChoice { automatic, websocket, polling };

struct LinkTarget {
  net::Endpoint endpoint;
  std::string name;                  // for people: "127.0.0.1:3000"
  std::string via;                   // behind the name: " through proxy 127.0.0.1:8888", or ""
  std::string path = "/socket.io/";  // begins and ends with '/'
  std::string query;                 // of the user, without '?'
  TransportChoice transport = TransportChoice::automatic;
  proto::Parser parser = proto::Parser::json;  // the server's
};

// "/socket.io/?EIO=4&transport=polling", with what the user adds to it.
std::string engine_target(const LinkTarget& target, std::string_view transport);

}  // namespace sio::client
