#include "server/app_command.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"

namespace sio::server {
namespace {

using Type = AppCommand::Type;
using proto::JsonKind;

constexpr std::array<std::pair<std::string_view, Type>, 8> kTypes = {{
    {"event", Type::event},
    {"ack", Type::ack},
    {"join", Type::join},
    {"leave", Type::leave},
    {"disconnect", Type::disconnect},
    {"accept", Type::accept},
    {"refuse", Type::refuse},
    {"options", Type::options},
}};

tl::unexpected<Error> misfit(std::string_view member, std::string_view expected) {
  return fail(Errc::protocol, fmt::format("\"{}\": expected {}", member, expected));
}

// Reads the members of one checked object.
class Members {
 public:
  explicit Members(std::string_view object) : object_(object) {}

  std::optional<std::string_view> raw(std::string_view key) const {
    return proto::object_member(object_, key);
  }

  // Empty when it is not there.
  Result<std::string> text(std::string_view key) const {
    const auto value = raw(key);
    if (!value) return std::string();
    if (proto::json_kind(*value) != JsonKind::string) return misfit(key, "a string");
    return proto::json_unescape(*value);
  }

  // An event's name, which is passed on.
  Result<std::string> name(std::string_view key) const {
    SIO_TRY_STATUS(needed_text(key));
    return proto::json_name(*raw(key));
  }

  Result<std::string> needed_text(std::string_view key) const {
    SIO_TRY(std::string value, text(key));
    if (value.empty()) return misfit(key, "a string that is not empty");
    return value;
  }

  Result<bool> flag(std::string_view key) const {
    const auto value = raw(key);
    if (!value) return false;
    if (proto::json_kind(*value) != JsonKind::boolean) return misfit(key, "true or false");
    return *value == "true";
  }

  // A string, or an array of strings.
  Result<std::vector<std::string>> list(std::string_view key) const {
    std::vector<std::string> list;
    const auto value = raw(key);
    if (!value) return list;
    std::vector<std::string_view> items{*value};
    if (proto::json_kind(*value) == JsonKind::array) items = proto::array_elements(*value);
    if (items.size() > proto::kMaxRoomsPerEvent)
      return fail(Errc::too_large,
                  fmt::format("\"{}\": more than {}", key, proto::kMaxRoomsPerEvent));
    for (const std::string_view item : items) {
      if (proto::json_kind(item) != JsonKind::string) return misfit(key, "strings");
      list.push_back(proto::json_name(item));
    }
    return list;
  }

  Result<std::optional<std::uint64_t>> number(std::string_view key) const {
    const auto value = raw(key);
    if (!value || *value == "null") return std::optional<std::uint64_t>();
    std::uint64_t number = 0;
    const char* const end = value->data() + value->size();
    const auto [stop, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc{} || stop != end) return misfit(key, "a whole number");
    return number;
  }

  Result<proto::WireArgs> args() const {
    const auto value = raw("args");
    if (!value) return proto::WireArgs();
    if (proto::json_kind(*value) != JsonKind::array) return misfit("args", "an array");
    const std::string_view inside = value->substr(1, value->size() - 2);
    if (inside.find_first_not_of(" \t\r\n") == std::string_view::npos) return proto::WireArgs();
    auto wire = proto::to_wire_args(inside);
    if (!wire) return fail_in("\"args\"", std::move(wire.error()));
    return wire;
  }

 private:
  std::string_view object_;
};

Result<Type> type_of(const Members& members) {
  SIO_TRY(const std::string name, members.needed_text("type"));
  const auto it = std::ranges::find(kTypes, name, &std::pair<std::string_view, Type>::first);
  if (it == kTypes.end())
    return fail(Errc::protocol, fmt::format("\"type\": no such one: {}", name));
  return it->second;
}

Status read_args(const Members& members, AppCommand& command) {
  SIO_TRY(proto::WireArgs wire, members.args());
  command.args = std::move(wire.args);
  command.attachments = std::move(wire.attachments);
  return {};
}

Status read_event(const Members& members, AppCommand& command) {
  SIO_TRY(command.event, members.name("event"));
  if (proto::is_reserved_event(command.event))
    return misfit("event", "a name that is not reserved");
  if (command.event.size() > proto::kMaxEventName) return misfit("event", "a shorter name");
  SIO_TRY(command.to, members.list("to"));
  SIO_TRY(command.except, members.list("except"));
  SIO_TRY(command.ack, members.number("ack"));
  SIO_TRY(command.is_volatile, members.flag("volatile"));
  SIO_TRY(std::string ns, members.text("ns"));
  if (!ns.empty()) command.ns = std::move(ns);
  return read_args(members, command);
}

Status read_ack(const Members& members, AppCommand& command) {
  SIO_TRY(command.sid, members.needed_text("from"));
  SIO_TRY(command.ack, members.number("ack"));
  if (!command.ack) return misfit("ack", "the number of the event that is answered");
  return read_args(members, command);
}

Status read_refusal(const Members& members, AppCommand& command) {
  SIO_TRY(command.message, members.text("message"));
  if (command.message.empty()) command.message = "refused";
  command.data = members.raw("data").value_or("");
  return {};
}

Status read_members(const Members& members, AppCommand& command) {
  if (command.type == Type::event) return read_event(members, command);
  if (command.type == Type::ack) return read_ack(members, command);
  if (command.type == Type::options) {
    SIO_TRY(command.decide, members.flag("decide"));
    return {};
  }
  SIO_TRY(command.sid, members.needed_text("sid"));
  if (command.type == Type::refuse) return read_refusal(members, command);
  if (command.type == Type::disconnect) {
    SIO_TRY(command.close, members.flag("close"));
  } else if (command.type == Type::join || command.type == Type::leave) {
    SIO_TRY(command.rooms, members.list("rooms"));
    if (command.rooms.empty()) return misfit("rooms", "a room, or an array of rooms");
  }
  return {};
}

}  // namespace

Result<AppCommand> parse_app_command(std::string_view line) {
  SIO_TRY(const JsonKind kind, proto::check_json(line));
  if (kind != JsonKind::object) return fail(Errc::protocol, "expected a JSON object");
  const std::size_t begin = line.find('{');
  const Members members(line.substr(begin, line.rfind('}') - begin + 1));
  AppCommand command;
  SIO_TRY(command.type, type_of(members));
  SIO_TRY_STATUS(read_members(members, command));
  return command;
}

}  // namespace sio::server
