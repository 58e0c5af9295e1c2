// A namespace: its sockets, its rooms, and what its packets begin with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/audience.h"
#include "server/rooms.h"

namespace sio::server {

class Socket;

struct Namespace {
  explicit Namespace(std::string its_name)
      : name(std::move(its_name)), infix(name == "/" ? "" : name + ",") {}

  std::string name;
  std::string infix;  // what stands between type and ack id on the wire: "" or "/admin,"
  Audience sockets;
  Rooms rooms;
  std::vector<Socket*> responders;  // those that answer events, see Responders
  std::size_t next_responder = 0;
  std::uint64_t next_ack_id = 0;  // one counter for all acks that this server asks for here
};

}  // namespace sio::server
