// The HTTP side of an Engine.IO session: what a request asks for, whether it may, and the open
// packet that answers the first one. Pure functions. Source: the Engine.IO protocol, revisions 4
// and 3, and the official server's order of checks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proto/engine_packet.h"

namespace sio::proto {

// The query of a request, decoded as application/x-www-form-urlencoded. For a key that is there
// twice the last value wins.
struct EngineQuery {
  std::string eio;                                       // "" when absent
  std::string transport;                                 // "" when absent
  std::string sid;                                       // "" when absent or empty
  bool base64_only = false;                              // b64 is there and not empty
  std::optional<std::string> jsonp;                      // j
  std::vector<std::pair<std::string, std::string>> all;  // in order, for handshake.query

  // What is not "4" counts as 3, as in the official server.
  EngineRevision revision() const { return eio == "4" ? EngineRevision::v4 : EngineRevision::v3; }
};
// Never fails: a malformed escape stands for itself. At most 256 pairs are kept.
EngineQuery parse_engine_query(std::string_view query);

// True if the path of `target` ("/socket.io/?EIO=4…") belongs to the Engine.IO endpoint: a prefix
// match with base, which ends in '/'.
bool path_matches(std::string_view target, std::string_view base);
// What stands behind '?', or "".
std::string_view query_of(std::string_view target);

// The errors a handshake or a later request can be answered with.
enum class EngineErrorCode {
  transport_unknown = 0,
  session_unknown = 1,
  bad_handshake_method = 2,
  bad_request = 3,
  forbidden = 4,
  unsupported_version = 5,
};
std::string_view message_of(EngineErrorCode code);  // "Session ID unknown"
int http_status_of(EngineErrorCode code);           // 400, or 403 for forbidden
std::string error_body(EngineErrorCode code);       // {"code":1,"message":"Session ID unknown"}

// The facts that validate() needs about the session that `sid` names.
struct SessionFacts {
  bool is_polling = true;  // current transport
  EngineRevision revision = EngineRevision::v4;
};
struct EngineRequestFacts {
  std::string_view method;  // "GET"
  bool upgrade = false;     // a WebSocket upgrade
  std::string_view origin;  // the Origin header or ""
  bool websocket_allowed = true;
  bool polling_allowed = true;
  bool v3_allowed = false;
};
// The official order of checks. `session` is null when query.sid is empty or unknown. Returns the
// error to answer with, or nothing if the request may go on.
std::optional<EngineErrorCode> validate(const EngineQuery& query, const EngineRequestFacts& request,
                                        const SessionFacts* session);

// Old clients have no CONNECT payload. What they want to say is in the query: of the request, or
// of the namespace that a CONNECT names (`/admin?token=x`). Both as what later clients call `auth`.
struct OldConnect {
  std::string ns;    // without its query
  std::string auth;  // a JSON object of strings, or "" for none
};
// `message`: `0/admin?token=x,`, as an old client sends it. Errors: the name is too long, or not
// UTF-8.
Result<OldConnect> parse_old_connect(std::string_view message);
// The user's part of a request's query, as `auth`; "" if there is none.
std::string auth_of_query(const EngineQuery& query);

struct OpenPacket {
  std::string sid;
  std::vector<std::string> upgrades;
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::size_t max_payload = 1'000'000;
};
// The open packet's text, `0` included, keys in the official order.
std::string encode_open(const OpenPacket& open);
// Reads what follows `0`. Unknown keys are ignored; maxPayload may be absent (older servers).
Result<OpenPacket> parse_open(std::string_view json);

}  // namespace sio::proto
