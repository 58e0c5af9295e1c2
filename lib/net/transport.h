// The seam between connections and what flows through them: whole messages, both directions.
//
// Implementations: WebSocket connections of either role (ws_connection), HTTP long-polling as a
// server (server/polling_transport) and as a client (client/polling_transport). Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/frame.h"

namespace sio::net {

enum class MessageKind : std::uint8_t { text, binary };

// Why a transport is no more.
enum class CloseReason : std::uint8_t {
  local,      // close() or abort() was called
  remote,     // the peer closed in good order
  lost,       // the connection broke, or the peer went without a word
  violation,  // the peer broke the rules of this layer (unmasked frame, bad UTF-8, too large)
};
struct TransportClosed {
  CloseReason reason = CloseReason::lost;
  std::uint16_t code = 0;  // the WebSocket close code received, 0 if none
  std::string detail;      // for people: "Connection reset by peer"
};

class Transport;

// Who listens to a transport. Outlives the transport, or hands over with set_events().
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;

  // The transport can be used from now on. Called once, first.
  virtual void on_open(Transport& transport) = 0;
  // One complete message, at most as large as the transport's limit. Text has been checked to be
  // UTF-8 by the reader if it needs that (the JSON scan does); `bytes` is valid during the call.
  virtual void on_message(MessageKind kind, std::string_view bytes) = 0;
  // backlog() has fallen to the mark of set_drain_mark().
  virtual void on_drained() = 0;
  // The peer has taken everything that was sent before the oldest send_ping() without an answer.
  virtual void on_pong() {}
  // The transport is gone; the pointer to it is invalid when this returns. Called once, last; also
  // when on_open never was (a client connection that failed).
  virtual void on_closed(const TransportClosed& closed) = 0;
};

// A connection that carries messages. It belongs to net and lives until on_closed() has returned.
// No member calls back into TransportEvents before it returns.
class Transport {
 public:
  virtual ~Transport() = default;

  // Queues frames; they go out at the end of the turn. Never fails and never blocks: whoever sends
  // looks at backlog() and stops in time.
  virtual void send(const FrameRun& run) = 0;
  void send(const Frame& frame) { send(FrameRun{frame.bytes(), {&frame, 1}}); }

  // Bytes that were sent and that the kernel has not taken yet, as of the last flush, plus what was
  // queued since.
  virtual std::size_t backlog() const = 0;
  // The part of backlog() that the kernel has refused: what a slow peer is known by. The rest may
  // only be on its way to the thread that writes it.
  virtual std::size_t waiting() const { return backlog(); }
  // Asks for one on_drained() when backlog() is at most `bytes`. A later call replaces the earlier.
  virtual void set_drain_mark(std::size_t bytes) = 0;
  // Whether something sent now would go out at once: nothing waits, and (polling) a request is
  // pending. What a volatile event asks.
  virtual bool writable() const = 0;

  // Asks for a proof that the peer has taken everything sent so far: a WebSocket ping behind it, or
  // (polling, as a client) the answer to the request that carries it. One on_pong() follows for
  // each call. False: this transport has no such proof, and nothing follows.
  virtual bool send_ping() { return false; }

  // While paused nothing is read from the connection, so the peer is slowed down by TCP. Messages
  // already read may still arrive.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  // Closes in good order after everything sent has gone out (bounded by a few seconds). `code` 0 is
  // a WebSocket close frame without a status. on_closed(local) follows, in a later turn.
  virtual void close(std::uint16_t code = 0) = 0;
  // Drops the connection without a word. on_closed(local) follows, in a later turn.
  virtual void abort() = 0;

  // From now on `events` is told. on_open() is not repeated.
  virtual void set_events(TransportEvents& events) = 0;

  // "websocket" or "polling".
  virtual std::string_view name() const = 0;
};

}  // namespace sio::net
