// The words with which an HTTP connection becomes a WebSocket one (RFC 6455 §4). Pure.
#pragma once

#include <string>
#include <string_view>

#include "net/http_parser.h"

namespace sio::net {

// Whether a request asks for a WebSocket. Any other upgrade (h2c) is not heard.
bool asks_for_websocket(const RequestHead& head);
// Whether it asks properly. The refusal has the status to answer with.
HttpResult<void> check_websocket_request(const RequestHead& head);

// What Sec-WebSocket-Accept has to be for this key.
std::string websocket_accept(std::string_view key);
// A key for a client: 16 random bytes in base64.
std::string websocket_key();

// The 101, with the headers given by the application.
std::string switching_protocols(const RequestHead& request, const HttpHeaders& extra);

}  // namespace sio::net
