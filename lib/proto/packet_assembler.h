// Puts a packet and its attachments together again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proto/packet.h"
#include "proto/packet_codec.h"

namespace sio::proto {

// A complete packet. For packets without attachments everything is a view into the message just
// given; for packets with attachments the assembler owns the bytes.
struct CompletePacket {
  PacketView packet;
  const std::vector<std::string>* attachments = nullptr;  // null when there are none
};

// Takes the Socket.IO messages of one connection in order and yields complete packets.
//
// Guarantees: at most `max_bytes` of one packet's text and attachments are held; a packet with
// attachments is yielded only when every placeholder in it names one of them. After an error the
// connection must be closed, as the protocol demands: the assembler then refuses everything.
class PacketAssembler {
 public:
  // `decoder` outlives the assembler and may be shared by all assemblers of a thread.
  PacketAssembler(PacketDecoder& decoder, std::size_t max_bytes);

  // Yields a packet, or nullptr when attachments are still missing. The packet is valid until the
  // next call of add_text, add_binary or the shared decoder.
  Result<const CompletePacket*> add_text(std::string_view message);
  Result<const CompletePacket*> add_binary(std::string_view bytes);

  bool waits_for_attachments() const { return missing_ > 0; }

 private:
  Result<const CompletePacket*> finish();
  void release();
  tl::unexpected<Error> broken(std::string message);
  tl::unexpected<Error> too_large();

  PacketDecoder& decoder_;
  std::size_t max_bytes_;
  std::size_t held_bytes_ = 0;
  std::size_t missing_ = 0;
  bool broken_ = false;
  std::string text_;
  std::vector<std::string> attachments_;
  CompletePacket complete_;
};

}  // namespace sio::proto
