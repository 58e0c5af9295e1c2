// What a socket needs from the connection it lives on.
#pragma once

#include <string_view>

#include "net/transport.h"

namespace sio::server {

class Socket;
struct Handshake;

// One Engine.IO session as the hub sees it. Loop thread only.
class Link {
 public:
  virtual ~Link() = default;

  // Where frames go. Null when the session has ended: nothing can be sent any more.
  net::Transport* transport() const { return transport_; }

  // A client before Socket.IO 3: it knows neither CONNECT payloads nor recovery.
  bool is_old_client() const { return is_old_client_; }

  // What it is called where its id, which is a secret, must not be told; empty: it is no session of
  // Engine.IO.
  virtual std::string_view public_id() const { return {}; }
  // What its first request said. Null: that was not remembered.
  virtual const Handshake* handshake() const { return nullptr; }

  // Ends the session and with it all its sockets, later in this turn or in the next one: the caller
  // may be in the middle of a broadcast. `why` is for the log.
  virtual void kick(std::string_view why) = 0;

  // Takes a socket out whose client has come back elsewhere, without a word to it; ends the session
  // later if it was the last one.
  virtual void give_up(Socket& socket) = 0;

  // Takes a socket that lives here out of its namespace, as its client is told; or all of them, and
  // ends the session.
  virtual void disconnect(Socket& socket) = 0;
  virtual void disconnect_all() = 0;

  // Whether a client is there that can answer an event.
  virtual bool answers() const { return true; }

  // Stops and goes on reading from the client; calls do not nest.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

 protected:
  net::Transport* transport_ = nullptr;
  bool is_old_client_ = false;

 private:
  friend class Hub;
  Socket* first_socket_ = nullptr;  // a list of the sockets that live here, kept by the hub
};

}  // namespace sio::server
