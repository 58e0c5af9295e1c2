// What requests at the HTTP door ask for, read from their targets. Pure.
//
//   POST /sio/emit/EVENT?ns=/n&room=R&except=R&id=K&volatile=1
//   GET  /sio/events?ns=/n&event=GLOB&room=R&since=WHEN&tail=N&poll=1
//
// room, except and event can be repeated. A parameter that nobody knows is an error: it may have
// been meant to leave something out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proto/sio_extension.h"

namespace sio::server {

inline constexpr std::string_view kEmitPath = "/sio/emit";
inline constexpr std::string_view kEventsPath = "/sio/events";

// The path of a target, decoded, without the query.
std::string path_of(std::string_view target);

struct EmitQuery {
  std::string event;  // "" if the path names none: then the records do
  std::string ns = "/";
  std::vector<std::string> rooms;
  std::vector<std::string> except;
  std::string key;
  bool is_volatile = false;
};
// `target` begins with kEmitPath. Errc::usage.
Result<EmitQuery> parse_emit_target(std::string_view target);

struct EventsQuery {
  std::string ns = "/";
  proto::Hello hello;
  bool poll = false;  // ends with what is stored
};
// `last_event_id`: what a browser's EventSource saw last, or ""; it counts instead of since and
// tail. Errc::usage.
Result<EventsQuery> parse_events_target(std::string_view target, std::string_view last_event_id,
                                        std::int64_t now_ms);

// WHEN as a Position's text (proto/sio_extension.h): all, now, an id with or without its #, 90s 10m
// 2h 7d ago, RFC 3339, milliseconds since 1970. Nothing: it is none of these.
std::optional<std::string> parse_since(std::string_view text, std::int64_t now_ms);

// Whether an event of this name can be published. Errc::usage.
Status check_publishable(std::string_view event);

}  // namespace sio::server
