#include "server/door_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/percent.h"
#include "base/utf8.h"
#include "proto/handshake.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"

namespace sio::server {
namespace {

tl::unexpected<Error> misfit(std::string_view key, std::string_view value,
                             std::string_view expected) {
  return fail(Errc::usage, fmt::format("{}={}: expected {}", key, value.substr(0, 50), expected));
}

Status check_size(std::string_view key, std::string_view value, std::size_t max) {
  if (value.empty() || value.size() > max)
    return fail(Errc::usage, fmt::format("{}: expected 1 to {} bytes", key, max));
  return {};
}

Status check_text(std::string_view key, std::string_view value, std::size_t max) {
  SIO_TRY_STATUS(check_size(key, value, max));
  if (find_bad_utf8(value) != std::string_view::npos)
    return fail(Errc::usage, fmt::format("{}: not UTF-8", key));
  return {};
}

Status add_to(std::vector<std::string>& list, std::string_view key, const std::string& value,
              std::size_t max_count, std::size_t max_length) {
  SIO_TRY_STATUS(check_text(key, value, max_length));
  if (list.size() == max_count)
    return fail(Errc::usage, fmt::format("{}: more than {} of them", key, max_count));
  list.push_back(value);
  return {};
}

Status set_namespace(std::string& ns, std::string_view key, const std::string& value) {
  SIO_TRY_STATUS(check_text(key, value, proto::kMaxNamespaceName - 1));
  if (value.find(',') != std::string::npos || value.find('?') != std::string::npos)
    return misfit(key, value, "a namespace, without , and ?");
  ns = value.starts_with('/') ? value : "/" + value;
  return {};
}

Status set_flag(bool& flag, std::string_view key, std::string_view value) {
  if (value != "1" && value != "0" && value != "true" && value != "false")
    return misfit(key, value, "1 or 0");
  flag = value == "1" || value == "true";
  return {};
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// 10m, in milliseconds.
std::optional<std::int64_t> duration_in(std::string_view text) {
  constexpr std::pair<char, std::int64_t> kUnits[] = {
      {'s', 1'000}, {'m', 60'000}, {'h', 3'600'000}, {'d', 86'400'000}};
  constexpr std::int64_t kMost = 36'500;
  if (text.size() < 2) return std::nullopt;
  const auto* const unit =
      std::ranges::find(kUnits, text.back(), &std::pair<char, std::int64_t>::first);
  const auto count = number_in<std::uint32_t>(text.substr(0, text.size() - 1));
  if (unit == std::end(kUnits) || !count || *count * (unit->second / 1'000) > kMost * 86'400)
    return std::nullopt;
  return *count * unit->second;
}

Status take_emit(EmitQuery& query, const std::string& key, const std::string& value) {
  if (key == "ns") return set_namespace(query.ns, key, value);
  if (key == "room")
    return add_to(query.rooms, key, value, proto::kMaxRoomsPerEvent, proto::kMaxRoomName);
  if (key == "except")
    return add_to(query.except, key, value, proto::kMaxRoomsPerEvent, proto::kMaxRoomName);
  if (key == "volatile") return set_flag(query.is_volatile, key, value);
  if (key != "id")
    return fail(Errc::usage, fmt::format("unknown parameter {}: there are ns, room, except, id and "
                                         "volatile",
                                         key.substr(0, 50)));
  SIO_TRY_STATUS(check_text(key, value, proto::kMaxEventName));
  query.key = value;
  return {};
}

Status take_events(EventsQuery& query, const std::string& key, const std::string& value,
                   std::int64_t now_ms) {
  if (key == "ns") return set_namespace(query.ns, key, value);
  if (key == "room")
    return add_to(query.hello.rooms, key, value, proto::kMaxRoomsPerEvent, proto::kMaxRoomName);
  if (key == "event")
    return add_to(query.hello.events, key, value, proto::kMaxGlobs, proto::kMaxGlob);
  if (key == "poll") return set_flag(query.poll, key, value);
  if (key == "since") {
    query.hello.since = parse_since(value, now_ms);
    if (!query.hello.since)
      return misfit(key, value, "all, now, an id, 10m, or a time as in RFC 3339");
    return {};
  }
  if (key != "tail")
    return fail(Errc::usage, fmt::format("unknown parameter {}: there are ns, event, room, since, "
                                         "tail and poll",
                                         key.substr(0, 50)));
  query.hello.tail = number_in<std::uint64_t>(value);
  if (!query.hello.tail) return misfit(key, value, "a number");
  return {};
}

}  // namespace

std::string path_of(std::string_view target) {
  return percent_decoded(target.substr(0, target.find('?')));
}

Status check_publishable(std::string_view event) {
  SIO_TRY_STATUS(check_size("event", event, proto::kMaxEventName));
  if (event.starts_with("sio:") || proto::is_reserved_event(event))
    return fail(Errc::usage, fmt::format("event {}: this name is reserved", event));
  return {};
}

Result<EmitQuery> parse_emit_target(std::string_view target) {
  EmitQuery query;
  const std::string path = path_of(target);
  if (path.size() > kEmitPath.size() + 1) {
    query.event = path.substr(kEmitPath.size() + 1);
    SIO_TRY_STATUS(check_text("event", query.event, proto::kMaxEventName));
    SIO_TRY_STATUS(check_publishable(query.event));
  }
  for (const auto& [key, value] : proto::parse_engine_query(proto::query_of(target)).all)
    SIO_TRY_STATUS(take_emit(query, key, value));
  return query;
}

Result<EventsQuery> parse_events_target(std::string_view target, std::string_view last_event_id,
                                        std::int64_t now_ms) {
  EventsQuery query;
  query.hello.meta = true;
  for (const auto& [key, value] : proto::parse_engine_query(proto::query_of(target)).all)
    SIO_TRY_STATUS(take_events(query, key, value, now_ms));
  if (!last_event_id.empty()) {
    query.hello.tail.reset();
    query.hello.since = parse_since(last_event_id, now_ms);
    if (!query.hello.since) return misfit("Last-Event-ID", last_event_id, "an id");
  }
  if (query.poll) query.hello.until = "now";
  return query;
}

std::optional<std::string> parse_since(std::string_view text, std::int64_t now_ms) {
  if (const auto ago = duration_in(text))
    return std::to_string(std::max<std::int64_t>(0, now_ms - *ago));
  if (proto::parse_position(text)) return std::string(text);
  const std::string id = "#" + std::string(text);
  if (text.find('-') != std::string_view::npos && proto::parse_record_id(id)) return id;
  return std::nullopt;
}

}  // namespace sio::server
