// The msgpack parser of Socket.IO <-> the packets of the default one. Both ends of a connection
// must have it; nothing on the wire announces it.
//
//   packet := map{"type": 0..4, "nsp": str, "data"?: value, "id"?: uint}     one binary message
//
// Binary stands where it belongs, so there are no attachments, and no need for types 5 and 6; those
// that version 2 of the parser writes count as 2 and 3. In here a packet is always what the default
// parser makes of it: text, and attachments behind it.
//
// JSON and MessagePack agree but for this. Going out: an integer that has no place in 64 bits and
// every other number is a double; a lone surrogate, which UTF-8 cannot say, becomes U+FFFD. Coming
// in: what JSON.stringify would make of it, so `undefined` is left out (in an array: null), NaN and
// infinities are null, a date is its text; an integer as a key becomes a string. A double is
// written with the fewest digits that give it back, `.0` behind it if it would look like an
// integer.
//
// Source: socket.io-msgpack-parser 3.0.2 with notepack.io 2.2.0, and the MessagePack specification.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::proto {

struct UnpackedPacket {
  std::string text;  // `2["a"]`, `51-["a",{"_placeholder":true,"num":0}]`
  std::vector<std::string> attachments;
};

// The text is JSON where it should be, but a PacketDecoder must still look whether it makes sense.
// Errors (Errc::protocol) say what and at which byte: not MessagePack, nested deeper than
// kMaxJsonDepth, an extension nobody writes, more than kMaxAttachments, or an object with
// "_placeholder":true beside binary, which could not be told from an attachment.
Result<UnpackedPacket> decode_msgpack(std::string_view bytes);

// How many attachments follow a packet's text.
std::size_t announced_attachments(std::string_view message);

// Takes the messages of packets that are right, one after the other; gives out what they complete.
class MsgpackEncoder {
 public:
  // Nothing: attachments are still to come.
  std::optional<std::string> add_text(std::string_view message);
  std::optional<std::string> add_binary(std::string_view bytes);

 private:
  std::string finish(std::string_view message);

  std::string text_;
  std::vector<std::string> attachments_;
  std::size_t missing_ = 0;
};

}  // namespace sio::proto
