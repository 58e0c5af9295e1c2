// What the HTTP request that opened a session, or that is one itself, said.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"

namespace sio::server {

struct Handshake {
  net::HttpHeaders headers;
  std::vector<std::pair<std::string, std::string>> query;
  std::string url;
  std::string address;  // of the peer; "" on a unix socket
  std::int64_t issued_ms = 0;
  bool secure = false;
  bool cross_domain = false;  // an Origin header was there
};

// How much of it is remembered: it takes memory for each session.
enum class HandshakeNeed : std::uint8_t {
  nothing,
  credentials,  // the Authorization header, and no Handshake at all if there is none
  everything,
};

// `query`: of the request's target. `now_ms`: the wall clock. Null: there is nothing to remember.
std::unique_ptr<Handshake> handshake_of(
    const net::HttpRequest& request, HandshakeNeed need,
    const std::vector<std::pair<std::string, std::string>>& query, std::int64_t now_ms);

// A JSON text may have line breaks between its tokens, and nowhere else: without them.
std::string one_line(std::string_view json);

// {"ns":…,"auth":{…},"address":…,"url":…,"headers":{…},"query":{…},"time":…,"secure":…,"xdomain":…}
// without the braces, on one line: what programs of the operator's are told of a client. `auth`: a
// JSON object, or empty; `handshake` may be null.
std::string describe_client(std::string_view ns, std::string_view auth, const Handshake* handshake);

}  // namespace sio::server
