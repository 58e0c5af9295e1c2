#include "server/handshake.h"

#include <algorithm>
#include <string_view>

#include "proto/json_text.h"

namespace sio::server {
namespace {

constexpr std::string_view kAuthorization = "authorization";

std::string& key(std::string& out, std::string_view name) {
  out += out.empty() ? "\"" : ",\"";
  out += name;
  return out += "\":";
}

template <typename Pairs>
std::string object_of(const Pairs& pairs) {
  std::string out = "{";
  for (const auto& [name, value] : pairs) {
    if (out.size() > 1) out += ',';
    proto::append_json_string(out, name);
    out += ':';
    proto::append_json_string(out, value);
  }
  return out + "}";
}

}  // namespace

std::string one_line(std::string_view json) {
  std::string line(json);
  std::ranges::replace(line, '\n', ' ');
  std::ranges::replace(line, '\r', ' ');
  return line;
}

std::unique_ptr<Handshake> handshake_of(
    const net::HttpRequest& request, HandshakeNeed need,
    const std::vector<std::pair<std::string, std::string>>& query, std::int64_t now_ms) {
  if (need == HandshakeNeed::nothing) return nullptr;
  auto handshake = std::make_unique<Handshake>();
  if (need == HandshakeNeed::credentials) {
    const std::string_view value = request.header(kAuthorization);
    if (value.empty()) return nullptr;
    handshake->headers.emplace_back(kAuthorization, value);
    return handshake;
  }
  handshake->headers = request.headers();
  handshake->query = query;
  handshake->url = request.target();
  handshake->address = request.peer_address();
  handshake->issued_ms = now_ms;
  handshake->secure = request.secure();
  handshake->cross_domain = !request.header("origin").empty();
  return handshake;
}

std::string describe_client(std::string_view ns, std::string_view auth,
                            const Handshake* handshake) {
  std::string facts;
  proto::append_json_string(key(facts, "ns"), ns);
  key(facts, "auth") += auth.empty() ? "{}" : one_line(auth);
  if (handshake == nullptr) return facts;
  proto::append_json_string(key(facts, "address"), handshake->address);
  proto::append_json_string(key(facts, "url"), handshake->url);
  key(facts, "headers") += object_of(handshake->headers);
  key(facts, "query") += object_of(handshake->query);
  key(facts, "time") += std::to_string(handshake->issued_ms);
  key(facts, "secure") += handshake->secure ? "true" : "false";
  key(facts, "xdomain") += handshake->cross_domain ? "true" : "false";
  return facts;
}

}  // namespace sio::server
