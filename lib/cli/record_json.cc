#include "cli/record_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"
#include "proto/wire_time.h"

namespace sio::cli {
namespace {

using proto::JsonKind;
using proto::MemberReader;

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

// JSON text on one line. A line break in it is white space between tokens (inside a string it would
// be an escape), so it can go.
void append_one_line(std::string& out, std::string_view json) {
  const bool has_break =
      json.find('\n') != std::string_view::npos || json.find('\r') != std::string_view::npos;
  if (!has_break) {
    out += json;
    return;
  }
  for (const char c : json)
    if (c != '\n' && c != '\r') out += c;
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  proto::append_json_string(out, value);
}

void append_text_if(std::string& out, std::string_view key, std::string_view value) {
  if (!value.empty()) append_text(out, key, value);
}

void append_ns_if_named(std::string& out, std::string_view ns) {
  if (ns != "/") append_text_if(out, R"(,"ns":)", ns);
}

void append_args(std::string& out, std::string_view args) {
  out += R"(,"args":[)";
  append_one_line(out, args);
  out += ']';
}

void append_rooms(std::string& out, std::span<const std::string> rooms) {
  if (rooms.empty()) return;
  out += R"(,"rooms":)";
  append_json_list(out, rooms);
}

}  // namespace

void append_time(std::string& out, std::int64_t time_ms) {
  proto::append_wire_time(out, time_ms);
}

void append_json_list(std::string& out, std::span<const std::string> texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    proto::append_json_string(out, texts[i]);
  }
  out += ']';
}

void append_record(std::string& out, const EventRecord& record) {
  out += R"({"type":"event","time":")";
  append_time(out, record.time_ms);
  out += '"';
  append_text(out, R"(,"ns":)", record.ns);
  out += R"(,"event":)";
  out += record.event_json;
  append_args(out, record.args);
  append_text_if(out, R"(,"id":)", record.id);
  append_rooms(out, record.rooms);
  append_text_if(out, R"(,"from":)", record.from);
  if (record.ack) {
    out += R"(,"ack":)";
    append_number(out, *record.ack);
  }
  if (record.replay) out += R"(,"replay":true)";
  if (record.delivery > 0) {
    out += R"(,"delivery":)";
    append_number(out, record.delivery);
  }
  append_text_if(out, R"(,"group":)", record.group);
  if (record.dead) {
    out += R"(,"dead_rooms":)";
    append_json_list(out, record.dead_rooms);
  }
  append_text_if(out, R"(,"offset":)", record.offset);
  out += "}\n";
}

void append_record(std::string& out, const AckRecord& record) {
  out += R"({"type":"ack","event":)";
  out += record.event_json;
  append_args(out, record.args);
  append_text_if(out, R"(,"id":)", record.id);
  fmt::format_to(std::back_inserter(out), ",\"ms\":{:.1f}}}\n", record.ms);
}

