#include "net/ws_handshake.h"

#include <libwebsockets.h>

#include <array>

#include "base/base64.h"
#include "base/random_id.h"

namespace sio::net {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// Only the first is answered, as the WebSocket library of the official server does: a browser that
// asked for some and is given none gives up.
std::string first_protocol(const RequestHead& request) {
  const std::string all = header_value(request.headers, "sec-websocket-protocol");
  std::string_view first = std::string_view(all).substr(0, all.find(','));
  while (first.ends_with(' ')) first.remove_suffix(1);
  return std::string(first);
}

}  // namespace

bool asks_for_websocket(const RequestHead& head) {
  return header_has_token(head.headers, "connection", "upgrade") &&
         header_has_token(head.headers, "upgrade", "websocket");
}

HttpResult<void> check_websocket_request(const RequestHead& head) {
  if (head.method != "GET" || !head.http11)
    return tl::unexpected(HttpRefusal{400, "a WebSocket begins with GET and HTTP/1.1"});
  if (header_value(head.headers, "sec-websocket-version") != "13")
    return tl::unexpected(HttpRefusal{426, "only WebSocket version 13"});
  const auto key = decode_base64(header_value(head.headers, "sec-websocket-key"));
  if (!key || key->size() != 16) return tl::unexpected(HttpRefusal{400, "bad Sec-WebSocket-Key"});
  return {};
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += kGuid;
  // OpenSSL's would set up the whole of OpenSSL first, which takes longer than everything else that
  // a plain command does.
  std::array<unsigned char, 20> digest;
  lws_SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string accept;
  append_base64(accept, {reinterpret_cast<const char*>(digest.data()), digest.size()});
  return accept;
}

std::string websocket_key() {
  std::array<char, 16> bytes;
  random_bytes(bytes.data(), bytes.size());
  std::string key;
  append_base64(key, {bytes.data(), bytes.size()});
  return key;
}

std::string switching_protocols(const RequestHead& request, const HttpHeaders& extra) {
  std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  append_header(head, "Sec-WebSocket-Accept",
                websocket_accept(header_value(request.headers, "sec-websocket-key")));
  if (const std::string protocol = first_protocol(request); !protocol.empty())
    append_header(head, "Sec-WebSocket-Protocol", protocol);
  for (const auto& [name, value] : extra) append_header(head, name, value);
  head += "\r\n";
  return head;
}

}  // namespace sio::net
