#include "cluster/message_reader.h"

#include <utility>

#include <fmt/format.h>

#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/msgpack_reader.h"
#include "proto/packet_codec.h"

namespace sio::cluster {
namespace {

using proto::JsonKind;

// Rooms that one selection may name.
constexpr std::size_t kMaxNames = 100'000;
constexpr std::uint64_t kEventPacket = 2;
constexpr std::uint64_t kBinaryEventPacket = 5;

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

}  // namespace

Result<MessageText> read_msgpack(std::string_view bytes) {
  proto::MsgpackReader in(bytes);
  MessageText text;
  if (in.value(text.json) == proto::MsgpackReader::Got::undefined) text.json = "null";
  if (!in.at_end()) in.refuse("bytes behind the message");
  if (in.failed()) return tl::unexpected(in.error());
  if (in.has_placeholder_lookalike && !in.attachments.empty())
    return refuse(R"(an object with "_placeholder":true beside binary)");
  text.attachments = std::move(in.attachments);
  return text;
}

Result<MessageText> read_json(std::string_view bytes) {
  const auto kind = proto::check_json(bytes);
  if (!kind) return tl::unexpected(kind.error());
  return MessageText{std::string(bytes), {}};
}

Result<MessageText> read_either(std::string_view bytes) {
  return bytes.starts_with('{') ? read_json(bytes) : read_msgpack(bytes);
}

Result<MessageObject> MessageObject::of(std::string_view json, std::string_view what) {
  if (proto::json_kind(json) != JsonKind::object)
    return refuse(fmt::format("{} is not an object", what));
  return MessageObject(json);
}

std::optional<std::string_view> MessageObject::member(std::string_view name) const {
  std::optional<std::string_view> found;
  for (proto::MemberReader member(json_); member.next();)
    if (member.key_is(name)) found = member.value();
  if (found && proto::json_kind(*found) == JsonKind::null) return std::nullopt;
  return found;
}

Result<MessageObject> MessageObject::object(std::string_view name) const {
  const auto value = member(name);
  if (!value) return refuse(fmt::format("no {}", name));
  return of(*value, name);
}

Result<std::string> MessageObject::text(std::string_view name, std::size_t max) const {
  const auto value = member(name);
  if (!value) return std::string();
  if (proto::json_kind(*value) != JsonKind::string)
    return refuse(fmt::format("{} is not a string", name));
  std::string text = proto::json_unescape(*value);
  if (text.size() > max) return refuse(fmt::format("{} is too long", name));
  return text;
}

std::optional<std::uint64_t> MessageObject::number(std::string_view name) const {
  const auto value = member(name);
  if (!value || proto::json_kind(*value) != JsonKind::number) return std::nullopt;
  const double number = proto::json_number(*value);
  if (!(number >= 0) || number > 1e15) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

Result<std::vector<std::string>> MessageObject::names(std::string_view name) const {
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

Status read_options(const MessageObject& message, std::string_view member, ClusterMessage& out) {
  if (!message.member(member)) return {};
  SIO_TRY(const MessageObject opts, message.object(member));
  SIO_TRY(out.rooms, opts.names("rooms"));
  SIO_TRY(out.except, opts.names("except"));
  if (!opts.member("flags")) return {};
  SIO_TRY(const MessageObject flags, opts.object("flags"));
  out.is_volatile = flags.flag("volatile");
  out.timeout_ms = flags.number("timeout").value_or(0);
  if (!flags.member("sio")) return {};
  SIO_TRY(const MessageObject ours, flags.object("sio"));
  SIO_TRY(out.from, ours.text("from"));
  SIO_TRY(out.key, ours.text("key", proto::kMaxEventName));
  return {};
}

Status read_packet(const MessageObject& packet, ClusterMessage& out) {
  const auto type = packet.number("type");
  if (type != kEventPacket && type != kBinaryEventPacket) {
    out.type = ClusterMessage::Type::other;
    return {};
  }
  const auto data = packet.member("data");
  if (!data) return refuse("a packet without data");
  SIO_TRY_STATUS(check_event_rooms(out));
  return read_items(*data, out);
}

Status read_value(const MessageObject& message, std::string_view member, ClusterMessage& out) {
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

}  // namespace sio::cluster
