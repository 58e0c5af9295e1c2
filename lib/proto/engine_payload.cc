#include "proto/engine_payload.h"

#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "proto/limits.h"

namespace sio::proto {

bool PayloadWriter::begin(std::size_t size) {
  if (packets_ > 0) {
    if (packets_ == kMaxPacketsPerPayload || out_.size() + 1 + size > max_bytes_) return false;
    out_ += kPayloadSeparator;
  }
  ++packets_;
  return true;
}

bool PayloadWriter::add_text(std::string_view packet) {
  if (!begin(packet.size())) return false;
  out_ += packet;
  return true;
}

bool PayloadWriter::add_binary(std::string_view bytes) {
  if (!begin(1 + (bytes.size() + 2) / 3 * 4)) return false;
  out_ += 'b';
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
