#include "proto/engine_payload.h"

#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "proto/engine3_payload.h"
#include "proto/limits.h"

namespace sio::proto {

// Makes room for one more packet of `size` bytes with all that belongs to it.
bool PayloadWriter::begin(std::size_t size) {
  const bool separate = form_ == PayloadForm::v4 && packets_ > 0;
  if (packets_ > 0) {
    const std::size_t whole = out_.size() + (separate ? 1 : 0) + size;
    if (packets_ == kMaxPacketsPerPayload || whole > max_bytes_) return false;
  }
  if (separate) out_ += kPayloadSeparator;
  ++packets_;
  return true;
}

bool PayloadWriter::add(std::string_view head, std::string_view packet) {
  if (!begin(head.size() + packet.size())) return false;
  out_ += head;
  out_ += packet;
  return true;
}

bool PayloadWriter::add_text(std::string_view packet) {
  switch (form_) {
    case PayloadForm::v4:
      return add({}, packet);
    case PayloadForm::v3_text:
      return add(fmt::format("{}:", utf16_length(packet)), packet);
    case PayloadForm::v3_binary:
      return add(engine3_head(false, packet.size()), packet);
  }
  return false;
}

bool PayloadWriter::add_binary(std::string_view bytes) {
  const std::size_t base64_size = (bytes.size() + 2) / 3 * 4;
  switch (form_) {
    case PayloadForm::v4:
      if (!begin(1 + base64_size)) return false;
      out_ += 'b';
      break;
    case PayloadForm::v3_text: {
      const std::string head = fmt::format("{}:b4", 2 + base64_size);
      if (!begin(head.size() + base64_size)) return false;
      out_ += head;
      break;
    }
    case PayloadForm::v3_binary:
      return add(engine3_head(true, 1 + bytes.size()) + kEngine3BinaryMessage, bytes);
  }
  append_base64(out_, bytes);
  return true;
}

std::string PayloadWriter::take() {
  packets_ = 0;
  return std::exchange(out_, {});
}

Result<EnginePacket> PayloadReader::next() {
  if (++packets_ > kMaxPacketsReceived) {
    done_ = true;
    return fail(Errc::too_large,
                fmt::format("a payload of more than {} packets", kMaxPacketsReceived));
  }
  const std::size_t length = rest_.find(kPayloadSeparator);
  const std::string_view text = rest_.substr(0, length);
  done_ = length == std::string_view::npos;
  if (!done_) rest_.remove_prefix(length + 1);
  auto packet = decode_engine_text(text, storage_);
  if (!packet) {
    done_ = true;
    return fail_in(fmt::format("packet {} of the payload", packets_), std::move(packet.error()));
  }
  return packet;
}

}  // namespace sio::proto
