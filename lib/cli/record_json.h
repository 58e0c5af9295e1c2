// Records as NDJSON: what `listen` prints, and what `emit -` and `join -` accept. Each append_…()
// appends exactly one line with its newline; numbers and strings inside `args` keep their bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::cli {

// An event as it came. `type time ns event args` are always printed; the rest only when known.
struct EventRecord {
  std::int64_t time_ms = 0;
  std::string_view ns = "/";
  std::string_view event_json;  // the name as JSON: `"order"`, or a number
  std::string_view args;        // JSON values joined by commas, attachments as `$binary`
  std::string_view id = {};     // "#k3f9-1042"
  std::span<const std::string> rooms = {};
  std::string_view from = {};
  std::optional<std::uint64_t> ack = {};
  bool replay = false;
  std::uint32_t delivery = 0;  // 0: not handed out to a group
  std::string_view group = {};
  bool dead = false;                             // `group` has given it up
  std::span<const std::string> dead_rooms = {};  // dead: what it was addressed to at first
  std::string_view offset = {};                  // a third-party server's recovery offset
};
void append_record(std::string& out, const EventRecord& record);

// The answer to an event that was sent.
struct AckRecord {
  std::string_view event_json;
  std::string_view args;
  std::string_view id = {};  // the stored event's
  double ms = 0;             // how long it took
};
void append_record(std::string& out, const AckRecord& record);

struct ConnectRecord {
  std::int64_t time_ms = 0;
  std::string_view ns = {};  // printed when it is not "/"
  std::string_view sid;
  std::string_view transport;
  bool recovered = false;
  std::string_view server = {};  // "sio/0.1.0", "" if it did not say
};
void append_record(std::string& out, const ConnectRecord& record);

// A connection that could not be made.
struct ConnectErrorRecord {
  std::int64_t time_ms = 0;
  std::string_view message;
  std::optional<double> retry_s = {};
};
void append_record(std::string& out, const ConnectErrorRecord& record);

// A connection is tried for once more.
struct ReconnectRecord {
  std::int64_t time_ms = 0;
  std::uint64_t attempt = 0;  // in a row
};
void append_record(std::string& out, const ReconnectRecord& record);

// The server's heartbeat.
struct PingRecord {
  std::int64_t time_ms = 0;
};
void append_record(std::string& out, const PingRecord& record);

// A room, joined.
struct JoinRecord {
  std::int64_t time_ms = 0;
  std::string_view ns = {};
  std::string_view room;
  bool is_asked = false;  // by an event: whether the server's application does it is not known
};
void append_record(std::string& out, const JoinRecord& record);

// The server has put us out of a namespace, and so out of its rooms.
struct LeaveRecord {
  std::int64_t time_ms = 0;
  std::string_view ns = {};
  std::string_view reason;
};
void append_record(std::string& out, const LeaveRecord& record);

struct DisconnectRecord {
  std::int64_t time_ms = 0;
  std::string_view ns = {};  // printed when it is not "/"
  std::string_view reason;
  std::optional<double> retry_s = {};  // the next try, seconds from now; nothing: there is none
};
void append_record(std::string& out, const DisconnectRecord& record);

struct GapRecord {
  std::int64_t time_ms = 0;
  std::string_view ns = {};      // printed when it is not "/"
  std::string_view after = {};   // the last record before the gap, "" if unknown
  std::string_view before = {};  // the first behind it, "" if unknown
  std::string_view reason;
};
void append_record(std::string& out, const GapRecord& record);

struct ErrorRecord {
  std::int64_t time_ms = 0;
  int code = 0;  // the exit status it would mean
  std::string_view message;
  std::string_view data = {};  // JSON, "" if there is none
  std::string_view hint = {};
};
void append_record(std::string& out, const ErrorRecord& record);

// 2026-01-31T14:05:06.123Z. Times outside the years 1970 to 9999 are shown as the nearest of them.
void append_time(std::string& out, std::int64_t time_ms);
// ["a","b"]
void append_json_list(std::string& out, std::span<const std::string> texts);

// One line of input. The views point into the line.
struct InputRecord {
  enum class Kind { event, ack, skip };
  Kind kind = Kind::skip;
  std::string event;            // its name, unescaped
  std::string_view event_json;  // its name as it was written
  std::string_view args;        // JSON values joined by commas, attachments as `$binary`
  std::string ns;               // "" if the record has none
  std::vector<std::string> rooms;
  std::string id;
  std::string group;
  std::string_view time;  // as it was written, "" if the record has none
  std::string from;
  std::uint32_t delivery = 0;
  std::uint64_t ack = 0;  // Kind::ack: which event is answered
};

// Reads an event, or the answer to one ({"type":"ack","ack":17,"args":[…]}); everything else that
// has a type is skipped, so that all that sio prints is valid input. Errc::usage: what is wrong and
// where in the line.
Result<InputRecord> parse_input_record(std::string_view line);

}  // namespace sio::cli