namespace {

void open_record(std::string& out, std::string_view type, std::int64_t time_ms) {
  ((out += R"({"type":")") += type) += R"(","time":")";
  append_time(out, time_ms);
  out += '"';
}

void append_retry(std::string& out, const std::optional<double>& seconds) {
  if (seconds) fmt::format_to(std::back_inserter(out), ",\"retry\":{:.1f}", *seconds);
}

}  // namespace

void append_record(std::string& out, const ConnectRecord& record) {
  open_record(out, "connect", record.time_ms);
  append_ns_if_named(out, record.ns);
  append_text(out, R"(,"sid":)", record.sid);
  append_text(out, R"(,"transport":)", record.transport);
  out += record.recovered ? R"(,"recovered":true)" : R"(,"recovered":false)";
  append_text_if(out, R"(,"server":)", record.server);
  out += "}\n";
}

void append_record(std::string& out, const ConnectErrorRecord& record) {
  open_record(out, "connect_error", record.time_ms);
  append_text(out, R"(,"message":)", record.message);
  append_retry(out, record.retry_s);
  out += "}\n";
}

void append_record(std::string& out, const ReconnectRecord& record) {
  open_record(out, "reconnect", record.time_ms);
  out += R"(,"attempt":)";
  append_number(out, record.attempt);
  out += "}\n";
}

void append_record(std::string& out, const PingRecord& record) {
  open_record(out, "ping", record.time_ms);
  out += "}\n";
}

void append_record(std::string& out, const JoinRecord& record) {
  open_record(out, "join", record.time_ms);
  append_ns_if_named(out, record.ns);
  append_text(out, R"(,"room":)", record.room);
  if (record.is_asked) out += R"(,"asked":true)";
  out += "}\n";
}

void append_record(std::string& out, const LeaveRecord& record) {
  open_record(out, "leave", record.time_ms);
  append_text(out, R"(,"ns":)", record.ns);
  append_text(out, R"(,"reason":)", record.reason);
  out += "}\n";
}

void append_record(std::string& out, const DisconnectRecord& record) {
  open_record(out, "disconnect", record.time_ms);
  append_ns_if_named(out, record.ns);
  append_text(out, R"(,"reason":)", record.reason);
  append_retry(out, record.retry_s);
  out += "}\n";
}

void append_record(std::string& out, const GapRecord& record) {
  open_record(out, "gap", record.time_ms);
  append_ns_if_named(out, record.ns);
  append_text_if(out, R"(,"after":)", record.after);
  append_text_if(out, R"(,"before":)", record.before);
  append_text(out, R"(,"reason":)", record.reason);
  out += "}\n";
}

void append_record(std::string& out, const ErrorRecord& record) {
  open_record(out, "error", record.time_ms);
  out += R"(,"code":)";
  append_number(out, static_cast<std::uint64_t>(record.code));
  append_text(out, R"(,"message":)", record.message);
  if (!record.data.empty()) {
    out += R"(,"data":)";
    append_one_line(out, record.data);
  }
  append_text_if(out, R"(,"hint":)", record.hint);
  out += "}\n";
}

namespace {

tl::unexpected<Error> misfit(std::string_view member, std::string_view problem) {
  return fail(Errc::usage, fmt::format("\"{}\": {}", member, problem));
}

using Reading = std::string(std::string_view literal);

Result<std::string> text_of(std::string_view member, std::string_view value, std::size_t max_length,
                            Reading* reading = proto::json_unescape) {
  if (proto::json_kind(value) != JsonKind::string) return misfit(member, "expected a string");
  std::string text = reading(value);
  if (text.size() > max_length)
    return misfit(member, fmt::format("longer than {} bytes", max_length));
  return text;
}

Result<std::vector<std::string>> rooms_of(std::string_view value) {
  if (proto::json_kind(value) != JsonKind::array) return misfit("rooms", "expected an array");
  std::vector<std::string> rooms;
  for (proto::ElementReader element(value); element.next();) {
    if (rooms.size() == proto::kMaxRoomsPerEvent)
      return misfit("rooms", fmt::format("more than {} rooms", proto::kMaxRoomsPerEvent));
    SIO_TRY(std::string room,
            text_of("rooms", element.value(), proto::kMaxRoomName, proto::json_name));
    rooms.push_back(std::move(room));
  }
  return rooms;
}

Result<std::string> ns_of(std::string_view value) {
  SIO_TRY(std::string ns, text_of("ns", value, proto::kMaxNamespaceName));
  if (!ns.starts_with('/')) return misfit("ns", "a namespace begins with /");
  if (ns.find(',') != std::string::npos) return misfit("ns", "a namespace cannot have a comma");
  return ns;
}

Status read_event_name(InputRecord& record, std::string_view value) {
  const JsonKind kind = proto::json_kind(value);
  record.event_json = value;
  if (kind == JsonKind::number) {
    record.event = value;
    return {};
  }
  SIO_TRY(record.event, text_of("event", value, proto::kMaxEventName, proto::json_name));
  if (proto::is_reserved_event(record.event))
    return misfit("event", fmt::format("the protocol reserves \"{}\"", record.event));
  return {};
}

Status read_args(InputRecord& record, std::string_view value) {
  if (proto::json_kind(value) != JsonKind::array) return misfit("args", "expected an array");
  record.args = value.substr(1, value.size() - 2);
  if (record.args.find_first_not_of(" \t\r\n") == std::string_view::npos) record.args = {};
  return {};
}

// The members of a line, before it is known what it is.
struct Members {
  std::optional<std::string_view> type;
  std::optional<std::string_view> event;
  std::optional<std::string_view> args;
  std::optional<std::string_view> ns;
  std::optional<std::string_view> rooms;
  std::optional<std::string_view> id;
  std::optional<std::string_view> group;
  std::optional<std::string_view> ack;
  std::optional<std::string_view> time;
  std::optional<std::string_view> from;
  std::optional<std::string_view> delivery;
};

Members members_of(std::string_view object) {
  using Slot = std::pair<std::string_view, std::optional<std::string_view> Members::*>;
  static constexpr std::array<Slot, 11> kSlots = {{{"type", &Members::type},
                                                   {"event", &Members::event},
                                                   {"args", &Members::args},
                                                   {"ns", &Members::ns},
                                                   {"rooms", &Members::rooms},
                                                   {"id", &Members::id},
                                                   {"group", &Members::group},
                                                   {"ack", &Members::ack},
                                                   {"time", &Members::time},
                                                   {"from", &Members::from},
                                                   {"delivery", &Members::delivery}}};
  Members members;
  for (MemberReader member(object); member.next();) {
    const auto slot = std::ranges::find_if(
        kSlots, [&](const Slot& candidate) { return member.key_is(candidate.first); });
    if (slot != kSlots.end()) members.*(slot->second) = member.value();
  }
  return members;
}

// What only says how the event was: of no consequence, so nothing is wrong with any value.
void read_told(InputRecord& record, const Members& members) {
  if (members.time) record.time = *members.time;
  if (members.from && proto::json_kind(*members.from) == JsonKind::string)
    record.from = proto::json_unescape(*members.from);
  if (members.delivery) {
    const std::string_view digits = *members.delivery;
    std::from_chars(digits.data(), digits.data() + digits.size(), record.delivery);
  }
}

Result<InputRecord> event_record(const Members& members) {
  InputRecord record;
  record.kind = InputRecord::Kind::event;
  if (!members.event) return misfit("event", "it is missing");
  SIO_TRY_STATUS(read_event_name(record, *members.event));
  if (members.args) SIO_TRY_STATUS(read_args(record, *members.args));
  if (members.ns) {
    SIO_TRY(record.ns, ns_of(*members.ns));
  }
  if (members.rooms) {
    SIO_TRY(record.rooms, rooms_of(*members.rooms));
  }
  if (members.id) {
    SIO_TRY(record.id, text_of("id", *members.id, proto::kMaxRoomName));
  }
  if (members.group) {
    SIO_TRY(record.group, text_of("group", *members.group, proto::kMaxRoomName));
  }
  read_told(record, members);
  return record;
}

Result<InputRecord> ack_record(const Members& members) {
  InputRecord record;
  if (!members.ack) return record;  // it reports an answer; it does not give one
  record.kind = InputRecord::Kind::ack;
  const std::string_view digits = *members.ack;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), record.ack);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return misfit("ack", "expected the number that came with the event");
  if (members.args) SIO_TRY_STATUS(read_args(record, *members.args));
  if (members.ns) {
    SIO_TRY(record.ns, ns_of(*members.ns));
  }
  return record;
}

}  // namespace

Result<InputRecord> parse_input_record(std::string_view line) {
  auto kind = proto::check_json(line);
  if (!kind) return fail(Errc::usage, fmt::format("not JSON: {}", kind.error().message));
  if (*kind != JsonKind::object)
    return fail(Errc::usage, "expected a JSON object, a record as listen prints it");
  const Members members = members_of(line);
  if (!members.type) return event_record(members);
  SIO_TRY(const std::string type, text_of("type", *members.type, proto::kMaxEventName));
  if (type == "event") return event_record(members);
  if (type == "ack") return ack_record(members);
  return InputRecord{};
}

}  // namespace sio::cli
