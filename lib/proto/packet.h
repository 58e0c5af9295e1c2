// Socket.IO v5 packets: what they are, not how they look on the wire (packet_codec.h).
// Source: the Socket.IO protocol, revision 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sio::proto {

// How packets look on the wire: text and attachments (packet_codec.h), or msgpack_codec.h.
enum class Parser : std::uint8_t { json, msgpack };

enum class PacketType : std::uint8_t {
  connect = 0,
  disconnect = 1,
  event = 2,
  ack = 3,
  connect_error = 4,
  binary_event = 5,
  binary_ack = 6,
};

constexpr bool is_event(PacketType t) {
  return t == PacketType::event || t == PacketType::binary_event;
}
constexpr bool is_ack(PacketType t) {
  return t == PacketType::ack || t == PacketType::binary_ack;
}
constexpr bool has_attachments(PacketType t) {
  return t == PacketType::binary_event || t == PacketType::binary_ack;
}

// One decoded packet as views into the message it came from. `payload` is JSON text exactly as it
// was sent, or empty when absent; it has been checked to fit the type.
struct PacketView {
  PacketType type = PacketType::event;
  std::uint32_t attachments = 0;  // how many binary messages follow; 0 unless has_attachments()
  std::string_view ns = "/";      // with its leading slash
  std::optional<std::uint64_t> ack_id;
  std::string_view payload;

  // Events only (empty otherwise). `event` is the name, unescaped; a numeric name is its JSON text.
  std::string_view event;
  // Events and acks: the arguments' JSON text between the brackets, without the event name and
  // without the comma behind it: `1,{"a":2}`; empty when there are none.
  std::string_view args;
  // Events only: the first element exactly as it was written (`"order"` or `7`).
  std::string_view event_json;
};

}  // namespace sio::proto
