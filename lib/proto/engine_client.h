// One Engine.IO v4 session as its client sees it, whatever the transport: the open packet, the
// heartbeat, the close. Pure: packets and the time come in, what to do comes out.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "proto/engine_packet.h"
#include "proto/handshake.h"

namespace sio::proto {

class EngineClient {
 public:
  enum class Input {
    opened,         // the session stands; open() tells of it
    message,        // `data` is a message for Socket.IO
    ping,           // answer with a pong that carries `data`
    answered_ping,  // a ping that a pong has been given for already
    closed,         // the server closed the session
    ignored,
  };
  struct Received {
    Input input = Input::ignored;
    std::string_view data;  // a view into what was received
  };

  // The session is to be opened within `open_timeout` of `now`.
  EngineClient(TimePoint now, Duration open_timeout) : deadline_(now + open_timeout) {}

  // One text packet. Errors (Errc::protocol): the connection is to be dropped. An error before the
  // open packet means that the other side is no Engine.IO v4 server.
  Result<Received> receive(std::string_view packet, TimePoint now);

  bool is_open() const { return is_open_; }
  const OpenPacket& open() const { return open_; }

  // The server is silent for too long when this has passed: it pings every ping_interval and waits
  // ping_timeout for the answer.
  TimePoint deadline() const { return held_ ? kNever : deadline_; }

  // While nobody reads from the transport no ping can be seen: hold() suspends the deadline,
  // release() starts it afresh.
  void hold();
  void release(TimePoint now);

  // A ping may be far behind what has not been read, so a pong is due for it unseen: a server pings
  // when ping_interval has passed since the last pong. kNever for who has read all the time. There
  // is one pong for each ping: servers in Python go on pinging once more for every one too many.
  TimePoint pong_due() const { return may_be_behind_ ? pong_due_ : kNever; }
  void gave_pong(TimePoint now);

 private:
  Result<Received> receive_open(std::string_view json, TimePoint now);
  Received on_ping(std::string_view data, TimePoint now);
  void expect_ping(TimePoint now) { deadline_ = now + open_.ping_interval + open_.ping_timeout; }
  void expect_pong_due(TimePoint now);

  bool is_open_ = false;
  bool held_ = false;
  bool may_be_behind_ = false;     // it was held, and has not seen a live ping since
  std::uint32_t pongs_ahead_ = 0;  // given for pings that have not been read yet
  TimePoint deadline_;
  TimePoint pong_due_ = kNever;
  OpenPacket open_;
};

}  // namespace sio::proto
