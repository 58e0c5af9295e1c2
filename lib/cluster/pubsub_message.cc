#include "cluster/pubsub_message.h"

#include <fmt/format.h>

#include "cluster/message_reader.h"
#include "cluster/message_writer.h"
#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::cluster {
namespace {

using proto::JsonKind;
using Type = ClusterMessage::Type;

}  // namespace

// --- reading

bool is_pubsub_broadcast_of(std::string_view bytes, std::string_view uid) {
  return bytes.size() > uid.size() + 2 && bytes[0] == '\x93' &&
         static_cast<unsigned char>(bytes[1]) == (0xa0 | uid.size()) &&
         bytes.substr(2, uid.size()) == uid;
}

Result<ClusterMessage> parse_pubsub_broadcast(std::string_view bytes) {
  SIO_TRY(MessageText text, read_msgpack(bytes));
  if (proto::json_kind(text.json) != JsonKind::array) return refuse("a broadcast is not an array");
  const auto parts = proto::array_elements(text.json);
  if (parts.size() != 3) return refuse("a broadcast has not three parts");
  ClusterMessage message{.type = Type::broadcast, .attachments = std::move(text.attachments)};
  if (proto::json_kind(parts[0]) != JsonKind::string) return refuse("uid is not a string");
  message.uid = proto::json_unescape(parts[0]);
  SIO_TRY(const MessageObject packet, MessageObject::of(parts[1], "the packet"));
  SIO_TRY(message.ns, packet.text("nsp", proto::kMaxNamespaceName));
  SIO_TRY_STATUS(check_ns(message.ns));
  const std::string wrapped = fmt::format(R"({{"opts":{}}})", parts[2]);
  SIO_TRY(const MessageObject outer, MessageObject::of(wrapped, "the message"));
  SIO_TRY_STATUS(read_options(outer, "opts", message));
  SIO_TRY_STATUS(read_packet(packet, message));
  return message;
}

namespace {

// join, leave and disconnect: of a selection, or as older nodes say it, of one socket.
Status read_change(const MessageObject& request, ClusterMessage& out) {
  out.close = request.flag("close");
  if (request.member("opts")) {
    SIO_TRY_STATUS(read_options(request, "opts", out));
    SIO_TRY(out.names, request.names("rooms"));
    return {};
  }
  out.is_legacy = true;
  SIO_TRY(std::string sid, request.text("sid"));
  if (sid.empty()) return refuse("neither opts nor sid");
  SIO_TRY(std::string room, request.text("room", proto::kMaxRoomName));
  out.rooms = {std::move(sid)};
  if (!room.empty()) out.names = {std::move(room)};
  return {};
}

Status read_question(const MessageObject& request, ClusterMessage& out) {
  SIO_TRY_STATUS(read_options(request, "opts", out));
  SIO_TRY(const MessageObject packet, request.object("packet"));
  return read_packet(packet, out);
}

Status read_pubsub_request(const MessageObject& request, std::uint64_t type, ClusterMessage& out) {
  constexpr Type kTypes[] = {Type::list_sids,    Type::list_rooms, Type::join,
                             Type::leave,        Type::disconnect, Type::fetch,
                             Type::server_event, Type::broadcast};
  if (type >= std::size(kTypes)) return {};
  out.type = kTypes[type];
  switch (out.type) {
    case Type::list_sids: {
      SIO_TRY(out.rooms, request.names("rooms"));
      return {};
    }
    case Type::join:
    case Type::leave:
    case Type::disconnect:
      return read_change(request, out);
    case Type::fetch:
      return read_options(request, "opts", out);
    case Type::broadcast:
      return read_question(request, out);
    default:
      return {};
  }
}

}  // namespace

Result<ClusterMessage> parse_pubsub_request(std::string_view bytes) {
  SIO_TRY(MessageText text, read_either(bytes));
  SIO_TRY(const MessageObject request, MessageObject::of(text.json, "a request"));
  ClusterMessage message{.attachments = std::move(text.attachments)};
  const auto type = request.number("type");
  if (!type) return refuse("a request without a type");
  SIO_TRY(message.uid, request.text("uid"));
  SIO_TRY(message.request_id, request.text("requestId"));
  SIO_TRY_STATUS(read_pubsub_request(request, *type, message));
  return message;
}

