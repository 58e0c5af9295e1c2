#include "client/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "proto/handshake.h"
#include "proto/json_text.h"

namespace sio::client {
namespace {

using net::ConnectFailure;
using net::ConnectStage;
using net::Symptom;

constexpr std::string_view kVersionHint =
    "Socket.IO v1 and v2 are not spoken here: the server needs v3 or later";
constexpr std::string_view kStickyHint =
    "several servers behind one address? each session must stay with one of them (sticky "
    "sessions); --transport websocket needs none";
constexpr std::size_t kMaxLocation = 200;
constexpr std::size_t kMaxBody = 4096;

enum class Later { no, maybe };

Diagnosis unreachable(Layer layer, std::string message, std::string hint,
                      Later later = Later::maybe) {
  return {
      .layer = layer,
      .may_work_later = later == Later::maybe,
      .cause = {
          .ending = Ending::unreachable, .message = std::move(message), .hint = std::move(hint)}};
}
Diagnosis incompatible(Layer layer, std::string message, std::string_view hint) {
  return {.layer = layer,
          .may_work_later = false,
          .cause = {.ending = Ending::incompatible,
                    .message = std::move(message),
                    .hint = std::string(hint)}};
}
Diagnosis refused(Layer layer, std::string message, std::string hint) {
  return {
      .layer = layer,
      .may_work_later = false,
      .cause = {.ending = Ending::refused, .message = std::move(message), .hint = std::move(hint)}};
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// --- Below HTTP

bool is_this_machine(const net::Endpoint& endpoint) {
  return endpoint.host == "localhost" || endpoint.host == "::1" ||
         endpoint.host.starts_with("127.");
}

std::string tcp_hint(const net::Endpoint& endpoint, int error_number) {
  if (error_number == EACCES || error_number == EPERM)
    return endpoint.unix_path.empty() ? "is a firewall in the way?"
                                      : "this user may not open it: the socket's mode and owner";
  if (error_number == ENETUNREACH || error_number == EHOSTUNREACH)
    return "there is no way to that address: the network, or the address";
  if (!endpoint.unix_path.empty())
    return fmt::format("is the server running? sio serve unix:{}", endpoint.unix_path);
  if (is_this_machine(endpoint))
    return fmt::format("is the server running? sio serve {}", endpoint.port);
  return fmt::format("is the server running there, and on port {}?", endpoint.port);
}

Diagnosis judge_proxy(const ConnectFailure& failure) {
  using net::ProxyProblem;
  const auto because = [&](std::string hint, Later later = Later::no) {
    return unreachable(Layer::proxy, failure.message, std::move(hint), later);
  };
  switch (failure.proxy) {
    case ProxyProblem::unauthorized:
      return because("name user and password: --proxy http://USER:PASS@HOST");
    case ProxyProblem::forbidden:
      return because(
          "the proxy does not allow this host and port; $no_proxy names hosts that are reached "
          "without it");
    case ProxyProblem::not_a_proxy:
      return because("is it the other kind? --proxy http://... or socks5h://");
    case ProxyProblem::no_way:
      return because("the proxy is there, the server behind it is not", Later::maybe);
    case ProxyProblem::unreachable:
    case ProxyProblem::none:
      break;
  }
  return because("is the proxy right? --proxy or $https_proxy names it, --proxy '' is none",
                 Later::maybe);
}

Diagnosis judge_tls(const LinkTarget& target, const ConnectFailure& failure) {
  const auto because = [&](std::string hint, Later later = Later::no) {
    return unreachable(Layer::tls, failure.message, std::move(hint), later);
  };
  switch (failure.symptom) {
    case Symptom::expired:
      return because("the server needs a new certificate, or a clock is wrong; -k trusts any");
    case Symptom::wrong_name:
      return because("connect by a name the certificate is for; -k trusts any");
    case Symptom::untrusted:
      return because("--cacert FILE names a certificate to trust, -k trusts any");
    case Symptom::wants_our_own:
      return because("does the server want a certificate? --cert, --key");
    case Symptom::speaks_plain:
      return because(fmt::format("no TLS on this port: http://{}", target.name));
    case Symptom::closed:
      return because(fmt::format("is there TLS on this port? else http://{}", target.name),
                     Later::maybe);
    default:
      return because("the two sides share no version or cipher of TLS");
  }
}

Diagnosis judge_time(const LinkTarget& target, const ConnectFailure& failure) {
  switch (failure.waited_in) {
    case ConnectStage::dns:
      return unreachable(Layer::dns, failure.message, "does the name server answer?");
    case ConnectStage::proxy:
      return unreachable(
          Layer::proxy, failure.message,
          "is the proxy right? --proxy or $https_proxy names it, --proxy '' is none");
    case ConnectStage::tls:
      return unreachable(Layer::tls, failure.message,
                         fmt::format("is there TLS on this port? else http://{}", target.name));
    case ConnectStage::http:
      return unreachable(Layer::http, failure.message,
                         "the port is open, but nothing answers: is that an HTTP server, and "
                         "is it not stuck?");
    default:
      return unreachable(Layer::tcp, failure.message,
                         "host down, or a firewall drops it: are address and port right?");
  }
}

// The connection stood, and what came was no HTTP.
Diagnosis judge_no_http(const LinkTarget& target, const ConnectFailure& failure) {
  const bool tls = target.endpoint.tls;
  switch (failure.symptom) {
    case Symptom::speaks_tls:
      return unreachable(Layer::http, failure.message,
                         fmt::format("this port speaks TLS: https://{}", target.name), Later::no);
    case Symptom::closed:
      if (tls)
        return unreachable(Layer::http, failure.message,
                           "does the server want a certificate? --cert, --key", Later::no);
      return unreachable(Layer::http, failure.message,
                         fmt::format("does this port speak TLS? then https://{}", target.name));
    case Symptom::not_http:
      return incompatible(Layer::http, failure.message, "is this an HTTP port?");
    default:
      return unreachable(Layer::http, failure.message, "", Later::no);
  }
}

// --- HTTP answers

// "https://chat.example.org" of "https://chat.example.org/socket.io/?EIO=4"; "" of "/login".
std::string origin_of(std::string_view location) {
  const std::size_t scheme = location.find("://");
  if (scheme == std::string_view::npos) return "";
  return std::string(location.substr(0, location.find_first_of("/?#", scheme + 3)));
}

Diagnosis judge_redirect(const std::string& said, std::string_view location) {
  if (location.empty())
    return unreachable(Layer::http, said, "the server redirects, but does not say where",
                       Later::no);
  const std::string shown(location.substr(0, kMaxLocation));
  const std::string origin = origin_of(shown);
  return unreachable(Layer::http, fmt::format("{}, redirects to {}", said, shown),
                     origin.empty() ? "another --path? does it want a login first?"
                                    : fmt::format("name the address it leads to: -s {}", origin),
                     Later::no);
}

bool is_html(std::string_view body) {
  std::string begin(body.substr(0, 200));
  std::ranges::transform(begin, begin.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return contains(begin, "<!doctype html") || contains(begin, "<html");
}

// What nginx, Apache and Go answer on a port that expects TLS.
bool wants_tls(int status, std::string_view body) {
  return status == 400 && (contains(body, "HTTPS port") || contains(body, "SSL-enabled") ||
                           contains(body, "HTTP request to an HTTPS server"));
}

Diagnosis judge_refusal(std::string_view transport, const std::string& said, int code) {
  const std::string other = transport == "websocket" ? "polling" : "websocket";
  const Layer layer = transport == "websocket" ? Layer::websocket : Layer::polling;
  switch (static_cast<proto::EngineErrorCode>(code)) {
    case proto::EngineErrorCode::transport_unknown:
      return unreachable(
          layer, said,
          fmt::format("{} is switched off on the server: --transport {}", transport, other),
          Later::no);
    case proto::EngineErrorCode::session_unknown:
      return unreachable(layer, said, std::string(kStickyHint));
    case proto::EngineErrorCode::bad_request:
      if (transport != "websocket") break;
      return unreachable(layer, said,
                         "a proxy in front does not pass Upgrade on (nginx: proxy_http_version "
                         "1.1 and both Upgrade headers); --transport polling",
                         Later::no);
    case proto::EngineErrorCode::forbidden:
      return refused(Layer::auth, said,
                     "the server's allowRequest or its list of origins refuses this request: -H");
    case proto::EngineErrorCode::unsupported_version:
      return incompatible(Layer::engine, said,
                          "the server does not speak Engine.IO v4 (Socket.IO v3 or later)");
    default:
      break;
  }
  return unreachable(layer, said, fmt::format("--transport {}?", other), Later::no);
}

Diagnosis judge_status(const LinkTarget& target, const std::string& said,
                       const ConnectFailure& failure) {
  const int status = failure.http_status;
  if (status == 401 || status == 403)
    return refused(Layer::http, said, "other credentials? -A, -H 'Authorization: ...'");
  if (status >= 300 && status < 400) return judge_redirect(said, failure.location);
  if (status >= 502 && status <= 504)
    return unreachable(Layer::http, said,
                       "a proxy answers, but not the server behind it: is that running?");
  if (status == 429) return unreachable(Layer::http, said, "too many requests: try again later");
  if (status >= 500 && status != 501)
    return unreachable(Layer::http, said, "the server has failed: what does its log say?");
  if (wants_tls(status, failure.http_body))
    return unreachable(Layer::http, said,
                       fmt::format("this port speaks TLS: https://{}", target.name), Later::no);
  if (status == 426)
    return incompatible(Layer::path, said + ": a WebSocket server, but not Socket.IO",
                        "another --path? another port?");
  const char* what =
      is_html(failure.http_body) ? "a web page, not a Socket.IO server" : "not a Socket.IO server";
  return incompatible(
      Layer::path, fmt::format("{}: {}", said, what),
      fmt::format("nothing of Socket.IO at {}: another --path? another port?", target.path));
}

// A polling session of Engine.IO v3 opens with its packet's length: `97:0{"sid":…`.
bool is_version_3_open(std::string_view body) {
  return contains(body.substr(0, 32), ":0{\"sid\"");
}

Diagnosis judge_http(const LinkTarget& target, std::string_view transport,
                     const ConnectFailure& failure) {
  if (failure.http_status == 0) return judge_no_http(target, failure);
  const EngineRefusal refusal = parse_engine_refusal(failure.http_body);
  const std::string said = fmt::format("{}: HTTP {}{}{}", target.name, failure.http_status,
                                       refusal.message.empty() ? "" : ": ", refusal.message);
  if (refusal.code >= 0) return judge_refusal(transport, said, refusal.code);
  if (is_version_3_open(failure.http_body))
    return incompatible(Layer::engine, target.name + ": an Engine.IO v3 server", kVersionHint);
  if (failure.http_status == 101)
    return unreachable(Layer::websocket, failure.message, "--transport polling?", Later::no);
  return judge_status(target, said, failure);
}

}  // namespace

std::string_view name_of(Layer layer) {
  switch (layer) {
    case Layer::dns:
      return "dns";
    case Layer::tcp:
      return "tcp";
    case Layer::proxy:
      return "proxy";
    case Layer::tls:
      return "tls";
    case Layer::http:
      return "http";
    case Layer::engine:
      return "engine";
    case Layer::path:
      return "path";
    case Layer::polling:
      return "polling";
    case Layer::upgrade:
      return "upgrade";
    case Layer::websocket:
      return "websocket";
    case Layer::ns:
      return "namespace";
    case Layer::auth:
      return "auth";
  }
  return "";
}

std::string engine_target(const LinkTarget& target, std::string_view transport) {
  return fmt::format("{}?{}{}EIO=4&transport={}", target.path, target.query,
                     target.query.empty() ? "" : "&", transport);
}

EngineRefusal parse_engine_refusal(std::string_view body) {
  EngineRefusal refusal;
  const auto kind = proto::check_json(body);
  if (kind && *kind == proto::JsonKind::string) {
    // python-engineio tells no code.
    refusal.message = proto::json_unescape(body);
    if (contains(refusal.message, "nvalid transport")) refusal.code = 0;
    if (contains(refusal.message, "nvalid session")) refusal.code = 1;
    if (contains(refusal.message, "unsupported version")) refusal.code = 5;
    return refusal;
  }
  if (!kind || *kind != proto::JsonKind::object) return refusal;
  const auto code = proto::object_member(body, "code");
  const auto message = proto::object_member(body, "message");
  if (code && code->size() == 1 && (*code)[0] >= '0' && (*code)[0] <= '9')
    refusal.code = (*code)[0] - '0';
  if (message && proto::json_kind(*message) == proto::JsonKind::string)
    refusal.message = proto::json_unescape(*message);
  return refusal;
}

net::ConnectFailure failure_of(const net::HttpResponse& answer, std::string message) {
  ConnectFailure failure{.stage = ConnectStage::http,
                         .http_status = answer.status,
                         .http_body = answer.body.substr(0, kMaxBody),
                         .message = std::move(message)};
  for (const auto& [name, value] : answer.headers)
    if (name == "location") failure.location = value;
  return failure;
}

Diagnosis diagnose(const LinkTarget& target, std::string_view transport,
                   const ConnectFailure& failure) {
  switch (failure.stage) {
    case ConnectStage::dns:
      return unreachable(Layer::dns, failure.message, "is the name right? is there a network?");
    case ConnectStage::tcp:
      return unreachable(Layer::tcp, failure.message,
                         tcp_hint(target.endpoint, failure.error_number));
    case ConnectStage::proxy:
      return judge_proxy(failure);
    case ConnectStage::tls:
      return judge_tls(target, failure);
    case ConnectStage::timeout:
      return judge_time(target, failure);
    case ConnectStage::http:
      break;
  }
  return judge_http(target, transport, failure);
}

Diagnosis diagnose_websocket_alone(Diagnosis why, Layer layer) {
  if (why.layer == Layer::http || why.layer == Layer::path)
    why.cause.hint =
        "polling works: something in front of the server refuses WebSockets; --transport polling";
  why.layer = layer;
  return why;
}

Diagnosis diagnose_first_message(const LinkTarget& target, std::string_view error) {
  return incompatible(Layer::engine, fmt::format("{}: {}", target.name, error),
                      "not a Socket.IO server of version 3 or later");
}

Diagnosis diagnose_end_before_open(const LinkTarget& target, std::string_view reason,
                                   const net::TransportClosed& closed) {
  if (closed.reason == net::CloseReason::violation) return diagnose_first_message(target, reason);
  return unreachable(Layer::engine,
                     fmt::format("{}: {} before the handshake was done", target.name, reason),
                     "is this a Socket.IO server, and is it not going down?");
}

Diagnosis diagnose_silence(const LinkTarget& target) {
  return unreachable(Layer::engine, target.name + ": no answer to the Engine.IO handshake",
                     "it opens connections, but says nothing: another --path? is it Socket.IO?");
}

Diagnosis diagnose_session_refused(const EngineRefusal& refusal, std::string reason) {
  const bool is_unknown = refusal.code == static_cast<int>(proto::EngineErrorCode::session_unknown);
  return {.layer = Layer::polling,
          .may_work_later = true,
          .cause = {.ending = Ending::lost,
                    .message = std::move(reason),
                    .hint = is_unknown ? std::string(kStickyHint) : ""}};
}

Diagnosis diagnose_end_before_join(const LinkTarget& target, const Diagnosis& down) {
  Diagnosis diagnosis = down;
  if (down.cause.ending != Ending::lost) return diagnosis;
  diagnosis.cause.ending = Ending::unreachable;
  diagnosis.cause.message =
      fmt::format("{}: connection lost before it was ready: {}", target.name, down.cause.message);
  if (!down.cause.hint.empty()) return diagnosis;
  diagnosis.layer = Layer::ns;
  // Nobody closes in good order at this point, but a server that cannot read what CONNECT is.
  if (down.cause.message != "transport close") return diagnosis;
  diagnosis.cause.ending = Ending::incompatible;
  diagnosis.cause.message = target.name + ": the server closes the connection upon CONNECT";
  diagnosis.cause.hint = "does it use another parser (--parser)? or a middleware that disconnects?";
  return diagnosis;
}

Diagnosis diagnose_other_parser(const LinkTarget& target) {
  return incompatible(Layer::ns, target.name + ": the server does not speak msgpack",
                      "without --parser?");
}

Diagnosis diagnose_unanswered_connect(const LinkTarget& target) {
  return unreachable(Layer::ns, target.name + ": no answer to CONNECT",
                     "does a middleware of the server never call next()? is it Socket.IO v3 or "
                     "later?");
}

Diagnosis diagnose_version_2(const LinkTarget& target) {
  return incompatible(Layer::engine, target.name + ": a Socket.IO v2 server", kVersionHint);
}

ConnectError parse_connect_error(std::string_view payload) {
  ConnectError error;
  if (payload.empty()) return error;
  if (proto::json_kind(payload) == proto::JsonKind::string)
    error.message = proto::json_unescape(payload);
  if (proto::json_kind(payload) != proto::JsonKind::object) return error;
  const auto message = proto::object_member(payload, "message");
  if (message && proto::json_kind(*message) == proto::JsonKind::string)
    error.message = proto::json_unescape(*message);
  error.data = proto::object_member(payload, "data").value_or(std::string_view());
  return error;
}

namespace {

// The second is python-socketio's.
bool means_no_such_namespace(std::string_view message) {
  return message == "Invalid namespace" || message == "Unable to connect";
}

}  // namespace

std::string connect_error_hint(std::string_view message) {
  return means_no_such_namespace(message)
             ? "another --ns?"
             : "a check of the server's refused it: other credentials in --auth, or -H?";
}

Diagnosis diagnose_connect_error(const LinkTarget& target, std::string_view ns,
                                 std::string_view message) {
  return refused(means_no_such_namespace(message) ? Layer::ns : Layer::auth,
                 fmt::format("{}: namespace {}: {}", target.name, ns, message),
                 connect_error_hint(message));
}

}  // namespace sio::client
