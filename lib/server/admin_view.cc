#include "server/admin_view.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <string_view>

#include "proto/json_text.h"
#include "proto/secrets.h"
#include "server/namespace.h"

namespace sio::server {
namespace {

constexpr std::array<std::string_view, 2> kForwardedBy = {"cf-connecting-ip", "x-forwarded-for"};

// `"key":` behind what is there already.
std::string& key(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  return out += "\":";
}

std::string_view address_of(const Handshake& handshake) {
  for (const std::string_view wanted : kForwardedBy)
    for (const auto& [name, value] : handshake.headers)
      if (name == wanted && !value.empty()) return value;
  return handshake.address;
}

template <typename Pairs, typename Mask>
void append_object(std::string& out, const Pairs& pairs, Mask mask) {
  out += '{';
  for (const auto& [name, value] : pairs) {
    if (out.back() != '{') out += ',';
    proto::append_json_string(out, name);
    out += ':';
    proto::append_json_string(out, mask(name, value));
  }
  out += '}';
}

std::string mask_argument(std::string_view name, std::string_view value) {
  return proto::is_secret_name(name) ? "***" : std::string(value);
}

void append_data(std::string& out, const Socket& socket) {
  out += '{';
  if (socket.is_behind()) key(out, "behind") += "true";
  if (socket.member != nullptr) key(out, "groupMember") += "true";
  out += '}';
}

}  // namespace

std::string javascript_date(std::int64_t time_ms) {
  const std::time_t seconds = time_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 80> text;
  const std::size_t size = std::strftime(
      text.data(), text.size(), "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", &utc);
  return {text.data(), size};
}

void append_admin_handshake(std::string& out, const Handshake* handshake) {
  static const Handshake kUnknown;
  const Handshake& shown = handshake == nullptr ? kUnknown : *handshake;
  out += '{';
  proto::append_json_string(key(out, "address"), address_of(shown));
  append_object(key(out, "headers"), shown.headers, proto::mask_header);
  append_object(key(out, "query"), shown.query, mask_argument);
  key(out, "issued") += std::to_string(shown.issued_ms);
  key(out, "secure") += shown.secure ? "true" : "false";
  proto::append_json_string(key(out, "time"), javascript_date(shown.issued_ms));
  proto::append_json_string(key(out, "url"), proto::mask_url(shown.url));
  key(out, "xdomain") += shown.cross_domain ? "true" : "false";
  out += '}';
}

void append_admin_socket(std::string& out, const Socket& socket) {
  const net::Transport* transport = socket.link.transport();
  out += '{';
  proto::append_json_string(key(out, "id"), socket.sid());
  proto::append_json_string(key(out, "clientId"), socket.link.public_id());
  proto::append_json_string(key(out, "transport"), transport == nullptr ? "" : transport->name());
  proto::append_json_string(key(out, "nsp"), socket.ns.name);
  append_data(key(out, "data"), socket);
  append_admin_handshake(key(out, "handshake"), socket.link.handshake());
  key(out, "rooms") += '[';
  proto::append_json_string(out, socket.sid());
  for (const Membership& membership : socket.rooms) {
    out += ',';
    proto::append_json_string(out, membership.room->name);
  }
  out += "]}";
}

}  // namespace sio::server
