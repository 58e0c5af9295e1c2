// HTTP/1.1 messages out of a byte stream (RFC 9112). Pure: no sockets, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "net/http.h"

namespace sio::net {

inline constexpr std::size_t kMaxHead = 16 * 1024;  // request or status line and headers
inline constexpr std::size_t kMaxHeaders = 200;

// What is wrong with a message, and the status that a server answers it with.
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

struct StatusHead {
  int status = 0;
  bool http11 = true;
  HttpHeaders headers;
};

// Length of the head at the front of `bytes`, its empty line included; 0 while it is not complete.
std::size_t head_length(std::string_view bytes);

// False as soon as the bytes cannot become a request: TLS or another protocol on this port, which
// would otherwise wait for an empty line that never comes.
bool may_be_request(std::string_view bytes);

// `head` is what head_length() measured.
HttpResult<RequestHead> parse_request_head(std::string_view head);
HttpResult<StatusHead> parse_status_head(std::string_view head);

// The value of a header; repeated ones joined with ", "; "" when absent. `name` in lower case.
std::string header_value(const HttpHeaders& headers, std::string_view name);
bool has_header(const HttpHeaders& headers, std::string_view name);
// Whether a comma-separated header names `token` (lower case; compared without case).
bool header_has_token(const HttpHeaders& headers, std::string_view name, std::string_view token);
std::string to_lower(std::string_view text);

// The body of a message, however its length is told.
class BodyReader {
 public:
  // A body of a request: none, by Content-Length, or chunked.
  static HttpResult<BodyReader> of_request(const HttpHeaders& headers, std::size_t max_size);
  // A body of a response, which may also end with the connection.
  static HttpResult<BodyReader> of_response(const StatusHead& head, std::string_view method,
                                            std::size_t max_size);

  // Takes what belongs to the body off the front of `bytes`. An error: what is wrong with it.
  std::optional<HttpRefusal> feed(std::string_view& bytes);
  bool done() const { return state_ == State::done; }
  bool chunked() const { return chunked_; }
  bool until_close() const { return until_close_; }
  // The connection has ended. True if that ends the body as it should.
  bool end_of_stream();
  std::size_t size() const { return body_.size(); }  // what take() would give
  std::string take() { return std::move(body_); }

 private:
  enum class State : std::uint8_t { data, chunk_size, chunk_data, chunk_end, trailer, done };

  static HttpResult<BodyReader> sized(const HttpHeaders& headers, std::size_t max_size);
  std::optional<HttpRefusal> step(std::string_view& bytes, bool& progress);
  void take_data(std::string_view& bytes);
  std::optional<HttpRefusal> begin_chunk(std::string_view line);
  // A line of chunk framing, complete, without its end; nullopt while it is not complete.
  std::optional<std::string_view> take_line(std::string_view& bytes);

  State state_ = State::done;
  bool chunked_ = false;
  bool until_close_ = false;
  std::size_t max_size_ = 0;
  std::uint64_t remaining_ = 0;  // of the body, or of the present chunk
  std::size_t trailer_size_ = 0;
  std::string line_;
  std::string body_;
};

// "Not Found"
std::string_view reason_phrase(int status);

// The bytes of a response head. What would break out of a header line is taken out of it.
struct ResponseHeadOptions {
  bool close = false;  // "Connection: close"
  bool http10_keep_alive = false;
  std::int64_t wall_ms = 0;  // Date
};
std::string response_head(const HttpResponse& response, const ResponseHeadOptions& options);

// Appends "Name: value\r\n".
void append_header(std::string& out, std::string_view name, std::string_view value);

}  // namespace sio::net
