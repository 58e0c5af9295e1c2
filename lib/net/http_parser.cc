#include "net/http_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

namespace sio::net {
namespace {

constexpr std::size_t kMaxMethod = 32;
constexpr std::size_t kMaxChunkLine = 1024;
constexpr std::size_t kMaxTrailer = 8 * 1024;

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

bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 ? byte != 0x7f : c == '\t';
}

bool is_target_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes a line with its CR LF off the front.
std::string_view next_line(std::string_view& head) {
  const std::size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
  return line;
}

tl::unexpected<HttpRefusal> refuse(int status, std::string what) {
  return tl::unexpected(HttpRefusal{status, std::move(what)});
}

// "HTTP/1.1" → true, "HTTP/1.0" → false.
HttpResult<bool> parse_version(std::string_view text) {
  if (text.size() != 8 || !text.starts_with("HTTP/")) return refuse(400, "not HTTP");
  if (text == "HTTP/1.1") return true;
  if (text == "HTTP/1.0") return false;
  return refuse(505, "HTTP version not supported");
}

HttpResult<HttpHeaders> parse_headers(std::string_view lines) {
  HttpHeaders headers;
  for (std::string_view line = next_line(lines); !line.empty(); line = next_line(lines)) {
    if (headers.size() == kMaxHeaders) return refuse(431, "too many headers");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return refuse(400, "bad header line");
    const std::string_view value = trim(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), is_value_char))
      return refuse(400, "bad character in a header");
    headers.emplace_back(to_lower(line.substr(0, colon)), value);
  }
  return headers;
}

// The target as our handlers know it: "http://host/path" is what proxies are sent.
HttpResult<std::string> origin_form(std::string_view target) {
  if (target.empty() || !std::all_of(target.begin(), target.end(), is_target_char))
    return refuse(400, "bad request target");
  if (target.front() == '/' || target == "*") return std::string(target);
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return refuse(400, "bad request target");
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string("/") : std::string(target.substr(path));
}

HttpResult<std::optional<std::uint64_t>> content_length(const HttpHeaders& headers) {
  std::optional<std::uint64_t> length;
  for (const auto& [name, value] : headers) {
    if (name != "content-length") continue;
    std::uint64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc() || rest != end || (length && *length != number))
      return refuse(400, "bad Content-Length");
    length = number;
  }
  return length;
}

