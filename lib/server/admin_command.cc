#include "server/admin_command.h"

#include <fmt/format.h>

#include "proto/json_text.h"
#include "proto/limits.h"
#include "server/door_request.h"

namespace sio::server {
namespace {

using Type = AdminCommand::Type;
using proto::JsonKind;

tl::unexpected<Error> misfit(std::string_view what, std::string_view expected) {
  return fail(Errc::protocol, fmt::format("{}: expected {}", what, expected));
}

Result<Type> type_of(std::string_view event) {
  if (event == "emit") return Type::emit;
  if (event == "join") return Type::join;
  if (event == "leave") return Type::leave;
  if (event == "_disconnect") return Type::disconnect;
  return fail(Errc::not_found, "no such command");
}

// The arguments, by their places.
class Arguments {
 public:
  explicit Arguments(std::string_view array) : values_(proto::array_elements(array)) {}

  std::size_t size() const { return values_.size(); }
  std::string_view raw(std::size_t place) const {
    return place < values_.size() ? values_[place] : "null";
  }

  Result<std::string> text(std::size_t place, std::string_view what) const {
    if (proto::json_kind(raw(place)) != JsonKind::string) return misfit(what, "a string");
    return proto::json_name(raw(place));
  }

  Result<std::string> ns() const {
    SIO_TRY(std::string name, text(0, "namespace"));
    if (!name.starts_with('/') || name.size() > proto::kMaxNamespaceName)
      return misfit("namespace", "a name that begins with /");
    return name;
  }

  Result<std::string> filter(std::size_t place) const {
    if (proto::json_kind(raw(place)) == JsonKind::null) return std::string();
    return text(place, "filter");
  }

  Result<std::vector<std::string>> rooms(std::size_t place) const {
    std::vector<std::string_view> names{raw(place)};
    if (proto::json_kind(raw(place)) == JsonKind::array) names = proto::array_elements(raw(place));
    if (names.size() > proto::kMaxRoomsPerEvent)
      return fail(Errc::too_large, fmt::format("more than {} rooms", proto::kMaxRoomsPerEvent));
    std::vector<std::string> rooms;
    for (const std::string_view name : names) {
      if (proto::json_kind(name) != JsonKind::string) return misfit("room", "a string");
      rooms.push_back(proto::json_name(name));
    }
    return rooms;
  }

  // From this place to the end, as they were written.
  std::string_view from(std::size_t place) const {
    if (place >= values_.size()) return {};
    const char* const begin = values_[place].data();
    const char* const end = values_.back().data() + values_.back().size();
    return {begin, static_cast<std::size_t>(end - begin)};
  }

 private:
  std::vector<std::string_view> values_;
};

Status read_emit(const Arguments& arguments, AdminCommand& command) {
  SIO_TRY(command.filter, arguments.filter(1));
  SIO_TRY(command.event, arguments.text(2, "event"));
  SIO_TRY_STATUS(check_publishable(command.event));
  command.items = arguments.raw(2);
  const std::string_view args = arguments.from(3);
  if (!args.empty()) command.items += ',';
  command.args_begin = command.items.size();
  command.items += args;
  return {};
}

Status read_disconnect(const Arguments& arguments, AdminCommand& command) {
  const std::string_view close = arguments.raw(1);
  const JsonKind kind = proto::json_kind(close);
  if (kind != JsonKind::boolean && kind != JsonKind::null) return misfit("close", "true or false");
  command.close = close == "true";
  SIO_TRY(command.filter, arguments.filter(2));
  return {};
}

}  // namespace

Result<AdminCommand> parse_admin_command(std::string_view event, std::string_view args) {
  AdminCommand command;
  SIO_TRY(command.type, type_of(event));
  const std::string array = fmt::format("[{}]", args);
  const Arguments arguments(array);
  SIO_TRY(command.ns, arguments.ns());
  if (command.type == Type::emit) {
    SIO_TRY_STATUS(read_emit(arguments, command));
  } else if (command.type == Type::disconnect) {
    SIO_TRY_STATUS(read_disconnect(arguments, command));
  } else {
    SIO_TRY(command.rooms, arguments.rooms(1));
    SIO_TRY(command.filter, arguments.filter(2));
  }
  return command;
}

}  // namespace sio::server
