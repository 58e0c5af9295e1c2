// What can be said about HTTP/1.1 messages without a connection (RFC 9112). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "net/http.h"

namespace sio::net {

// A request or status line with its headers. A larger request is answered with 431, as far as
// libwebsockets still lets it be answered: beyond twice as much the connection just ends.
inline constexpr std::size_t kMaxHead = 16 * 1024;

// What is wrong with a request, and the status that a server answers it with.
struct HttpRefusal {
  int status = 400;
  std::string what;
};
template <typename T>
using HttpResult = tl::expected<T, HttpRefusal>;

struct RequestHead {
  std::string method;
  std::string target;
  bool http11 = true;
  HttpHeaders headers;  // names in lower case, values trimmed
};

// The value of a header; repeated ones joined with ", "; "" when absent. `name` in lower case.
std::string header_value(const HttpHeaders& headers, std::string_view name);
bool has_header(const HttpHeaders& headers, std::string_view name);
// Whether a comma-separated header names `token` (lower case; compared without case).
bool header_has_token(const HttpHeaders& headers, std::string_view name, std::string_view token);
// The first of a comma-separated list, trimmed.
std::string first_in_list(std::string_view list);
std::string to_lower(std::string_view text);

// Content-Length; nullopt if there is none. An error: it is no number, or there are several.
HttpResult<std::optional<std::uint64_t>> content_length(const HttpHeaders& headers);
// How long the body of a request is. Errors: too large (413), or of a length that is not told
// (411).
HttpResult<std::uint64_t> request_body_size(const RequestHead& head, std::size_t max_size);
// What a request for a WebSocket must have.
HttpResult<void> check_websocket_request(const RequestHead& head);
// Whether the connection is kept after the answer.
bool wants_to_stay(const RequestHead& head);

// Writes a decoded part of a request target so that it means the same: in a path everything that
// must not stand there as it is becomes %XX, in one argument of a query '&', ';' and '+' too.
enum class TargetPart { path, argument };
void append_encoded(std::string& out, std::string_view decoded, TargetPart part);

// "Not Found"
std::string_view reason_phrase(int status);

// The bytes of a response, with the body unless the status or the method forbids one. What would
// break out of a header line is taken out of it.
struct ResponseOptions {
  enum class Body : std::uint8_t {
    here,         // the response's
    of_length,    // follows, `length` bytes
    in_chunks,    // follows (RFC 9112 §7.1)
    until_close,  // follows
  };
  Body body = Body::here;
  std::uint64_t length = 0;
  bool to_head_request = false;
  bool close = false;              // "Connection: close"
  bool http10_keep_alive = false;  // "Connection: keep-alive"
  std::int64_t wall_ms = 0;        // Date
};
std::string response_bytes(const HttpResponse& response, const ResponseOptions& options);

// Appends "Name: value\r\n".
void append_header(std::string& out, std::string_view name, std::string_view value);

}  // namespace sio::net
