#include "net/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "base/base64.h"

namespace sio::net {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};
constexpr Reason kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Payload Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_token_char(char c) {
  return is_letter_or_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 ? byte != 0x7f : c == '\t';
}

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

tl::unexpected<HttpRefusal> refuse(int status, std::string what) {
  return tl::unexpected(HttpRefusal{status, std::move(what)});
}

bool is_bodiless(int status) {
  return status == 204 || status == 304 || (status >= 100 && status < 200);
}

bool must_tell_length(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

// --- Headers

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string header_value(const HttpHeaders& headers, std::string_view name) {
  std::string joined;
  bool found = false;
  for (const auto& [header, value] : headers) {
    if (header != name) continue;
    if (found) joined += ", ";
    joined += value;
    found = true;
  }
  return joined;
}

bool has_header(const HttpHeaders& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return header.first == name; });
}

bool header_has_token(const HttpHeaders& headers, std::string_view name, std::string_view token) {
  const std::string all = to_lower(header_value(headers, name));
  std::string_view rest = all;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    if (trim(rest.substr(0, comma)) == token) return true;
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return false;
}

std::string first_in_list(std::string_view list) {
  return std::string(trim(list.substr(0, list.find(','))));
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  for (const char c : name)
    if (is_token_char(c)) out += c;
  out += ": ";
  for (const char c : value)
    if (is_value_char(c)) out += c;
  out += "\r\n";
}

// --- Requests

HttpResult<std::optional<std::uint64_t>> content_length(const HttpHeaders& headers) {
  std::optional<std::uint64_t> length;
  for (const auto& [name, value] : headers) {
    if (name != "content-length") continue;
    std::uint64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc() || rest != end || length) return refuse(400, "bad Content-Length");
    length = number;
  }
  return length;
}

HttpResult<std::uint64_t> request_body_size(const RequestHead& head, std::size_t max_size) {
  if (has_header(head.headers, "transfer-encoding"))
    return refuse(411, "a body needs a Content-Length");
  const auto length = content_length(head.headers);
  if (!length) return tl::unexpected(length.error());
  if (!*length && must_tell_length(head.method))
    return refuse(411, head.method + " needs a Content-Length");
  if (length->value_or(0) > max_size) return refuse(413, "body too large");
  return length->value_or(0);
}

HttpResult<void> check_websocket_request(const RequestHead& head) {
  if (head.method != "GET" || !head.http11)
    return refuse(400, "a WebSocket begins with GET and HTTP/1.1");
  if (!header_has_token(head.headers, "connection", "upgrade"))
    return refuse(400, "Upgrade: websocket without Connection: Upgrade");
  if (header_value(head.headers, "sec-websocket-version") != "13")
    return refuse(426, "only WebSocket version 13");
  if (!has_header(head.headers, "host")) return refuse(400, "no Host");
  const auto key = decode_base64(header_value(head.headers, "sec-websocket-key"));
  if (!key || key->size() != 16) return refuse(400, "bad Sec-WebSocket-Key");
  return {};
}

bool wants_to_stay(const RequestHead& head) {
  if (head.http11) return !header_has_token(head.headers, "connection", "close");
  return header_has_token(head.headers, "connection", "keep-alive");
}

void append_encoded(std::string& out, std::string_view decoded, TargetPart part) {
  // RFC 3986 §3.3 and §3.4, without what separates arguments and with '+' for a space.
  const std::string_view plain =
      part == TargetPart::path ? "-._~!$&'()*,;=:@/" : "-._~!$'()*,=:@/?";
  for (const char c : decoded) {
    if (is_letter_or_digit(c) || plain.find(c) != std::string_view::npos)
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
}

// --- Responses

std::string_view reason_phrase(int status) {
  for (const Reason& reason : kReasons)
    if (reason.status == status) return reason.phrase;
  return "Unknown";
}

std::string response_bytes(const HttpResponse& response, const ResponseOptions& options) {
  std::string bytes =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  for (const auto& [name, value] : response.headers) append_header(bytes, name, value);
  const bool bodiless = is_bodiless(response.status);
  using Body = ResponseOptions::Body;
  if (options.body == Body::in_chunks) bytes += "Transfer-Encoding: chunked\r\n";
  if (!bodiless && (options.body == Body::here || options.body == Body::of_length))
    bytes += fmt::format("Content-Length: {}\r\n",
                         options.body == Body::here ? response.body.size() : options.length);
  const std::time_t seconds = static_cast<std::time_t>(options.wall_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> date;
  const std::size_t size =
      std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  append_header(bytes, "Date", {date.data(), size});
  if (options.close)
    bytes += "Connection: close\r\n";
  else if (options.http10_keep_alive)
    bytes += "Connection: keep-alive\r\n";
  bytes += "\r\n";
  if (!bodiless && !options.to_head_request) bytes += response.body;
  return bytes;
}

}  // namespace sio::net
