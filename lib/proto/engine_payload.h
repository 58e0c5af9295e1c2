// The body of a polling request or response: packets joined by 0x1E, binary ones as `b` + base64.
// Source: the Engine.IO protocol, revision 4, "HTTP long-polling".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/engine_packet.h"

namespace sio::proto {

inline constexpr char kPayloadSeparator = '\x1e';

// Builds a payload. Append packets until full() says that the next one must wait.
class PayloadWriter {
 public:
  // `max_bytes`: the peer's maxPayload. The first packet is always taken, whatever its size.
  explicit PayloadWriter(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // False, and nothing appended, if the packet would pass max_bytes or kMaxPacketsPerPayload.
  bool add_text(std::string_view packet);   // with its type digit
  bool add_binary(std::string_view bytes);  // a binary message
  bool empty() const { return packets_ == 0; }
  std::string take();

 private:
  bool begin(std::size_t size);

  std::size_t max_bytes_;
  std::size_t packets_ = 0;
  std::string out_;
};

// Walks a payload: next() until done(). The first undecodable packet ends the walk with its error
// (what came before it has been seen, as in the official decoder).
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) : rest_(payload) {}
  bool done() const { return done_; }
  // The packet's views are valid until the next call.
  Result<EnginePacket> next();

 private:
  std::string_view rest_;
  bool done_ = false;
  std::size_t packets_ = 0;
  std::string storage_;
};

}  // namespace sio::proto
