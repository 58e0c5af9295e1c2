// A plain connection to a server that speaks neither HTTP nor WebSocket. Loop thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/connector.h"
#include "net/loop.h"

namespace sio::net {

class ByteStreamEvents {
 public:
  virtual ~ByteStreamEvents() = default;
  virtual void on_open() = 0;
  virtual void on_bytes(std::string_view bytes) = 0;  // as they come, at most 256 KiB at once
  // It was never open, or is no longer: "connect 127.0.0.1:6379: Connection refused". Called once,
  // last. The stream may be destroyed from within.
  virtual void on_closed(const Error& why) = 0;
};

// Bytes in both directions. Destroying it closes the connection; no event follows.
class ByteStream {
 public:
  // Begins to connect, to each address of the endpoint's host in turn (Endpoint::tls is not looked
  // at). Nothing here blocks: names are looked up in a thread. No event comes before this returns.
  // `events` and the loop outlive the stream. `patience`: until it is open.
  static std::unique_ptr<ByteStream> connect(Loop& loop, const Endpoint& endpoint,
                                             ByteStreamEvents& events, Duration patience);
  virtual ~ByteStream() = default;

  // Takes all of it; what the peer has not taken is backlog. Only while it is open. Written at the
  // end of the turn, everything at once.
  virtual void write(std::string_view bytes) = 0;
  virtual std::size_t backlog() const = 0;
};

}  // namespace sio::net
