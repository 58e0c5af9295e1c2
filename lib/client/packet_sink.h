// Where encoded packets go: a connection, or a test.
#pragma once

#include <string_view>

namespace sio::client {

class PacketSink {
 public:
  virtual ~PacketSink() = default;
  // One message of Socket.IO, without the Engine.IO type digit: `2["a"]`.
  virtual void send_text(std::string_view message) = 0;
  virtual void send_binary(std::string_view bytes) = 0;
  // Asks for a proof that everything sent so far was taken. False: there is no such proof.
  virtual bool send_ping() = 0;
};

}  // namespace sio::client
