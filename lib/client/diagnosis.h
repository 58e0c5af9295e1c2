// Why there is no session with a server, and what to do about it: the one place that knows. Every
// way to fail that is known of servers, of what stands in front of them, and of the options that
// lead to them becomes a layer, an exit status, a message (what happened, and where) and a hint
// (what to change). Pure: what was seen comes in, as far as it was seen.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/link_target.h"
#include "client/outcome.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/transport.h"

namespace sio::client {

// The parts of the way to a session, in the order in which they are met.
enum class Layer {
  dns,
  tcp,
  proxy,
  tls,
  http,
  engine,     // the version of Engine.IO
  path,       // whether Engine.IO is there at all
  polling,    // a session by HTTP long-polling
  upgrade,    // such a session changes to a WebSocket
  websocket,  // a session by WebSocket from the beginning
  ns,         // the namespace
  auth,       // what CONNECT carries
};
std::string_view name_of(Layer layer);

struct Diagnosis {
  Layer layer = Layer::tcp;
  bool may_work_later = true;  // trying again, with nothing changed here, makes sense
  Outcome cause;
};

// What an Engine.IO server says when it refuses a request: {"code":1,"message":"…"}, or with
// python-engineio a JSON string.
struct EngineRefusal {
  int code = -1;  // -1: it is no such answer
  std::string message;
};
EngineRefusal parse_engine_refusal(std::string_view body);

// An answer by HTTP that opens no session, as a failure.
net::ConnectFailure failure_of(const net::HttpResponse& answer, std::string message);

// A request for a session by `transport` ("websocket", "polling") that did not open one.
Diagnosis diagnose(const LinkTarget& target, std::string_view transport,
                   const net::ConnectFailure& failure);
// The same, of a WebSocket where polling works, told as what is wrong with `layer`.
Diagnosis diagnose_websocket_alone(Diagnosis why, Layer layer);
// It opened a connection whose first message is no open packet; `error` says what it is instead.
Diagnosis diagnose_first_message(const LinkTarget& target, std::string_view error);
// The connection ended (`reason` is for people) before any message came, or none came in time.
Diagnosis diagnose_end_before_open(const LinkTarget& target, std::string_view reason,
                                   const net::TransportClosed& closed);
Diagnosis diagnose_silence(const LinkTarget& target);

// The session stood, and a later request of it was refused: Ending::lost. `reason` as above.
Diagnosis diagnose_session_refused(const EngineRefusal& refusal, std::string reason);
// It ended before CONNECT was answered; `cause` is what the link said.
Diagnosis diagnose_end_before_join(const LinkTarget& target, const Diagnosis& down);
// It sends text where the msgpack parser was asked for.
Diagnosis diagnose_other_parser(const LinkTarget& target);
Diagnosis diagnose_unanswered_connect(const LinkTarget& target);
// CONNECT was answered as version 2 of Socket.IO does.
Diagnosis diagnose_version_2(const LinkTarget& target);
// The payload of a CONNECT_ERROR: an object, or with other servers than the official one a string.
struct ConnectError {
  std::string message = "refused";
  std::string_view data;  // JSON, a view into the payload; "" for none
};
ConnectError parse_connect_error(std::string_view payload);
// What to change after one with this message.
std::string connect_error_hint(std::string_view message);
// CONNECT was answered by CONNECT_ERROR with this message.
Diagnosis diagnose_connect_error(const LinkTarget& target, std::string_view ns,
                                 std::string_view message);

}  // namespace sio::client