Result<ClusterMessage> parse_pubsub_response(std::string_view bytes) {
  SIO_TRY(MessageText text, read_either(bytes));
  SIO_TRY(const MessageObject response, MessageObject::of(text.json, "a response"));
  ClusterMessage message{.attachments = std::move(text.attachments)};
  SIO_TRY(message.request_id, response.text("requestId"));
  const auto type = response.number("type");
  if (type == 8u) {
    message.type = Type::client_count;
    message.count = response.number("clientCount").value_or(0);
  } else if (type == 9u) {
    message.type = Type::ack;
    SIO_TRY_STATUS(read_value(response, "packet", message));
  }
  return message;
}

// --- writing

std::string pubsub_broadcast(std::string_view uid, const ClusterEvent& event) {
  std::string json = "[" + proto::json_string(uid) + ',';
  add_packet(json, event, true);
  json += ',';
  add_event_options(json, event, 0);
  json += ']';
  return to_msgpack(json, event.attachments);
}

std::string pubsub_question(std::string_view uid, std::string_view request_id,
                            const ClusterEvent& event, std::uint64_t timeout_ms) {
  std::string json = fmt::format(R"({{"uid":{},"requestId":{},"type":7,"packet":)",
                                 proto::json_string(uid), proto::json_string(request_id));
  add_packet(json, event, true);
  json += R"(,"opts":)";
  add_event_options(json, event, timeout_ms);
  json += '}';
  return to_msgpack(json, event.attachments);
}

namespace {

std::string pubsub_change(std::string_view uid, int type, const Selection& who) {
  std::string json = fmt::format(R"({{"uid":{},"type":{},)", proto::json_string(uid), type);
  add_options(json, who);
  return json;
}

std::string response_to(std::string_view request_id) {
  return R"({"requestId":)" + proto::json_string(request_id);
}

}  // namespace

std::string pubsub_join(std::string_view uid, const Selection& who,
                        std::span<const std::string_view> rooms) {
  return with_rooms(pubsub_change(uid, 2, who), rooms);
}

std::string pubsub_leave(std::string_view uid, const Selection& who,
                         std::span<const std::string_view> rooms) {
  return with_rooms(pubsub_change(uid, 3, who), rooms);
}

std::string pubsub_disconnect(std::string_view uid, const Selection& who, bool close) {
  return pubsub_change(uid, 4, who) + (close ? R"(,"close":true})" : R"(,"close":false})");
}

std::string pubsub_sids(std::string_view request_id, std::span<const std::string> sids) {
  std::string json = response_to(request_id) + R"(,"sockets":)";
  add_names(json, views(sids));
  return json + '}';
}

std::string pubsub_rooms(std::string_view request_id, std::span<const std::string> rooms) {
  return with_rooms(response_to(request_id), views(rooms));
}

std::string pubsub_sockets(std::string_view request_id, std::span<const RemoteSocket> sockets) {
  return response_to(request_id) + R"(,"sockets":)" + sockets_json(sockets) + '}';
}

std::string pubsub_done(std::string_view request_id) {
  return response_to(request_id) + '}';
}

std::string pubsub_server_event_answer(std::string_view request_id, std::string_view json) {
  return fmt::format(R"({},"type":6,"data":{}}})", response_to(request_id), json);
}

std::string pubsub_client_count(std::string_view request_id, std::uint64_t count) {
  return fmt::format(R"({},"type":8,"clientCount":{}}})", response_to(request_id), count);
}

std::string pubsub_ack(std::string_view request_id, const ClusterValue& value) {
  const std::string json =
      fmt::format(R"({},"type":9,"packet":{}}})", response_to(request_id), value.json);
  return to_msgpack(json, value.attachments);
}

}  // namespace sio::cluster
