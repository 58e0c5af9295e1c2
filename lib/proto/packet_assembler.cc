#include "proto/packet_assembler.h"

#include <fmt/format.h>

#include "proto/attachments.h"

namespace sio::proto {

PacketAssembler::PacketAssembler(PacketDecoder& decoder, std::size_t max_bytes)
    : decoder_(decoder), max_bytes_(max_bytes) {}

Result<const CompletePacket*> PacketAssembler::add_text(std::string_view message) {
  if (broken_) return fail(Errc::protocol, "a packet behind a malformed one");
  if (missing_ > 0) return broken("a packet where an attachment was awaited");
  if (message.size() > max_bytes_) return too_large();
  release();
  auto packet = decoder_.decode(message);
  if (!packet) {
    broken_ = true;
    return tl::unexpected(std::move(packet.error()));
  }
  if (packet->attachments == 0) {
    complete_ = {*packet, nullptr};
    return &complete_;
  }
  text_.assign(message);
  held_bytes_ = message.size();
  missing_ = packet->attachments;
  return nullptr;
}

Result<const CompletePacket*> PacketAssembler::add_binary(std::string_view bytes) {
  if (broken_) return fail(Errc::protocol, "an attachment behind a malformed packet");
  if (missing_ == 0) return broken("an attachment where a packet was awaited");
  if (bytes.size() > max_bytes_ - held_bytes_) return too_large();
  held_bytes_ += bytes.size();
  attachments_.emplace_back(bytes);
  if (--missing_ > 0) return nullptr;
  return finish();
}

Result<const CompletePacket*> PacketAssembler::finish() {
  // Decoded again: the decoder is shared, and its scratch has held other packets since.
  auto packet = decoder_.decode(text_);
  if (packet) {
    const Status placeholders = check_placeholders(packet->payload, attachments_.size());
    if (!placeholders) return broken(placeholders.error().message);
  } else {
    return broken(packet.error().message);
  }
  complete_ = {*packet, &attachments_};
  return &complete_;
}

// An idle connection must not sit on the memory of the last large packet it sent.
void PacketAssembler::release() {
  if (attachments_.empty()) return;
  attachments_ = {};
  text_ = {};
}

tl::unexpected<Error> PacketAssembler::broken(std::string message) {
  broken_ = true;
  return fail(Errc::protocol, std::move(message));
}

tl::unexpected<Error> PacketAssembler::too_large() {
  broken_ = true;
  return fail(Errc::too_large,
              fmt::format("a packet of more than {} bytes, attachments included", max_bytes_));
}

}  // namespace sio::proto
