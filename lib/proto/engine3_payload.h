// The bodies of polling requests and responses in revision 3 of Engine.IO, for old clients. There
// are two forms; the second is for peers that take binary, when there is some.
//
//   text     (LENGTH ':' packet)*        length in UTF-16 code units; binary: `b4` + base64
//   binary   ((00|01) DIGIT* ff packet)* 00: text, 01: binary, behind its type byte; the length in
//                                        bytes, each decimal digit as a byte of its value
//
// Source: the Engine.IO protocol, revision 3, "Payload", and engine.io-parser 2.2.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sio::proto {

// How many UTF-16 code units `text` has. Bytes that are not UTF-8 count one each.
std::size_t utf16_length(std::string_view text);

// What stands in front of a packet of `size` bytes in the binary form.
std::string engine3_head(bool binary, std::size_t size);

// Cuts a body into packets: next() until done(). An error ends the walk; what came before it has
// been seen. Packets are handed out as they are: decode_engine3_text() and _binary() read them.
class Payload3Reader {
 public:
  struct Packet {
    bool binary = false;
    std::string_view bytes;  // a view of the body
  };

  // `binary`: the form (the body came as application/octet-stream).
  Payload3Reader(std::string_view body, bool binary) : rest_(body), binary_(binary) {}
  bool done() const { return rest_.empty(); }
  // Precondition: not done().
  Result<Packet> next();

 private:
  Result<Packet> next_of_text();
  Result<Packet> next_of_binary();
  tl::unexpected<Error> broken(std::string_view problem);

  std::string_view rest_;
  bool binary_;
  std::size_t packets_ = 0;
};

}  // namespace sio::proto
