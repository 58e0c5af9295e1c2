// What sio says on top of plain Socket.IO, between its own server and whoever asks for it. A stock
// client that asks for nothing sees nothing of this. Described for users in sio-protocol(7).
//
// Asking (in the CONNECT payload, which Socket.IO libraries call `auth`):
//
//   {"token":…, "sio":{"v":1,"meta":true,"rooms":["a"],"events":["order.*"],"respond":["sum"]}}
//
// Answer (in the CONNECT reply, only to those who asked):
//
//   {"sid":"…","sio":{"v":1,"server":"sio/0.1.0","store":"k3f9","last":"#k3f9-1041","relay":"all",
//                     "features":["since","group","recover"]}}
//
// With "meta" every event has one more argument, always the last:
//
//   {"id":"#k3f9-1042","time":1769868306123,"rooms":["shop"],"from":"Xk3…"}
//
// The past. "since" (a Position) and "tail" (a count) start the socket in the past: it gets what is
// stored from there on and matches its rooms and events, with `"replay":true` in the metadata, and
// then what is live. With "until" (a Position) it gets the past only: no live event, and when it
// has everything there is up to `until`, one event of its own, with or without "meta":
//
//   ["sio:end",{"last":"#k3f9-1041"}]      the newest record that was looked at; "" if none
//
// "all_rooms" (only with "until" or "inspect") asks for records whatever room they are addressed
// to.
//
// Groups. With "group" the socket is a member of that group and gets nothing but the group's
// records, each as an event that asks for an ack:
//
//   any ack               the record is done
//   [{"error":…}]         it has failed: it comes back after a pause that grows from 100 ms to 30 s
//   no ack in ack_wait    it is handed out again; at once when the member leaves
//
// A record that was handed out max_deliver times is published into room dead:GROUP instead. The
// metadata says `"group"` and `"delivery"` (1 at the first time). "rooms" and "events" make the
// filter of a group that does not exist yet; "since" (now, for a new group) moves the group, so
// leave it out when reconnecting; "max_deliver" and "ack_wait" (milliseconds) change the group's;
// "window" is how many records this member holds unacknowledged at most, and "limit" how many it is
// handed out altogether on this connection (so that who wants three is not handed a fourth, which
// would come back with a delivery too many). `"inspect":"G"` (with
// "until", or it is as if "until" were "now") shows what group G has not acknowledged yet, in
// order, with its delivery count so far, takes nothing, and ends with sio:end.
//
// Sending again. "publisher" is a random name that the client keeps across reconnects. An event of
// such a socket that asks for an ack has, unless it says an "id" itself, the dedupe key
//
//   PUBLISHER.N                            N: the ack id, in decimal
//
// so a packet that is sent again after a reconnect, word for word, is published once.
//
// Recovery. `"recover":true`: this socket gets a `pid` and offsets (connection state recovery of
// stock clients) although the server does not give them to everybody.
//
// Events that are known to be lost to such a client (its position in the queue is no longer held)
// are said by an event of its own, which is not stored and has no meta argument:
//
//   ["sio:gap",{"after":"#k3f9-1002","before":"#k3f9-1040","reason":"retention"}]
//
// What comes next is `before` or later. Reasons: "retention" (older than the queue keeps), "store"
// (`since` named another store; everything this one holds follows), "unknown" (`since` names a
// record that this store never had; live events follow), "damage" (records on disk were damaged).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::proto {

inline constexpr int kExtensionVersion = 1;
inline constexpr std::string_view kEmitEvent = "sio:emit";
inline constexpr std::string_view kGapEvent = "sio:gap";
inline constexpr std::string_view kEndEvent = "sio:end";
// The room that records go to which a group has given up is this and the group's name.
inline constexpr std::string_view kDeadRoomPrefix = "dead:";

// Record ids as people see them: `#k3f9-1042`; `#1042` means the store being asked.
struct RecordId {
  std::string store;  // "" in the short form
  std::uint64_t seq = 0;
};
std::string format_record_id(std::string_view store, std::uint64_t seq);
std::optional<RecordId> parse_record_id(std::string_view text);

// A place in the queue. As text: `all`, `now`, a record id, a time in RFC 3339 with its zone, or
// milliseconds since 1970 in digits (on the wire a number will do).
struct Position {
  enum class Kind : std::uint8_t { all, now, record, time };
  Kind kind = Kind::all;
  RecordId record;           // as `since` behind it, as `until` with it
  std::int64_t time_ms = 0;  // as `since` from then on, as `until` up to then, that included
};
std::optional<Position> parse_position(std::string_view text);

