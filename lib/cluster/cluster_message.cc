#include "cluster/cluster_message.h"

#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/base64.h"
#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/msgpack_reader.h"
#include "proto/msgpack_writer.h"
#include "proto/packet_codec.h"

namespace sio::cluster {
namespace {

using proto::JsonKind;
using Type = ClusterMessage::Type;

// Rooms that one selection may name.
constexpr std::size_t kMaxNames = 100'000;
constexpr std::size_t kMaxId = 256;
constexpr std::uint64_t kEventPacket = 2;
constexpr std::uint64_t kBinaryEventPacket = 5;

tl::unexpected<Error> refuse(std::string message) {
  return fail(Errc::protocol, std::move(message));
}

// --- reading

// A message as JSON.
struct Text {
  std::string json;
  std::vector<std::string> attachments;
};

Result<Text> read_msgpack(std::string_view bytes) {
  proto::MsgpackReader in(bytes);
  Text text;
  if (in.value(text.json) == proto::MsgpackReader::Got::undefined) text.json = "null";
  if (!in.at_end()) in.refuse("bytes behind the message");
  if (in.failed()) return tl::unexpected(in.error());
  if (in.has_placeholder_lookalike && !in.attachments.empty())
    return refuse(R"(an object with "_placeholder":true beside binary)");
  text.attachments = std::move(in.attachments);
  return text;
}

Result<Text> read_json(std::string_view bytes) {
  const auto kind = proto::check_json(bytes);
  if (!kind) return tl::unexpected(kind.error());
  return Text{std::string(bytes), {}};
}

Result<Text> read_either(std::string_view bytes) {
  return bytes.starts_with('{') ? read_json(bytes) : read_msgpack(bytes);
}

// The members of an object, by name.
class Object {
 public:
  static Result<Object> of(std::string_view json, std::string_view what) {
    if (proto::json_kind(json) != JsonKind::object)
      return refuse(fmt::format("{} is not an object", what));
    return Object(json);
  }

  std::optional<std::string_view> member(std::string_view name) const {
    std::optional<std::string_view> found;
    for (proto::MemberReader member(json_); member.next();)
      if (member.key_is(name)) found = member.value();
    if (found && proto::json_kind(*found) == JsonKind::null) return std::nullopt;
    return found;
  }
  Result<Object> object(std::string_view name) const {
    const auto value = member(name);
    if (!value) return refuse(fmt::format("no {}", name));
    return of(*value, name);
  }
  // "" if there is none.
  Result<std::string> text(std::string_view name, std::size_t max = kMaxId) const {
    const auto value = member(name);
    if (!value) return std::string();
    if (proto::json_kind(*value) != JsonKind::string)
      return refuse(fmt::format("{} is not a string", name));
    std::string text = proto::json_unescape(*value);
    if (text.size() > max) return refuse(fmt::format("{} is too long", name));
    return text;
  }
  std::optional<std::uint64_t> number(std::string_view name) const {
    const auto value = member(name);
    if (!value || proto::json_kind(*value) != JsonKind::number) return std::nullopt;
    const double number = proto::json_number(*value);
    if (!(number >= 0) || number > 1e15) return std::nullopt;
    return static_cast<std::uint64_t>(number);
  }
  bool flag(std::string_view name) const { return member(name) == "true"; }
  // Names, which Node.js lets be numbers. None if there is no such member.
  Result<std::vector<std::string>> names(std::string_view name) const;

