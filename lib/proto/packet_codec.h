// Socket.IO v5 packets <-> the text of an Engine.IO message (the leading Engine.IO `4` not
// included).
//
//   <type digit>[<attachments>-][<namespace>,][<ack id>][<JSON>]
//
// Decoding validates in place: the JSON is proved well formed and its shape fits the packet type,
// but no tree is kept and no byte of the result is copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/packet.h"

namespace sio::proto {

// Decodes packets, one at a time. Keep one per thread and reuse it: it owns the scratch space.
//
// Accepts exactly what the official decoder (socket.io-parser 4.2.7) accepts, except what no
// encoder writes: a type that is not a digit, a number of attachments that is not spelled in
// digits, an ack id of more than 19 digits or with white space inside, and what passes limits.h or
// is not UTF-8. Binary placeholders are checked by the PacketAssembler, which knows how many
// attachments came.
class PacketDecoder {
 public:
  PacketDecoder();
  ~PacketDecoder();
  PacketDecoder(const PacketDecoder&) = delete;
  PacketDecoder& operator=(const PacketDecoder&) = delete;

  // The views of the result point into `message` and into this decoder: they are valid until the
  // next call, and as long as `message` stays. Errors: Errc::protocol, saying what and at which
  // byte.
  Result<PacketView> decode(std::string_view message);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What stands in front of a packet's JSON. Appends `2`, `51-/admin,12` and the like to `out`.
// `attachments` is written only for binary types; the namespace only when it is not "/".
void append_header(std::string& out, PacketType type, std::size_t attachments, std::string_view ns,
                   std::optional<std::uint64_t> ack_id);

// Whole packets, for the cold path. `args` is the JSON text between the brackets, as in PacketView.
// The type becomes its binary form when `attachments` > 0.
std::string encode_event(std::string_view ns, std::string_view event, std::string_view args,
                         std::optional<std::uint64_t> ack_id = {}, std::size_t attachments = 0);
std::string encode_ack(std::string_view ns, std::uint64_t ack_id, std::string_view args,
                       std::size_t attachments = 0);
// `payload` is a JSON object, or empty for none.
std::string encode_connect(std::string_view ns, std::string_view payload = {});
// `data` is JSON text, or empty for none.
std::string encode_connect_error(std::string_view ns, std::string_view message,
                                 std::string_view data = {});
// The same for old clients (Socket.IO before version 3): `data`, or the message as a string.
std::string encode_old_error(std::string_view ns, std::string_view message,
                             std::string_view data = {});
std::string encode_disconnect(std::string_view ns);

// True for the names that emit() refuses on both sides: connect, connect_error, disconnect,
// disconnecting, newListener, removeListener.
bool is_reserved_event(std::string_view name);

}  // namespace sio::proto
