// The body of a polling request or response. In revision 4 of Engine.IO it is packets joined by
// 0x1E, binary ones as `b` + base64; engine3_payload.h has the forms of revision 3.
// Source: the Engine.IO protocol, revision 4, "HTTP long-polling".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/engine_packet.h"

namespace sio::proto {

inline constexpr char kPayloadSeparator = '\x1e';

enum class PayloadForm : std::uint8_t { v4, v3_text, v3_binary };

// Builds a payload. Append packets until full() says that the next one must wait.
class PayloadWriter {
 public:
  // `max_bytes`: the peer's maxPayload. The first packet is always taken, whatever its size.
  explicit PayloadWriter(std::size_t max_bytes, PayloadForm form = PayloadForm::v4)
      : max_bytes_(max_bytes), form_(form) {}

  // False, and nothing appended, if the packet would pass max_bytes or kMaxPacketsPerPayload.
  bool add_text(std::string_view packet);   // with its type digit
  bool add_binary(std::string_view bytes);  // a binary message
  bool empty() const { return packets_ == 0; }
  PayloadForm form() const { return form_; }
  std::string take();

 private:
  bool begin(std::size_t size);
  bool add(std::string_view head, std::string_view packet);

  std::size_t max_bytes_;
  PayloadForm form_;
  std::size_t packets_ = 0;
  std::string out_;
};

// Walks a payload of revision 4: next() until done(). The first undecodable packet ends the walk
// with its error (what came before it has been seen, as in the official decoder).
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