// The dedupe key of an event without one, from a publisher: see above.
std::string publisher_key(std::string_view publisher, std::uint64_t ack_id);

// What a client asks for in auth.sio.
struct Hello {
  bool meta = false;                // events carry an EventMeta as their last argument
  std::vector<std::string> rooms;   // join these before anything else
  std::vector<std::string> events;  // deliver only events that match one of these globs; empty: all
  std::vector<std::string> respond;   // answer events that ask for an ack and match one of these
  std::optional<std::string> since;   // a Position's text
  std::optional<std::string> until;   // a Position's text: only the past up to there, then sio:end
  std::optional<std::uint64_t> tail;  // of what `since` (all, if absent) gives only the newest
  bool all_rooms = false;
  std::string group;    // "": no member
  std::string inspect;  // look at this group
  std::optional<std::uint32_t> max_deliver;
  std::optional<std::uint64_t> ack_wait_ms;
  std::optional<std::uint32_t> window;
  std::optional<std::uint64_t> limit;  // of hand-outs on this connection
  std::string publisher;               // "": events have no keys of their own
  bool recover = false;
};
// The JSON object that stands as auth.sio.
std::string encode_hello(const Hello& hello);
// Finds and reads `sio` in a CONNECT payload (checked JSON object, or empty). Nothing: the client
// asked for nothing. Errors (for a CONNECT_ERROR): a member of the wrong type or beyond limits.h,
// named. Unknown members are ignored: they may come from a newer client.
Result<std::optional<Hello>> parse_hello(std::string_view connect_payload);
// `auth` (checked JSON object, or empty) with the member `sio` added or replaced.
std::string auth_with_hello(std::string_view auth, const Hello& hello);

// What a sio server answers.
struct Welcome {
  std::string server;  // "sio/0.1.0"
  std::string store;   // the store's short name; "" with --store none
  std::string last;    // id of the newest record when the socket was connected; "" if none
  std::string relay;   // all, rooms or none
  // What this server can do for this client: "since" (the past, with until and tail), "group",
  // "recover" (it remembers sessions).
  std::vector<std::string> features = {};
  bool can(std::string_view feature) const;
};
std::string encode_welcome(const Welcome& welcome);
// Reads the `sio` member of a CONNECT reply's payload. Nothing: the server is not sio.
std::optional<Welcome> parse_welcome(std::string_view connect_reply);

// What is known of an event beyond its arguments.
struct EventMeta {
  std::string id;                  // "#k3f9-1042"; "" if it was not stored
  std::int64_t time_ms = 0;        // 0 if unknown
  std::vector<std::string> rooms;  // empty: the whole namespace
  std::string from;                // sid of the sender, "" if it was not a socket
  bool replay = false;             // from the queue, not live
  std::string group;               // handed out by this group; or given up by it, if dead
  std::uint32_t delivery = 0;      // how many times it was handed out, this time included; 0: n/a
  bool dead = false;               // `group` has given it up
  std::vector<std::string> dead_rooms;  // dead: the rooms it was addressed to at first
};
void append_meta(std::string& out, const EventMeta& meta);
Result<EventMeta> parse_meta(std::string_view json);

// The argument of a `sio:emit` event: publish to chosen rooms, under a chosen key.
struct EmitRequest {
  std::string event;
  std::string args;                // JSON text between the brackets, placeholders included
  std::vector<std::string> rooms;  // empty: the whole namespace
  std::vector<std::string> except;
  std::string key;            // member "id": dedupe key
  bool is_volatile = false;   // not stored, dropped where it would have to wait
  bool numeric_name = false;  // `event` is a JSON number, not a string
};
// The JSON object, for a packet ["sio:emit", {…}].
std::string encode_emit_request(const EmitRequest& request);
// `args`: the arguments of the received event (its first one is the object). Errors name the
// member.
Result<EmitRequest> parse_emit_request(std::string_view args);

// An ack that says no: {"error":{"code":"too_large","message":"…"}}. Codes: full, too_large,
// forbidden, bad_request, unavailable.
std::string encode_refusal(std::string_view code, std::string_view message);
struct Refusal {
  std::string code;
  std::string message;
};
// `args` of an ack. Nothing: it is not a refusal.
std::optional<Refusal> parse_refusal(std::string_view args);
// The ack that says yes: {"id":"#k3f9-1042"}, or {"id":null} for an event that is not stored
// (volatile, or a server without a store); the id is then "". Nothing: it is not a receipt.
std::string encode_receipt(std::string_view id);
std::optional<std::string> parse_receipt(std::string_view args);

}  // namespace sio::proto
