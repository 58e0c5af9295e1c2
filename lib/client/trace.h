// Where a connection tells what it does, for -v and -vv.
#pragma once

#include <string_view>

namespace sio::client {

enum class Direction { sent, received };

class Trace {
 public:
  virtual ~Trace() = default;
  // A step of the connection: "connected to 127.0.0.1:3000 by websocket".
  virtual void on_step(std::string_view text) = 0;
  // An Engine.IO packet as it is on the wire.
  virtual void on_text_packet(Direction direction, std::string_view packet) = 0;
  virtual void on_binary_packet(Direction direction, std::string_view bytes) = 0;
};

}  // namespace sio::client
