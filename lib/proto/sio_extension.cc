#include "proto/sio_extension.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"
#include "proto/wire_time.h"

namespace sio::proto {
namespace {

// Writes {"key":value,…}, leaving out what is not there.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void text(std::string_view name, std::string_view value) { append_json_string(key(name), value); }
  void text_if(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  template <typename Number>
  void number(std::string_view name, Number value) {
    fmt::format_to(std::back_inserter(key(name)), "{}", value);
  }
  void flag_if(std::string_view name, bool value) {
    if (value) key(name) += "true";
  }
  void list_if(std::string_view name, const std::vector<std::string>& values) {
    if (!values.empty()) list(name, values);
  }
  void list(std::string_view name, const std::vector<std::string>& values) {
    key(name) += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ',';
      append_json_string(out_, values[i]);
    }
    out_ += ']';
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

// What a list of names in a request may be.
struct ListLimits {
  std::size_t count;
  std::size_t length;
};
constexpr ListLimits kRoomsToJoin{kMaxRoomsPerSocket, kMaxRoomName};
constexpr ListLimits kRoomsToAddress{kMaxRoomsPerEvent, kMaxRoomName};
constexpr ListLimits kGlobs{kMaxGlobs, kMaxGlob};

tl::unexpected<Error> misfit(const MemberReader& member, std::string_view expected) {
  return fail(Errc::protocol, fmt::format("{}: expected {}", member.key_literal(), expected));
}

using Reading = std::string(std::string_view literal);

Result<std::string> text_of(const MemberReader& member, std::size_t max_length,
                            Reading* reading = json_unescape) {
  if (json_kind(member.value()) != JsonKind::string) return misfit(member, "a string");
  std::string text = reading(member.value());
  if (text.size() > max_length)
    return fail(Errc::too_large,
                fmt::format("{}: longer than {} bytes", member.key_literal(), max_length));
  return text;
}

Result<bool> flag_of(const MemberReader& member) {
  if (json_kind(member.value()) != JsonKind::boolean) return misfit(member, "true or false");
  return member.value() == "true";
}

Result<std::int64_t> integer_of(const MemberReader& member) {
  std::int64_t value = 0;
  const std::string_view text = member.value();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return misfit(member, "an integer");
  return value;
}

Status append_name(std::vector<std::string>& names, const MemberReader& member,
                   std::string_view value, ListLimits limits) {
  if (json_kind(value) != JsonKind::string) return misfit(member, "strings");
  if (names.size() == limits.count)
    return fail(Errc::too_large,
                fmt::format("{}: more than {} of them", member.key_literal(), limits.count));
  std::string name = json_name(value);
  if (name.size() > limits.length)
    return fail(Errc::too_large, fmt::format("{}: one is longer than {} bytes",
                                             member.key_literal(), limits.length));
  names.push_back(std::move(name));
  return {};
}

// An array of strings, or one string.
Result<std::vector<std::string>> list_of(const MemberReader& member, ListLimits limits) {
  std::vector<std::string> names;
  if (json_kind(member.value()) != JsonKind::array) {
    SIO_TRY_STATUS(append_name(names, member, member.value(), limits));
    return names;
  }
  for (ElementReader element(member.value()); element.next();)
    SIO_TRY_STATUS(append_name(names, member, element.value(), limits));
  return names;
}

// The first of the values in `args`, if it is an object.
std::optional<std::string_view> first_object(std::string_view args) {
  JsonScanner scanner(args);
  scanner.skip_space();
  const std::size_t start = scanner.offset();
  if (scanner.peek() != '{' || !scanner.skip_value()) return std::nullopt;
  return scanner.since(start);
}

std::optional<std::string_view> object_in(std::string_view object, std::string_view key) {
  if (object.empty()) return std::nullopt;
  const auto value = object_member(object, key);
  if (!value || json_kind(*value) != JsonKind::object) return std::nullopt;
  return value;
}

std::string string_in(std::string_view object, std::string_view key) {
  const auto value = object_member(object, key);
  if (!value || json_kind(*value) != JsonKind::string) return {};
  return json_unescape(*value);
}

// A number from 1 on.
template <typename Number>
Result<Number> count_of(const MemberReader& member) {
  SIO_TRY(const std::int64_t value, integer_of(member));
  if (value < 1 || value > std::int64_t{std::numeric_limits<std::int32_t>::max()})
    return misfit(member, "a number from 1 to 2147483647");
  return static_cast<Number>(value);
}

Result<std::string> position_of(const MemberReader& member) {
  std::string text;
  if (json_kind(member.value()) == JsonKind::number) {
    text = member.value();
  } else {
    SIO_TRY(text, text_of(member, 64));
  }
  if (!parse_position(text))
    return misfit(member, "all, now, a record id such as #k3f9-1042, or a time");
  return text;
}

Result<std::string> group_of(const MemberReader& member) {
  SIO_TRY(std::string name, text_of(member, kMaxGroupName));
  if (name.empty()) return misfit(member, "a name");
  return name;
}

Status read_group_member(Hello& hello, const MemberReader& member) {
  if (member.key_is("group")) {
    SIO_TRY(hello.group, group_of(member));
  } else if (member.key_is("inspect")) {
    SIO_TRY(hello.inspect, group_of(member));
  } else if (member.key_is("max_deliver")) {
    SIO_TRY(hello.max_deliver, count_of<std::uint32_t>(member));
  } else if (member.key_is("ack_wait")) {
    SIO_TRY(hello.ack_wait_ms, count_of<std::uint64_t>(member));
  } else if (member.key_is("window")) {
    SIO_TRY(hello.window, count_of<std::uint32_t>(member));
  } else if (member.key_is("limit")) {
    SIO_TRY(hello.limit, count_of<std::uint64_t>(member));
  }
  return {};
}

Status read_past_member(Hello& hello, const MemberReader& member) {
  if (member.key_is("since")) {
    SIO_TRY(hello.since, position_of(member));
  } else if (member.key_is("until")) {
    SIO_TRY(hello.until, position_of(member));
  } else if (member.key_is("tail")) {
    SIO_TRY(const std::int64_t count, integer_of(member));
    if (count < 0) return misfit(member, "a number from 0 on");
    hello.tail = static_cast<std::uint64_t>(count);
  } else if (member.key_is("all_rooms")) {
    SIO_TRY(hello.all_rooms, flag_of(member));
  } else {
    return read_group_member(hello, member);
  }
  return {};
}

// What does not go together.
Status check_hello(const Hello& hello) {
  const bool ends = hello.until.has_value() || !hello.inspect.empty();
  if (hello.all_rooms && !ends)
    return fail(Errc::protocol, "\"all_rooms\": it needs \"until\" or \"inspect\"");
  if (!hello.group.empty() && (ends || hello.tail))
    return fail(Errc::protocol,
                "\"group\": it does not go with \"until\", \"tail\" or \"inspect\"");
  return {};
}

Status read_hello_member(Hello& hello, const MemberReader& member) {
  if (member.key_is("meta")) {
    SIO_TRY(hello.meta, flag_of(member));
  } else if (member.key_is("rooms")) {
    SIO_TRY(hello.rooms, list_of(member, kRoomsToJoin));
  } else if (member.key_is("events")) {
    SIO_TRY(hello.events, list_of(member, kGlobs));
  } else if (member.key_is("respond")) {
    SIO_TRY(hello.respond, list_of(member, kGlobs));
  } else if (member.key_is("recover")) {
    SIO_TRY(hello.recover, flag_of(member));
  } else if (member.key_is("publisher")) {
    SIO_TRY(hello.publisher, text_of(member, 64));
  } else {
    return read_past_member(hello, member);
  }
  return {};
}

Status read_emit_name(EmitRequest& request, const MemberReader& member) {
  request.numeric_name = json_kind(member.value()) == JsonKind::number;
  if (request.numeric_name) {
    request.event = member.value();
    if (request.event.size() > kMaxEventName) return misfit(member, "a shorter number");
    return {};
  }
  SIO_TRY(request.event, text_of(member, kMaxEventName, json_name));
  if (is_reserved_event(request.event)) return misfit(member, "a name that is not reserved");
  return {};
}

Status read_emit_member(EmitRequest& request, const MemberReader& member) {
  if (member.key_is("event")) {
    SIO_TRY_STATUS(read_emit_name(request, member));
  } else if (member.key_is("args")) {
    if (json_kind(member.value()) != JsonKind::array) return misfit(member, "an array");
    request.args = member.value().substr(1, member.value().size() - 2);
    if (JsonScanner rest(request.args); rest.skip_space(), rest.at_end()) request.args.clear();
  } else if (member.key_is("rooms")) {
    SIO_TRY(request.rooms, list_of(member, kRoomsToAddress));
  } else if (member.key_is("except")) {
    SIO_TRY(request.except, list_of(member, kRoomsToAddress));
  } else if (member.key_is("id")) {
    SIO_TRY(request.key, text_of(member, kMaxRoomName));
  } else if (member.key_is("volatile")) {
    SIO_TRY(request.is_volatile, flag_of(member));
  }
  return {};
}

Status read_meta_member(EventMeta& meta, const MemberReader& member) {
  if (member.key_is("id")) {
    SIO_TRY(meta.id, text_of(member, 64));
  } else if (member.key_is("time")) {
    SIO_TRY(meta.time_ms, integer_of(member));
  } else if (member.key_is("rooms")) {
    SIO_TRY(meta.rooms, list_of(member, kRoomsToAddress));
  } else if (member.key_is("from")) {
    SIO_TRY(meta.from, text_of(member, kMaxRoomName));
  } else if (member.key_is("replay")) {
    SIO_TRY(meta.replay, flag_of(member));
  } else if (member.key_is("group")) {
    SIO_TRY(meta.group, text_of(member, kMaxGroupName));
  } else if (member.key_is("delivery")) {
    SIO_TRY(meta.delivery, count_of<std::uint32_t>(member));
  } else if (member.key_is("dead_rooms")) {
    SIO_TRY(meta.dead_rooms, list_of(member, kRoomsToAddress));
    meta.dead = true;
  }
  return {};
}

}  // namespace

std::string encode_hello(const Hello& hello) {
  std::string out;
  ObjectWriter writer(out);
  writer.number("v", kExtensionVersion);
  writer.flag_if("meta", hello.meta);
  writer.list_if("rooms", hello.rooms);
  writer.list_if("events", hello.events);
  writer.list_if("respond", hello.respond);
  if (hello.since) writer.text("since", *hello.since);
  if (hello.until) writer.text("until", *hello.until);
  if (hello.tail) writer.number("tail", *hello.tail);
  writer.flag_if("all_rooms", hello.all_rooms);
  writer.text_if("group", hello.group);
  writer.text_if("inspect", hello.inspect);
  if (hello.max_deliver) writer.number("max_deliver", *hello.max_deliver);
  if (hello.ack_wait_ms) writer.number("ack_wait", *hello.ack_wait_ms);
  if (hello.window) writer.number("window", *hello.window);
  if (hello.limit) writer.number("limit", *hello.limit);
  writer.text_if("publisher", hello.publisher);
  writer.flag_if("recover", hello.recover);
  writer.end();
  return out;
}

Result<std::optional<Hello>> parse_hello(std::string_view connect_payload) {
  if (connect_payload.empty()) return std::nullopt;
  const auto sio = object_member(connect_payload, "sio");
  if (!sio) return std::nullopt;
  if (json_kind(*sio) != JsonKind::object)
    return fail(Errc::protocol, "\"sio\": expected an object");
  Hello hello;
  for (MemberReader member(*sio); member.next();)
    if (Status status = read_hello_member(hello, member); !status)
      return fail_in("\"sio\"", std::move(status.error()));
  if (Status status = check_hello(hello); !status)
    return fail_in("\"sio\"", std::move(status.error()));
  return hello;
}

std::string auth_with_hello(std::string_view auth, const Hello& hello) {
  std::string out = "{";
  if (!auth.empty()) {
    for (MemberReader member(auth); member.next();) {
      if (member.key_is("sio")) continue;
      out += member.key_literal();
      out += ':';
      out += member.value();
      out += ',';
    }
  }
  out += "\"sio\":";
  out += encode_hello(hello);
  out += '}';
  return out;
}

std::string encode_welcome(const Welcome& welcome) {
  std::string out;
  ObjectWriter writer(out);
  writer.number("v", kExtensionVersion);
  writer.text("server", welcome.server);
  writer.text("store", welcome.store);
  writer.text("last", welcome.last);
  writer.text("relay", welcome.relay);
  writer.list_if("features", welcome.features);
  writer.end();
  return out;
}

std::optional<Welcome> parse_welcome(std::string_view connect_reply) {
  const auto sio = object_in(connect_reply, "sio");
  if (!sio) return std::nullopt;
  Welcome welcome{string_in(*sio, "server"), string_in(*sio, "store"), string_in(*sio, "last"),
                  string_in(*sio, "relay")};
  if (welcome.server.empty()) return std::nullopt;
  if (const auto features = object_member(*sio, "features");
      features && json_kind(*features) == JsonKind::array) {
    for (ElementReader element(*features); element.next();)
      if (json_kind(element.value()) == JsonKind::string)
        welcome.features.push_back(json_unescape(element.value()));
  }
  return welcome;
}

bool Welcome::can(std::string_view feature) const {
  return std::ranges::find(features, feature) != features.end();
}

void append_meta(std::string& out, const EventMeta& meta) {
  ObjectWriter writer(out);
  writer.text_if("id", meta.id);
  if (meta.time_ms != 0) writer.number("time", meta.time_ms);
  writer.list_if("rooms", meta.rooms);
  writer.text_if("from", meta.from);
  writer.flag_if("replay", meta.replay);
  writer.text_if("group", meta.group);
  if (meta.delivery > 0) writer.number("delivery", meta.delivery);
  if (meta.dead) writer.list("dead_rooms", meta.dead_rooms);
  writer.end();
}

Result<EventMeta> parse_meta(std::string_view json) {
  if (json_kind(json) != JsonKind::object)
    return fail(Errc::protocol, "event metadata: expected an object");
  EventMeta meta;
  for (MemberReader member(json); member.next();)
    if (Status status = read_meta_member(meta, member); !status)
      return fail_in("event metadata", std::move(status.error()));
  return meta;
}

std::string publisher_key(std::string_view publisher, std::uint64_t ack_id) {
  return fmt::format("{}.{}", publisher, ack_id);
}

std::string format_record_id(std::string_view store, std::uint64_t seq) {
  return fmt::format("#{}-{}", store, seq);
}

std::optional<RecordId> parse_record_id(std::string_view text) {
  if (!text.starts_with('#')) return std::nullopt;
  text.remove_prefix(1);
  RecordId id;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    id.store = text.substr(0, dash);
    text.remove_prefix(dash + 1);
    const auto in_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (id.store.empty() || id.store.size() > 16 || !std::ranges::all_of(id.store, in_name))
      return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.seq);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::optional<Position> parse_position(std::string_view text) {
  if (text == "all") return Position{.kind = Position::Kind::all};
  if (text == "now") return Position{.kind = Position::Kind::now};
  if (const auto id = parse_record_id(text))
    return Position{.kind = Position::Kind::record, .record = *id};
  if (const auto time_ms = parse_wire_time(text))
    return Position{.kind = Position::Kind::time, .time_ms = *time_ms};
  return std::nullopt;
}

std::string encode_emit_request(const EmitRequest& request) {
  std::string out;
  ObjectWriter writer(out);
  if (request.numeric_name)
    writer.key("event") += request.event;
  else
    writer.text("event", request.event);
  if (!request.args.empty()) {
    writer.key("args") += '[';
    out += request.args;
    out += ']';
  }
  writer.list_if("rooms", request.rooms);
  writer.list_if("except", request.except);
  writer.text_if("id", request.key);
  writer.flag_if("volatile", request.is_volatile);
  writer.end();
  return out;
}

Result<EmitRequest> parse_emit_request(std::string_view args) {
  const auto object = first_object(args);
  if (!object) return fail(Errc::protocol, "expected an object with the member \"event\"");
  EmitRequest request;
  bool has_event = false;
  for (MemberReader member(*object); member.next();) {
    has_event = has_event || member.key_is("event");
    SIO_TRY_STATUS(read_emit_member(request, member));
  }
  if (!has_event) return fail(Errc::protocol, "\"event\": it is missing");
  return request;
}

std::string encode_refusal(std::string_view code, std::string_view message) {
  std::string out = "{\"error\":";
  ObjectWriter writer(out);
  writer.text("code", code);
  writer.text("message", message);
  writer.end();
  out += '}';
  return out;
}

std::optional<Refusal> parse_refusal(std::string_view args) {
  const auto object = first_object(args);
  if (!object) return std::nullopt;
  const auto error = object_in(*object, "error");
  if (!error) return std::nullopt;
  Refusal refusal{string_in(*error, "code"), string_in(*error, "message")};
  if (refusal.code.empty()) return std::nullopt;
  return refusal;
}

std::string encode_receipt(std::string_view id) {
  std::string out;
  ObjectWriter writer(out);
  if (id.empty())
    writer.key("id") += "null";
  else
    writer.text("id", id);
  writer.end();
  return out;
}

std::optional<std::string> parse_receipt(std::string_view args) {
  const auto object = first_object(args);
  if (!object) return std::nullopt;
  const auto id = object_member(*object, "id");
  if (!id) return std::nullopt;
  if (json_kind(*id) == JsonKind::null) return std::string();
  if (json_kind(*id) != JsonKind::string) return std::nullopt;
  return json_unescape(*id);
}

}  // namespace sio::proto
