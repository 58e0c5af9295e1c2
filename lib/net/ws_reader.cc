#include "net/ws_reader.h"

#include <algorithm>
#include <cstring>

namespace sio::net {
namespace {

constexpr std::size_t kKeptCapacity = 4096;

bool is_control(unsigned char opcode) {
  return (opcode & 0x8) != 0;
}

bool is_known(unsigned char opcode) {
  return opcode <= kOpcodeBinary || (opcode >= kOpcodeClose && opcode <= kOpcodePong);
}

bool is_sendable_close_code(unsigned code) {
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

std::uint64_t big_endian(const char* data, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(data[i]);
  return value;
}

}  // namespace

std::size_t WsReader::parse_header(const char* data, std::size_t size, Header& header) {
  if (size < 2) return 0;
  const auto first = static_cast<unsigned char>(data[0]);
  const auto second = static_cast<unsigned char>(data[1]);
  const std::size_t length = second & 0x7f;
  const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
  const bool masked = (second & 0x80) != 0;
  const std::size_t total = 2 + length_bytes + (masked ? sizeof header.key.bytes : 0);
  if (size < total) return 0;
  header.opcode = first & 0x7f;  // reserved bits included: no opcode has them
  header.final = (first & 0x80) != 0;
  header.masked = masked;
  header.size = length_bytes == 0 ? length : big_endian(data + 2, length_bytes);
  if (masked) std::memcpy(header.key.bytes, data + 2 + length_bytes, sizeof header.key.bytes);
  return total;
}

std::optional<WsViolation> WsReader::check(const Header& header) const {
  if (!is_known(header.opcode)) return WsViolation{1002, "reserved bits or opcode"};
  if (header.masked != (role_ == WsRole::server))
    return WsViolation{1002, header.masked ? "masked frame from a server" : "unmasked frame"};
  if (is_control(header.opcode)) {
    if (!header.final) return WsViolation{1002, "fragmented control frame"};
    if (header.size > kMaxControlPayload) return WsViolation{1002, "control frame too long"};
    return std::nullopt;
  }
  if (header.opcode == kOpcodeContinuation && !fragmented_)
    return WsViolation{1002, "continuation of nothing"};
  if (header.opcode != kOpcodeContinuation && fragmented_)
    return WsViolation{1002, "message inside a fragmented message"};
  return check_length(header);
}

std::optional<WsViolation> WsReader::check_length(const Header& header) const {
  if (header.size >> 63 != 0) return WsViolation{1002, "impossible length"};
  const std::size_t before = fragmented_ ? message_.size() : 0;
  if (header.size > max_message_ - before) return WsViolation{1009, "message too large"};
  return std::nullopt;
}

std::optional<WsViolation> WsReader::feed(char* data, std::size_t size, WsSink& sink) {
  while (size > 0) {
    if (!in_payload_) {
      if (!complete_header(data, size)) return std::nullopt;
      if (auto violation = check(header_)) return violation;
      in_payload_ = true;
      taken_ = 0;
    }
    std::optional<WsViolation> violation;
    if (take_payload(data, size, sink, violation) == Step::stop) return violation;
  }
  return std::nullopt;
}

bool WsReader::complete_header(char*& data, std::size_t& size) {
  if (header_have_ == 0) {
    if (const std::size_t n = parse_header(data, size, header_); n > 0) {
      data += n;
      size -= n;
      return true;
    }
  }
  while (size > 0) {
    header_bytes_[header_have_++] = *data++;
    --size;
    if (parse_header(header_bytes_.data(), header_have_, header_) > 0) {
      header_have_ = 0;
      return true;
    }
  }
  return false;
}

WsReader::Step WsReader::take_payload(char*& data, std::size_t& size, WsSink& sink,
                                      std::optional<WsViolation>& violation) {
  if (taken_ > 0 || header_.size > size) return take_part(data, size, sink, violation);
  const auto length = static_cast<std::size_t>(header_.size);
  if (header_.masked) apply_mask(data, length, header_.key);
  const std::string_view payload(data, length);
  data += length;
  size -= length;
  in_payload_ = false;
  return end_frame(payload, sink, violation);
}

WsReader::Step WsReader::take_part(char*& data, std::size_t& size, WsSink& sink,
                                   std::optional<WsViolation>& violation) {
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(size, header_.size - taken_));
  if (header_.masked) apply_mask(data, part, header_.key, static_cast<std::size_t>(taken_));
  const bool is_control_frame = is_control(header_.opcode);
  if (is_control_frame)
    std::memcpy(control_.data() + taken_, data, part);
  else
    message_.append(data, part);
  data += part;
  size -= part;
  taken_ += part;
  if (taken_ < header_.size) return Step::more;
  in_payload_ = false;
  const auto length = static_cast<std::size_t>(header_.size);
  return end_frame(is_control_frame ? std::string_view(control_.data(), length) : "", sink,
                   violation);
}

// `payload` is what is not in message_ yet.
WsReader::Step WsReader::end_frame(std::string_view payload, WsSink& sink,
                                   std::optional<WsViolation>& violation) {
  if (is_control(header_.opcode)) return control(payload, sink, violation);
  if (header_.opcode != kOpcodeContinuation)
    kind_ = header_.opcode == kOpcodeText ? MessageKind::text : MessageKind::binary;
  fragmented_ = !header_.final;
  if (fragmented_ || !message_.empty()) {
    message_.append(payload);
    payload = message_;
  }
  if (fragmented_) return Step::more;
  const bool go_on = sink.on_ws_message(kind_, payload);
  if (!message_.empty()) release_message();
  return go_on ? Step::more : Step::stop;
}

WsReader::Step WsReader::control(std::string_view payload, WsSink& sink,
                                 std::optional<WsViolation>& violation) {
  if (header_.opcode == kOpcodePing) return sink.on_ws_ping(payload) ? Step::more : Step::stop;
  if (header_.opcode == kOpcodePong) return sink.on_ws_pong(payload) ? Step::more : Step::stop;
  std::uint16_t code = 0;
  if (payload.size() >= 2) code = static_cast<std::uint16_t>(big_endian(payload.data(), 2));
  if (payload.size() == 1 || (!payload.empty() && !is_sendable_close_code(code)))
    violation = WsViolation{1002, "bad close frame"};
  else
    sink.on_ws_close(code, payload.size() > 2 ? payload.substr(2) : std::string_view());
  return Step::stop;
}

void WsReader::release_message() {
  if (message_.capacity() > kKeptCapacity)
    std::string().swap(message_);
  else
    message_.clear();
}

}  // namespace sio::net
