#include "server/pubsub_policy.h"

#include <fmt/format.h>

#include "base/log.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/sio_extension.h"

namespace sio::server {
namespace {

constexpr std::string_view kLeaveEvent = "leave";
constexpr std::string_view kOurPrefix = "sio:";

// The rooms that a join or leave names: its first argument, a string or an array of strings.
Result<std::vector<std::string>> rooms_of(std::string_view args) {
  const std::string array = fmt::format("[{}]", args);
  const std::vector<std::string_view> values = proto::array_elements(array);
  std::vector<std::string_view> names;
  if (!values.empty() && proto::json_kind(values.front()) == proto::JsonKind::array) {
    names = proto::array_elements(values.front());
  } else if (!values.empty()) {
    names = {values.front()};
  }
  if (names.empty()) return fail(Errc::protocol, "expected a room, or an array of rooms");
  if (names.size() > proto::kMaxRoomsPerEvent)
    return fail(Errc::too_large, fmt::format("more than {} rooms", proto::kMaxRoomsPerEvent));
  std::vector<std::string> rooms;
  for (const std::string_view name : names) {
    if (proto::json_kind(name) != proto::JsonKind::string)
      return fail(Errc::protocol, fmt::format("a room is a string, not {}", name.substr(0, 50)));
    rooms.push_back(proto::json_name(name));
  }
  return rooms;
}

std::string rooms_reply(const std::vector<std::string>& rooms) {
  std::string reply = R"({"rooms":[)";
  for (const std::string& room : rooms) {
    if (reply.back() != '[') reply += ',';
    proto::append_json_string(reply, room);
  }
  return reply + "]}";
}

std::string_view refusal_code(Errc code) {
  switch (code) {
    case Errc::too_large:
      return "too_large";
    case Errc::refused:
      return "forbidden";
    default:
      return "bad_request";
  }
}

// `name` and `args` as they stand between the brackets; both are views of the same packet.
std::string_view items_of(const proto::PacketView& packet) {
  if (packet.args.empty()) return packet.event_json;
  const char* const begin = packet.event_json.data();
  const char* const end = packet.args.data() + packet.args.size();
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Whether the sender may relay an event to `rooms`; or, if it is not relayed, ask responders.
Status check_relay(const Socket& socket, std::span<const std::string_view> rooms, bool is_relayed) {
  if (socket.access == nullptr) return {};
  if (is_relayed) return socket.access->check_publish(rooms);
  if (socket.access->writes()) return {};
  return fail(Errc::refused, "this token may not publish here");
}

// The dedupe key of an event that says none itself; empty if its sender does not repeat itself.
std::string key_of(const Socket& socket, const proto::PacketView& packet) {
  if (socket.publisher == nullptr || !packet.ack_id) return {};
  return proto::publisher_key(*socket.publisher, *packet.ack_id);
}

}  // namespace

std::string_view PubSubPolicy::relay() const {
  switch (options_.relay) {
    case Relay::all:
      return "all";
    case Relay::rooms:
      return "rooms";
    case Relay::none:
      return "none";
  }
  return "none";
}

void PubSubPolicy::on_event(Socket& socket, const proto::PacketView& packet,
                            const std::vector<std::string>* attachments) {
  if (packet.event == options_.join_event) return change_rooms(socket, packet, true);
  if (packet.event == kLeaveEvent) return change_rooms(socket, packet, false);
  if (packet.event.starts_with(kOurPrefix)) {
    if (packet.event == proto::kEmitEvent) return emit(socket, packet, attachments);
    return refuse(socket, packet, "bad_request", "events that begin with \"sio:\" are reserved");
  }
  relay_event(socket, packet, attachments);
}

void PubSubPolicy::on_ack(Socket& socket, const proto::PacketView& packet,
                          const std::vector<std::string>* attachments) {
  if (hub_->group_dispatch().on_ack(socket, packet)) return;
  hub_->responders().on_ack(socket, packet, attachments);
}

void PubSubPolicy::refuse(Socket& socket, const proto::PacketView& packet, std::string_view code,
                          std::string_view message) {
  if (log_enabled(LogLevel::debug))
    log(LogLevel::debug, fmt::format("{} is refused {}: {}", socket.sid(), packet.event, message));
  if (packet.ack_id) hub_->send_ack(socket, *packet.ack_id, proto::encode_refusal(code, message));
}

void PubSubPolicy::change_rooms(Socket& socket, const proto::PacketView& packet, bool join) {
  const auto rooms = rooms_of(packet.args);
  if (!rooms)
    return refuse(socket, packet, refusal_code(rooms.error().code), rooms.error().message);
  if (join && socket.access != nullptr)
    if (const Status status = socket.access->check_rooms(*rooms); !status)
      return refuse(socket, packet, "forbidden", status.error().message);
  for (const std::string& room : *rooms) {
    if (!join) {
      hub_->leave(socket, room);
    } else if (const Status status = hub_->join(socket, room); !status) {
      return refuse(socket, packet, refusal_code(status.error().code), status.error().message);
    }
  }
  if (packet.ack_id) hub_->send_ack(socket, *packet.ack_id, rooms_reply(*rooms));
}

void PubSubPolicy::emit(Socket& socket, const proto::PacketView& packet,
                        const std::vector<std::string>* attachments) {
  const auto request = proto::parse_emit_request(packet.args);
  if (!request)
    return refuse(socket, packet, refusal_code(request.error().code), request.error().message);
  std::string items = request->numeric_name ? request->event : proto::json_string(request->event);
  if (!request->args.empty()) items += ',';
  items += request->args;
  const std::string key = key_of(socket, packet);
  const std::vector<std::string_view> rooms(request->rooms.begin(), request->rooms.end());
  if (socket.access != nullptr)
    if (const Status status = socket.access->check_publish(rooms); !status)
      return refuse(socket, packet, "forbidden", status.error().message);
  const std::vector<std::string_view> except(request->except.begin(), request->except.end());
  hub_->publish({.ns = &socket.ns,
                 .sender = &socket,
                 .event = request->event,
                 .items = items,
                 .args = std::string_view(items).substr(items.size() - request->args.size()),
                 .numeric_name = request->numeric_name,
                 .attachments = attachments,
                 .rooms = rooms,
                 .except = except,
                 .key = request->key.empty() ? std::string_view(key) : request->key,
                 .is_volatile = request->is_volatile,
                 .ack_id = packet.ack_id});
}

void PubSubPolicy::relay_event(Socket& socket, const proto::PacketView& packet,
                               const std::vector<std::string>* attachments) {
  std::vector<std::string_view> rooms;
  if (options_.relay == Relay::rooms)
    for (const Membership& membership : socket.rooms) rooms.push_back(membership.room->name);
  const bool is_relayed =
      options_.relay == Relay::all || (options_.relay == Relay::rooms && !rooms.empty());
  if (const Status status = check_relay(socket, rooms, is_relayed); !status)
    return refuse(socket, packet, "forbidden", status.error().message);
  if (packet.ack_id && !socket.ns.responders.empty() &&
      hub_->responders().ask(socket, packet, attachments, {is_relayed, rooms}))
    return;
  if (options_.relay == Relay::none)
    return refuse(socket, packet, "forbidden", "this server does not relay plain events");
  if (rooms.size() > proto::kMaxRoomsPerEvent)
    return refuse(socket, packet, "too_large", "you are in too many rooms to send to all of them");
  if (!is_relayed)
    return refuse(socket, packet, "bad_request", "join a room first: events go to your rooms");
  const std::string key = key_of(socket, packet);
  hub_->publish({.ns = &socket.ns,
                 .sender = &socket,
                 .event = packet.event,
                 .items = items_of(packet),
                 .args = packet.args,
                 .numeric_name = !packet.event_json.starts_with('"'),
                 .attachments = attachments,
                 .rooms = rooms,
                 .key = key,
                 .ack_id = packet.ack_id});
}

}  // namespace sio::server
