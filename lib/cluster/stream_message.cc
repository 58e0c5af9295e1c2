#include "cluster/stream_message.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "cluster/message_reader.h"
#include "cluster/message_writer.h"
#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::cluster {
namespace {

using Type = ClusterMessage::Type;

// --- reading

Status read_stream_data(const MessageObject& data, std::uint64_t type, ClusterMessage& out) {
  constexpr Type kTypes[] = {Type::other, Type::other,        Type::other,      Type::broadcast,
                             Type::join,  Type::leave,        Type::disconnect, Type::fetch,
                             Type::other, Type::server_event, Type::other,      Type::client_count,
                             Type::ack};
  if (type >= std::size(kTypes) || kTypes[type] == Type::other) return {};
  out.type = kTypes[type];
  SIO_TRY(out.request_id, data.text("requestId"));
  SIO_TRY_STATUS(read_options(data, "opts", out));
  switch (out.type) {
    case Type::broadcast: {
      SIO_TRY(const MessageObject packet, data.object("packet"));
      return read_packet(packet, out);
    }
    case Type::join:
    case Type::leave: {
      SIO_TRY(out.names, data.names("rooms"));
      return {};
    }
    case Type::disconnect:
      out.close = data.flag("close");
      return {};
    case Type::client_count:
      out.count = data.number("clientCount").value_or(0);
      return {};
    case Type::ack:
      return read_value(data, "packet", out);
    default:
      return {};
  }
}

}  // namespace

Result<ClusterMessage> parse_stream_entry(const StreamEntry& entry) {
  ClusterMessage message{.uid = std::string(entry.uid), .ns = std::string(entry.ns)};
  if (entry.uid.size() > kMaxId) return refuse("uid is too long");
  SIO_TRY_STATUS(check_ns(message.ns));
  std::uint64_t type = 0;
  const char* const end = entry.type.data() + entry.type.size();
  if (std::from_chars(entry.type.data(), end, type).ptr != end || entry.type.empty())
    return refuse("type is not a number");
  if (entry.data.empty()) return message;
  Result<MessageText> text = MessageText{};
  if (entry.data.starts_with('{')) {
    text = read_json(entry.data);
  } else {
    SIO_TRY(const std::string bytes, decode_base64(entry.data));
    text = read_msgpack(bytes);
  }
  if (!text) return tl::unexpected(text.error());
  message.attachments = std::move(text->attachments);
  SIO_TRY(const MessageObject data, MessageObject::of(text->json, "data"));
  SIO_TRY_STATUS(read_stream_data(data, type, message));
  return message;
}

Result<ClusterMessage> parse_stream_message(std::string_view bytes) {
  SIO_TRY(MessageText text, read_msgpack(bytes));
  SIO_TRY(const MessageObject object, MessageObject::of(text.json, "a message"));
  ClusterMessage message{.attachments = std::move(text.attachments)};
  const auto type = object.number("type");
  if (!type) return refuse("a message without a type");
  SIO_TRY(message.uid, object.text("uid"));
  SIO_TRY(message.ns, object.text("nsp", proto::kMaxNamespaceName));
  SIO_TRY_STATUS(check_ns(message.ns));
  if (!object.member("data")) return message;
  SIO_TRY(const MessageObject data, object.object("data"));
  SIO_TRY_STATUS(read_stream_data(data, *type, message));
  return message;
}

// --- writing

namespace {

StreamData stream_data(std::string_view type, std::string_view json,
                       std::span<const std::string> attachments = {}) {
  StreamData data{.type = type, .data = {}};
  if (attachments.empty()) {
    data.data = json;
  } else {
    append_base64(data.data, to_msgpack(json, attachments));
  }
  return data;
}

std::string selection_data(const Selection& who) {
  std::string json = "{";
  add_options(json, who);
  json.insert(json.size() - 1, R"(,"flags":{})");
  return json;
}

// `data`: what stands behind requestId in it, with a comma in front, or nothing.
std::string stream_message(const StreamSender& sender, int type, std::string_view request_id,
                           std::string_view data, std::span<const std::string> attachments = {}) {
  const std::string json =
      fmt::format(R"({{"type":{},"data":{{"requestId":{}{}}},"uid":{},"nsp":{}}})", type,
                  proto::json_string(request_id), data, proto::json_string(sender.uid),
                  proto::json_string(sender.ns));
  return to_msgpack(json, attachments);
}

}  // namespace

StreamData stream_broadcast(const ClusterEvent& event) {
  std::string json = R"({"packet":)";
  add_packet(json, event, false);
  json += R"(,"opts":)";
  add_event_options(json, event, 0);
  json += '}';
  return stream_data("3", json, event.attachments);
}

StreamData stream_join(const Selection& who, std::span<const std::string_view> rooms) {
  return stream_data("4", with_rooms(selection_data(who), rooms));
}

StreamData stream_leave(const Selection& who, std::span<const std::string_view> rooms) {
  return stream_data("5", with_rooms(selection_data(who), rooms));
}

StreamData stream_disconnect(const Selection& who, bool close) {
  return stream_data("6",
                     selection_data(who) + (close ? R"(,"close":true})" : R"(,"close":false})"));
}

std::string stream_question(const StreamSender& sender, std::string_view request_id,
                            const ClusterEvent& event, std::uint64_t timeout_ms) {
  std::string data = R"(,"packet":)";
  add_packet(data, event, false);
  data += R"(,"opts":)";
  add_event_options(data, event, timeout_ms);
  return stream_message(sender, 3, request_id, data, event.attachments);
}

std::string stream_sockets(const StreamSender& sender, std::string_view request_id,
                           std::span<const RemoteSocket> sockets) {
  return stream_message(sender, 8, request_id, R"(,"sockets":)" + sockets_json(sockets));
}

std::string stream_server_event_answer(const StreamSender& sender, std::string_view request_id,
                                       std::string_view json) {
  return stream_message(sender, 10, request_id, fmt::format(R"(,"packet":{})", json));
}

std::string stream_client_count(const StreamSender& sender, std::string_view request_id,
                                std::uint64_t count) {
  return stream_message(sender, 11, request_id, fmt::format(R"(,"clientCount":{})", count));
}

std::string stream_ack(const StreamSender& sender, std::string_view request_id,
                       const ClusterValue& value) {
  return stream_message(sender, 12, request_id, fmt::format(R"(,"packet":{})", value.json),
                        value.attachments);
}

}  // namespace sio::cluster
