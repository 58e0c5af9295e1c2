// Takes WebSocket messages out of a byte stream. Pure: no sockets, no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/transport.h"
#include "net/ws_frame.h"

namespace sio::net {

enum class WsRole { server, client };  // whose end this is: a server wants masked frames

// What the peer must not do, and the close code that says so.
struct WsViolation {
  std::uint16_t code = 1002;
  std::string_view what;
};

class WsSink {
 public:
  virtual ~WsSink() = default;
  // The views are valid during the call. False: stop, the rest of the bytes is of no interest.
  virtual bool on_ws_message(MessageKind kind, std::string_view payload) = 0;
  virtual bool on_ws_ping(std::string_view payload) = 0;
  virtual bool on_ws_pong(std::string_view payload) = 0;
  virtual void on_ws_close(std::uint16_t code, std::string_view reason) = 0;  // nothing follows
};

// A message that arrives in one piece is handed over where it lies, unmasked in place. One that is
// cut by the end of a read or fragmented by the peer is put together in a buffer of this reader,
// which never grows past `max_message` and is given back when it is empty again.
class WsReader {
 public:
  WsReader(WsRole role, std::size_t max_message) : role_(role), max_message_(max_message) {}

  // Takes all of `data`, changing it. After a violation, a close frame or a sink's false the reader
  // is finished and must not be fed again.
  std::optional<WsViolation> feed(char* data, std::size_t size, WsSink& sink);

 private:
  struct Header {
    unsigned char opcode = 0;
    bool final = false;
    bool masked = false;
    MaskKey key;
    std::uint64_t size = 0;
  };
  enum class Step { more, stop };

  // Parses the header at the front of [data, data + size); its length, or 0 if it is cut off.
  static std::size_t parse_header(const char* data, std::size_t size, Header& header);
  std::optional<WsViolation> check(const Header& header) const;
  std::optional<WsViolation> check_length(const Header& header) const;
  // Reads a header that earlier bytes began. True when it is complete.
  bool complete_header(char*& data, std::size_t& size);
  Step take_payload(char*& data, std::size_t& size, WsSink& sink,
                    std::optional<WsViolation>& violation);
  Step take_part(char*& data, std::size_t& size, WsSink& sink,
                 std::optional<WsViolation>& violation);
  Step end_frame(std::string_view payload, WsSink& sink, std::optional<WsViolation>& violation);
  Step control(std::string_view payload, WsSink& sink, std::optional<WsViolation>& violation);
  void release_message();

  WsRole role_;
  bool in_payload_ = false;
  bool fragmented_ = false;  // a message has begun and its last frame is to come
  MessageKind kind_ = MessageKind::text;
  std::uint8_t header_have_ = 0;
  std::size_t max_message_;
  std::array<char, kMaxFrameHeader> header_bytes_{};
  Header header_;
  std::uint64_t taken_ = 0;  // of the present payload
  std::string message_;      // of the present message, what came before
  std::array<char, kMaxControlPayload> control_{};
};

}  // namespace sio::net
