// The server's side of an Engine.IO session as state machines: what a received packet means, and
// what is due when. Pure: time is a parameter, nothing is sent from here.
// Source: the Engine.IO protocol, revisions 4 and 3, and what the official server adds to them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "proto/engine_packet.h"

namespace sio::proto {

struct HeartbeatTiming {
  Duration ping_interval = std::chrono::seconds(25);
  Duration ping_timeout = std::chrono::seconds(20);
};

// An open session: heartbeat, and the meaning of each packet.
//
// The server pings; a pong restarts the interval. While a pong is awaited, the first other packet
// restarts the timeout, once per ping: a client busy with a long upload is alive. In revision 3 the
// client pings, and is gone when it has not for interval and timeout together. Small on purpose:
// there is one per client.
class EngineServer {
 public:
  enum class Action : std::uint8_t {
    none,             // nothing to do
    message,          // `data` is a message for the layer above
    answer_ping,      // send a pong
    closed_by_peer,   // the peer said `1`
    transport_error,  // a packet that only the other side may send: close
    parse_error,      // not a packet: close
  };
  struct Received {
    Action action = Action::none;
    bool binary = false;
    std::string_view data;  // as long as the received bytes and `storage`
  };
  enum class Due : std::uint8_t { nothing, send_ping, ping_timeout };

  // `timing` outlives the session. It opened `now`.
  EngineServer(const HeartbeatTiming& timing, TimePoint now,
               EngineRevision revision = EngineRevision::v4);
  EngineRevision revision() const { return revision_; }

  // One packet of a text message. `storage` receives the bytes of a base64 message.
  Received receive_text(std::string_view text, std::string& storage, TimePoint now);
  // One binary message.
  Received receive_binary(std::string_view bytes, TimePoint now);

  // Call when next_deadline() has come (earlier calls are harmless).
  Due on_deadline(TimePoint now);
  TimePoint next_deadline() const { return deadline_; }

  // The session moved to another transport, or the server has not been reading: a pong that was on
  // its way gets its full time again.
  void excuse(TimePoint now);

 private:
  void on_activity(TimePoint now);
  Received on_pong(TimePoint now);
  Received on_packet(const EnginePacket& packet, TimePoint now);
  Received on_packet3(const EnginePacket& packet, TimePoint now);
  void await_ping(TimePoint now) { deadline_ = now + timing_.ping_interval + timing_.ping_timeout; }

  const HeartbeatTiming& timing_;
  TimePoint deadline_;
  EngineRevision revision_;
  bool waits_for_pong_ = false;
  bool extended_ = false;
};

// A WebSocket that wants to take over a polling session: `2probe`, answered by `3probe`, then `5`.
class UpgradeProbe {
 public:
  enum class Action : std::uint8_t {
    answer_probe,  // send `3probe`
    upgrade,       // the session moves to this WebSocket
    close,         // not an upgrade: close this WebSocket, the session stays where it is
  };
  enum class Due : std::uint8_t { nothing, release_poll, timeout };

  // The WebSocket opened `now`.
  explicit UpgradeProbe(TimePoint now);

  Action receive(bool binary, std::string_view bytes, TimePoint now);
  // release_poll: if a poll is pending with nothing to say, answer it with a noop, so that the
  // client can stop polling. timeout: close this WebSocket.
  Due on_deadline(TimePoint now);
  TimePoint next_deadline() const { return std::min(timeout_, next_release_); }

 private:
  TimePoint timeout_;
  TimePoint next_release_ = kNever;
};

}  // namespace sio::proto