 private:
  explicit Object(std::string_view json) : json_(json) {}
  std::string_view json_;
};

Result<std::vector<std::string>> Object::names(std::string_view name) const {
  std::vector<std::string> names;
  const auto value = member(name);
  if (!value) return names;
  if (proto::json_kind(*value) != JsonKind::array)
    return refuse(fmt::format("{} is not an array", name));
  for (proto::ElementReader element(*value); element.next();) {
    const JsonKind kind = proto::json_kind(element.value());
    if (kind != JsonKind::string && kind != JsonKind::number)
      return refuse(fmt::format("{} has something else than names", name));
    if (names.size() == kMaxNames) return refuse(fmt::format("too many {}", name));
    names.push_back(kind == JsonKind::string ? proto::json_name(element.value())
                                             : std::string(element.value()));
  }
  return names;
}

Status read_options(const Object& message, std::string_view member, ClusterMessage& out) {
  if (!message.member(member)) return {};
  SIO_TRY(const Object opts, message.object(member));
  SIO_TRY(out.rooms, opts.names("rooms"));
  SIO_TRY(out.except, opts.names("except"));
  if (!opts.member("flags")) return {};
  SIO_TRY(const Object flags, opts.object("flags"));
  out.is_volatile = flags.flag("volatile");
  out.timeout_ms = flags.number("timeout").value_or(0);
  if (!flags.member("sio")) return {};
  SIO_TRY(const Object ours, flags.object("sio"));
  SIO_TRY(out.from, ours.text("from"));
  SIO_TRY(out.key, ours.text("key", proto::kMaxEventName));
  return {};
}

Status check_event_rooms(const ClusterMessage& message) {
  for (const auto* names : {&message.rooms, &message.except}) {
    if (names->size() > proto::kMaxRoomsPerEvent)
      return fail(Errc::too_large,
                  fmt::format("an event for more than {} rooms", proto::kMaxRoomsPerEvent));
    for (const std::string& name : *names)
      if (name.empty() || name.size() > proto::kMaxRoomName)
        return refuse("a room's name that is empty or too long");
  }
  return {};
}

// `json`: an array that begins with a name.
Status read_items(std::string_view json, ClusterMessage& out) {
  if (proto::json_kind(json) != JsonKind::array) return refuse("data is not an array");
  proto::ElementReader element(json);
  if (!element.next()) return refuse("an event without a name");
  const JsonKind kind = proto::json_kind(element.value());
  if (kind != JsonKind::string && kind != JsonKind::number)
    return refuse("an event whose name is neither a string nor a number");
  if (element.value().size() > proto::kMaxEventName) return refuse("an event's name is too long");
  if (kind == JsonKind::string && proto::is_reserved_event(proto::json_unescape(element.value())))
    return refuse(fmt::format("an event of the reserved name {}", element.value()));
  if (!out.attachments.empty())
    SIO_TRY_STATUS(proto::check_placeholders(json, out.attachments.size()));
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = json.find_first_not_of(kSpace, json.find('[') + 1);
  const std::size_t end = json.find_last_not_of(kSpace, json.rfind(']') - 1);
  out.items = json.substr(begin, end + 1 - begin);
  return {};
}

Status read_packet(const Object& packet, ClusterMessage& out) {
  const auto type = packet.number("type");
  if (type != kEventPacket && type != kBinaryEventPacket) {
    out.type = Type::other;
    return {};
  }
  const auto data = packet.member("data");
  if (!data) return refuse("a packet without data");
  SIO_TRY_STATUS(check_event_rooms(out));
  return read_items(*data, out);
}

// A value of which nothing but itself is known.
Status read_value(const Object& message, std::string_view member, ClusterMessage& out) {
  out.value = message.member(member).value_or("null");
  if (out.attachments.empty()) return {};
  return proto::check_placeholders(fmt::format("[{}]", out.value), out.attachments.size());
}

Status check_ns(std::string& ns) {
  if (ns.empty()) ns = "/";
  if (!ns.starts_with('/') || ns.size() > proto::kMaxNamespaceName ||
      ns.find(',') != std::string::npos)
    return refuse("nsp is not a namespace");
  return {};
}

// --- writing

void add_names(std::string& out, std::span<const std::string_view> names) {
  out += '[';
  for (const std::string_view name : names) {
    if (out.back() != '[') out += ',';
    proto::append_json_string(out, name);
  }
  out += ']';
}

std::vector<std::string_view> views(std::span<const std::string> strings) {
  return {strings.begin(), strings.end()};
}

void add_selection(std::string& out, const Selection& who) {
  out += R"({"rooms":)";
  add_names(out, who.rooms);
  out += R"(,"except":)";
  add_names(out, who.except);
}

// The member `opts` and its value, without a comma in front.
void add_options(std::string& out, const Selection& who) {
  out += R"("opts":)";
  add_selection(out, who);
  out += '}';
}

void add_event_options(std::string& out, const ClusterEvent& event, std::uint64_t timeout_ms) {
  add_selection(out, event.to);
  out += R"(,"flags":{)";
  if (event.is_volatile) out += R"("volatile":true,)";
  if (timeout_ms > 0) out += fmt::format(R"("timeout":{},)", timeout_ms);
  if (!event.from.empty() || !event.key.empty()) {
    out += R"("sio":{)";
    if (!event.from.empty()) out += R"("from":)" + proto::json_string(event.from) + ',';
    if (!event.key.empty()) out += R"("key":)" + proto::json_string(event.key) + ',';
    out.back() = '}';
    out += ',';
  }
  if (out.back() == ',') out.pop_back();
  out += "}}";
}

void add_packet(std::string& out, const ClusterEvent& event, bool with_ns) {
  out += R"({"type":2,"data":[)";
  out += event.items;
  out += ']';
  if (with_ns) out += R"(,"nsp":)" + proto::json_string(event.to.ns);
  out += '}';
}

std::string to_msgpack(std::string_view json, std::span<const std::string> attachments) {
  std::string out;
  out.reserve(json.size());
  proto::MsgpackWriter writer(out, attachments);
  proto::JsonScanner scanner(json);
  writer.value(scanner);
  return out;
}

std::string sockets_json(std::span<const RemoteSocket> sockets) {
  std::string out = "[";
  for (const RemoteSocket& socket : sockets) {
    if (out.size() > 1) out += ',';
    out += R"({"id":)" + proto::json_string(socket.sid) + R"(,"handshake":)" + socket.handshake +
           R"(,"rooms":)";
    add_names(out, views(socket.rooms));
    out += R"(,"data":{}})";
  }
  return out + ']';
}

}  // namespace

// --- the pub/sub dialect, reading

bool is_pubsub_broadcast_of(std::string_view bytes, std::string_view uid) {
  return bytes.size() > uid.size() + 2 && bytes[0] == '\x93' &&
         static_cast<unsigned char>(bytes[1]) == (0xa0 | uid.size()) &&
         bytes.substr(2, uid.size()) == uid;
}

Result<ClusterMessage> parse_pubsub_broadcast(std::string_view bytes) {
  SIO_TRY(Text text, read_msgpack(bytes));
  if (proto::json_kind(text.json) != JsonKind::array) return refuse("a broadcast is not an array");
  const auto parts = proto::array_elements(text.json);
  if (parts.size() != 3) return refuse("a broadcast has not three parts");
  ClusterMessage message{.type = Type::broadcast, .attachments = std::move(text.attachments)};
  if (proto::json_kind(parts[0]) != JsonKind::string) return refuse("uid is not a string");
  message.uid = proto::json_unescape(parts[0]);
  SIO_TRY(const Object packet, Object::of(parts[1], "the packet"));
  SIO_TRY(message.ns, packet.text("nsp", proto::kMaxNamespaceName));
  SIO_TRY_STATUS(check_ns(message.ns));
  const std::string wrapped = fmt::format(R"({{"opts":{}}})", parts[2]);
  SIO_TRY(const Object outer, Object::of(wrapped, "the message"));
  SIO_TRY_STATUS(read_options(outer, "opts", message));
  SIO_TRY_STATUS(read_packet(packet, message));
  return message;
}

namespace {

// join, leave and disconnect: of a selection, or as older nodes say it, of one socket.
Status read_change(const Object& request, ClusterMessage& out) {
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

Status read_question(const Object& request, ClusterMessage& out) {
  SIO_TRY_STATUS(read_options(request, "opts", out));
  SIO_TRY(const Object packet, request.object("packet"));
  return read_packet(packet, out);
}

Status read_pubsub_request(const Object& request, std::uint64_t type, ClusterMessage& out) {
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
  SIO_TRY(Text text, read_either(bytes));
  SIO_TRY(const Object request, Object::of(text.json, "a request"));
  ClusterMessage message{.attachments = std::move(text.attachments)};
  const auto type = request.number("type");
  if (!type) return refuse("a request without a type");
  SIO_TRY(message.uid, request.text("uid"));
  SIO_TRY(message.request_id, request.text("requestId"));
  SIO_TRY_STATUS(read_pubsub_request(request, *type, message));
  return message;
}

Result<ClusterMessage> parse_pubsub_response(std::string_view bytes) {
  SIO_TRY(Text text, read_either(bytes));
  SIO_TRY(const Object response, Object::of(text.json, "a response"));
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

// --- the pub/sub dialect, writing

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

std::string with_rooms(std::string json, std::span<const std::string_view> rooms) {
  json += R"(,"rooms":)";
  add_names(json, rooms);
  return json + '}';
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

// --- the streams dialect, reading

namespace {

Status read_stream_data(const Object& data, std::uint64_t type, ClusterMessage& out) {
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
      SIO_TRY(const Object packet, data.object("packet"));
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
  Result<Text> text = Text{};
  if (entry.data.starts_with('{')) {
    text = read_json(entry.data);
  } else {
    SIO_TRY(const std::string bytes, decode_base64(entry.data));
    text = read_msgpack(bytes);
  }
  if (!text) return tl::unexpected(text.error());
  message.attachments = std::move(text->attachments);
  SIO_TRY(const Object data, Object::of(text->json, "data"));
  SIO_TRY_STATUS(read_stream_data(data, type, message));
  return message;
}

Result<ClusterMessage> parse_stream_message(std::string_view bytes) {
  SIO_TRY(Text text, read_msgpack(bytes));
  SIO_TRY(const Object object, Object::of(text.json, "a message"));
  ClusterMessage message{.attachments = std::move(text.attachments)};
  const auto type = object.number("type");
  if (!type) return refuse("a message without a type");
  SIO_TRY(message.uid, object.text("uid"));
  SIO_TRY(message.ns, object.text("nsp", proto::kMaxNamespaceName));
  SIO_TRY_STATUS(check_ns(message.ns));
  if (!object.member("data")) return message;
  SIO_TRY(const Object data, object.object("data"));
  SIO_TRY_STATUS(read_stream_data(data, *type, message));
  return message;
}

// --- the streams dialect, writing

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
