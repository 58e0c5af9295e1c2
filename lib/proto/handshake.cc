#include "proto/handshake.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/percent.h"
#include "base/utf8.h"
#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

constexpr std::size_t kMaxQueryPairs = 256;
// What Engine.IO itself puts into a query.
constexpr std::array<std::string_view, 6> kOwnKeys = {"EIO", "transport", "sid", "t", "b64", "j"};

std::string form_decoded(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '+', ' ');
  return percent_decoded(plain);
}

void take_pair(EngineQuery& query, const std::string& key, const std::string& value) {
  if (key == "EIO") query.eio = value;
  if (key == "transport") query.transport = value;
  if (key == "sid") query.sid = value;
  if (key == "b64") query.base64_only = !value.empty();
  if (key == "j") query.jsonp = value;
}

// The official check: characters that Node refuses in a header value.
bool is_header_value(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return true;
}

bool knows_transport(const EngineQuery& query, const EngineRequestFacts& request) {
  if (query.transport == "polling") return request.polling_allowed;
  if (query.transport == "websocket") return request.websocket_allowed;
  return false;
}

Result<double> number_member(std::string_view json, std::string_view key) {
  const auto text = object_member(json, key);
  if (!text) return fail(Errc::protocol, fmt::format("open packet: no {}", key));
  const double value = json_kind(*text) == JsonKind::number ? json_number(*text) : -1;
  if (!(value >= 0))
    return fail(Errc::protocol, fmt::format("open packet: {} is not a positive number", key));
  return value;
}

Result<std::chrono::milliseconds> duration_member(std::string_view json, std::string_view key) {
  constexpr double kLongest = 24.0 * 3600 * 1000 * 365;  // larger means: practically never
  SIO_TRY(const double value, number_member(json, key));
  return std::chrono::milliseconds(std::llround(std::min(value, kLongest)));
}

Result<std::vector<std::string>> upgrades_member(std::string_view json) {
  std::vector<std::string> upgrades;
  const auto text = object_member(json, "upgrades");
  if (!text) return upgrades;
  if (json_kind(*text) != JsonKind::array)
    return fail(Errc::protocol, "open packet: upgrades is not an array");
  for (ElementReader element(*text); element.next();)
    if (json_kind(element.value()) == JsonKind::string)
      upgrades.push_back(json_unescape(element.value()));
  return upgrades;
}

}  // namespace

EngineQuery parse_engine_query(std::string_view query) {
  EngineQuery out;
  while (!query.empty() && out.all.size() < kMaxQueryPairs) {
    const std::size_t length = query.find('&');
    const std::string_view pair = query.substr(0, length);
    query.remove_prefix(length == std::string_view::npos ? query.size() : length + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    out.all.emplace_back(form_decoded(pair.substr(0, equals)), form_decoded(value));
    take_pair(out, out.all.back().first, out.all.back().second);
  }
  return out;
}

bool path_matches(std::string_view target, std::string_view base) {
  return target.substr(0, target.find('?')).starts_with(base);
}

std::string_view query_of(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::string_view message_of(EngineErrorCode code) {
  static constexpr std::array<std::string_view, 6> kMessages = {
      "Transport unknown", "Session ID unknown", "Bad handshake method",
      "Bad request",       "Forbidden",          "Unsupported protocol version"};
  return kMessages[static_cast<std::size_t>(code)];
}

int http_status_of(EngineErrorCode code) {
  return code == EngineErrorCode::forbidden ? 403 : 400;
}

std::string error_body(EngineErrorCode code) {
  return fmt::format(R"({{"code":{},"message":"{}"}})", static_cast<int>(code), message_of(code));
}

std::optional<EngineErrorCode> validate(const EngineQuery& query, const EngineRequestFacts& request,
                                        const SessionFacts* session) {
  if (!knows_transport(query, request)) return EngineErrorCode::transport_unknown;
  if (!is_header_value(request.origin)) return EngineErrorCode::bad_request;
  const bool websocket = query.transport == "websocket";
  if (!query.sid.empty()) {
    if (session == nullptr) return EngineErrorCode::session_unknown;
    if (websocket != request.upgrade) return EngineErrorCode::bad_request;
    if (!websocket && !session->is_polling) return EngineErrorCode::bad_request;
    if (query.revision() != session->revision) return EngineErrorCode::bad_request;
    return std::nullopt;
  }
  if (request.method != "GET") return EngineErrorCode::bad_handshake_method;
  if (websocket != request.upgrade) return EngineErrorCode::bad_request;
  if (query.revision() == EngineRevision::v3 && !request.v3_allowed)
    return EngineErrorCode::unsupported_version;
  return std::nullopt;
}

Result<OldConnect> parse_old_connect(std::string_view message) {
  const std::string_view name = message.substr(1, message.find(',') - 1);
  const std::string_view ns = name.substr(0, name.find('?'));
  if (ns.size() > kMaxNamespaceName)
    return fail(Errc::protocol,
                fmt::format("a namespace of more than {} bytes", kMaxNamespaceName));
  if (find_bad_utf8(ns) != std::string_view::npos)
    return fail(Errc::protocol, "the namespace is not UTF-8");
  return OldConnect{std::string(ns), auth_of_query(parse_engine_query(query_of(name)))};
}

std::string auth_of_query(const EngineQuery& query) {
  std::string out;
  for (const auto& [key, value] : query.all) {
    if (std::ranges::find(kOwnKeys, key) != kOwnKeys.end()) continue;
    out += out.empty() ? "{" : ",";
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
  }
  return out.empty() ? out : out + "}";
}

std::string encode_open(const OpenPacket& open) {
  std::string out = "0{\"sid\":";
  append_json_string(out, open.sid);
  out += ",\"upgrades\":[";
  for (std::size_t i = 0; i < open.upgrades.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, open.upgrades[i]);
  }
  out += fmt::format(R"(],"pingInterval":{},"pingTimeout":{},"maxPayload":{}}})",
                     open.ping_interval.count(), open.ping_timeout.count(), open.max_payload);
  return out;
}

Result<OpenPacket> parse_open(std::string_view json) {
  auto kind = check_json(json);
  if (!kind) return fail_in("open packet", std::move(kind.error()));
  if (*kind != JsonKind::object) return fail(Errc::protocol, "open packet: not an object");
  OpenPacket open;
  const auto sid = object_member(json, "sid");
  if (!sid || json_kind(*sid) != JsonKind::string || sid->size() == 2)
    return fail(Errc::protocol, "open packet: no sid");
  open.sid = json_unescape(*sid);
  SIO_TRY(open.upgrades, upgrades_member(json));
  SIO_TRY(open.ping_interval, duration_member(json, "pingInterval"));
  SIO_TRY(open.ping_timeout, duration_member(json, "pingTimeout"));
  if (object_member(json, "maxPayload")) {
    SIO_TRY(const double bytes, number_member(json, "maxPayload"));
    open.max_payload = static_cast<std::size_t>(std::min(bytes, 1e15));
  }
  return open;
}

}  // namespace sio::proto
