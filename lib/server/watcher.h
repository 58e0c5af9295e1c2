// The seam to whoever looks on while a server works: the admin namespace.
//
// A server has a watcher only while somebody looks (Server::set_watcher()), so that nobody else
// pays for it. Loop thread only. What is passed in is valid during the call, and the call must not
// change the server that it comes from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame.h"
#include "proto/packet.h"
#include "server/socket.h"

namespace sio::server {

class Watcher {
 public:
  virtual ~Watcher() = default;

  // --- sessions of Engine.IO

  virtual void on_session_opened() = 0;
  // `reason`: Connection's word for it.
  virtual void on_session_closed(std::string_view reason) = 0;
  virtual void on_upgraded(const Link& link) = 0;
  // A message came in, `bytes` long without Engine.IO's type.
  virtual void on_received(std::size_t bytes) = 0;
  // Frames are about to go out. They are Socket.IO packets as text and binary frames, whatever the
  // client's parser; and pings and the like.
  virtual void on_sent(const Link& link, const net::FrameRun& run) = 0;

  // --- sockets in namespaces

  virtual void on_connected(const Socket& socket) = 0;
  // Its rooms are still in place. `reason` is the official server's word.
  virtual void on_disconnected(const Socket& socket, std::string_view reason) = 0;
  virtual void on_joined(const Socket& socket, std::string_view room) = 0;
  virtual void on_left(const Socket& socket, std::string_view room) = 0;
  // It emits an event. `attachments` null: none.
  virtual void on_event(const Socket& socket, const proto::PacketView& packet,
                        const std::vector<std::string>* attachments) = 0;
};

}  // namespace sio::server