bool is_bodiless(int status) {
  return status == 204 || status == 304 || (status >= 100 && status < 200);
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::size_t head_length(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + 4;
}

bool may_be_request(std::string_view bytes) {
  return is_token(bytes.substr(0, std::min(bytes.find(' '), kMaxMethod)));
}

HttpResult<RequestHead> parse_request_head(std::string_view head) {
  const std::string_view line = next_line(head);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return refuse(400, "bad request line");
  if (!is_token(line.substr(0, first))) return refuse(400, "bad request method");
  auto http11 = parse_version(line.substr(last + 1));
  if (!http11) return tl::unexpected(std::move(http11.error()));
  auto target = origin_form(line.substr(first + 1, last - first - 1));
  if (!target) return tl::unexpected(std::move(target.error()));
  auto headers = parse_headers(head);
  if (!headers) return tl::unexpected(std::move(headers.error()));
  return RequestHead{std::string(line.substr(0, first)), std::move(*target), *http11,
                     std::move(*headers)};
}

HttpResult<StatusHead> parse_status_head(std::string_view head) {
  const std::string_view line = next_line(head);
  auto http11 = parse_version(line.substr(0, 8));
  if (!http11) return tl::unexpected(std::move(http11.error()));
  int status = 0;
  if (line.size() < 12 || line[8] != ' ' ||
      std::from_chars(line.data() + 9, line.data() + 12, status).ptr != line.data() + 12 ||
      status < 100)
    return refuse(400, "bad status line");
  auto headers = parse_headers(head);
  if (!headers) return tl::unexpected(std::move(headers.error()));
  return StatusHead{status, *http11, std::move(*headers)};
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

// --- BodyReader

HttpResult<BodyReader> BodyReader::sized(const HttpHeaders& headers, std::size_t max_size) {
  const auto length = content_length(headers);
  if (!length) return tl::unexpected(length.error());
  BodyReader reader;
  reader.max_size_ = max_size;
  if (has_header(headers, "transfer-encoding")) {
    // Both would leave it open where the next message begins.
    if (*length) return refuse(400, "Content-Length beside Transfer-Encoding");
    if (to_lower(header_value(headers, "transfer-encoding")) != "chunked")
      return refuse(501, "transfer encoding not supported");
    reader.state_ = State::chunk_size;
    reader.chunked_ = true;
    return reader;
  }
  if (length->value_or(0) > max_size) return refuse(413, "body too large");
  reader.remaining_ = length->value_or(0);
  reader.state_ = reader.remaining_ > 0 ? State::data : State::done;
  return reader;
}

HttpResult<BodyReader> BodyReader::of_request(const HttpHeaders& headers, std::size_t max_size) {
  return sized(headers, max_size);
}

HttpResult<BodyReader> BodyReader::of_response(const StatusHead& head, std::string_view method,
                                               std::size_t max_size) {
  if (is_bodiless(head.status) || method == "HEAD") return BodyReader();
  auto reader = sized(head.headers, max_size);
  if (!reader || has_header(head.headers, "content-length") || reader->chunked_) return reader;
  reader->until_close_ = true;
  reader->state_ = State::data;
  return reader;
}

std::optional<HttpRefusal> BodyReader::feed(std::string_view& bytes) {
  bool progress = true;
  while (progress && !done()) {
    if (auto refusal = step(bytes, progress)) return refusal;
    if (body_.size() > max_size_) return HttpRefusal{413, "body too large"};
  }
  return std::nullopt;
}

std::optional<HttpRefusal> BodyReader::step(std::string_view& bytes, bool& progress) {
  if (state_ == State::data || state_ == State::chunk_data) {
    progress = !bytes.empty();
    take_data(bytes);
    return std::nullopt;
  }
  const auto line = take_line(bytes);
  if (line_.size() > kMaxChunkLine) return HttpRefusal{400, "chunk line too long"};
  progress = line.has_value();
  if (!progress) return std::nullopt;
  const std::string text(*line);
  line_.clear();
  if (state_ == State::chunk_size) return begin_chunk(text);
  if (state_ == State::chunk_end) {
    if (!text.empty()) return HttpRefusal{400, "bad chunk end"};
    state_ = State::chunk_size;
    return std::nullopt;
  }
  trailer_size_ += text.size();
  if (trailer_size_ > kMaxTrailer) return HttpRefusal{431, "trailer too large"};
  if (text.empty()) state_ = State::done;
  return std::nullopt;
}

void BodyReader::take_data(std::string_view& bytes) {
  const std::size_t part =
      until_close_ ? bytes.size()
                   : static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
  body_.append(bytes.substr(0, part));
  bytes.remove_prefix(part);
  if (until_close_) return;
  remaining_ -= part;
  if (remaining_ == 0) state_ = state_ == State::data ? State::done : State::chunk_end;
}

std::optional<std::string_view> BodyReader::take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const std::size_t part = end == std::string_view::npos ? bytes.size() : end + 1;
  line_.append(bytes.substr(0, part));
  bytes.remove_prefix(part);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = line_;
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<HttpRefusal> BodyReader::begin_chunk(std::string_view line) {
  const std::string_view digits = trim(line.substr(0, line.find(';')));
  std::uint64_t size = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, size, 16);
  if (error != std::errc() || rest != end || digits.empty())
    return HttpRefusal{400, "bad chunk size"};
  if (size > max_size_ - body_.size()) return HttpRefusal{413, "body too large"};
  remaining_ = size;
  state_ = size == 0 ? State::trailer : State::chunk_data;
  return std::nullopt;
}

bool BodyReader::end_of_stream() {
  if (until_close_) state_ = State::done;
  return done();
}

// --- Writing

std::string_view reason_phrase(int status) {
  for (const Reason& reason : kReasons)
    if (reason.status == status) return reason.phrase;
  return "Unknown";
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  for (const char c : name)
    if (is_token_char(c)) out += c;
  out += ": ";
  for (const char c : value)
    if (is_value_char(c)) out += c;
  out += "\r\n";
}

std::string response_head(const HttpResponse& response, const ResponseHeadOptions& options) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  for (const auto& [name, value] : response.headers) append_header(head, name, value);
  if (!is_bodiless(response.status))
    head += fmt::format("Content-Length: {}\r\n", response.body.size());
  const std::time_t seconds = static_cast<std::time_t>(options.wall_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> date;
  const std::size_t size =
      std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  append_header(head, "Date", {date.data(), size});
  if (options.close)
    head += "Connection: close\r\n";
  else if (options.http10_keep_alive)
    head += "Connection: keep-alive\r\n";
  head += "\r\n";
  return head;
}

}  // namespace sio::net
