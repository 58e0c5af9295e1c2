// What an HTTP peer sends, as a request and as a response. However a body is cut into reads, the
// same is read.
#include <algorithm>
#include <optional>
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "net/http_parser.h"

namespace {

using sio::net::BodyReader;

constexpr std::size_t kLimit = 4096;

struct Read {
  int refused = 0;
  bool done = false;
  std::string body;
  bool operator==(const Read&) const = default;
};

Read read(BodyReader reader, std::string_view bytes, std::size_t slice) {
  Read result;
  while (!bytes.empty() && !reader.done() && result.refused == 0) {
    std::string_view part = bytes.substr(0, slice);
    bytes.remove_prefix(part.size());
    if (const auto refusal = reader.feed(part)) result.refused = refusal->status;
    SIO_CHECK(reader.done() || result.refused != 0 || part.empty());
  }
  result.done = reader.done();
  // What came before something was refused depends on the cut, and is thrown away.
  if (result.refused == 0) result.body = reader.take();
  SIO_CHECK(result.body.size() <= kLimit);
  return result;
}

void check_body(const sio::net::HttpResult<BodyReader>& reader, std::string_view bytes) {
  if (!reader) return SIO_CHECK(reader.error().status >= 400);
  const Read whole = read(*reader, bytes, bytes.size() + 1);
  for (const std::size_t slice : {1u, 3u, 64u}) SIO_CHECK(read(*reader, bytes, slice) == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = sio::test::text_of(data, size);
  const std::size_t length = sio::net::head_length(bytes);
  if (length == 0) return 0;
  const std::string_view head = bytes.substr(0, length);
  const std::string_view rest = bytes.substr(length);
  if (const auto request = sio::net::parse_request_head(head)) {
    SIO_CHECK(sio::net::may_be_request(bytes));
    SIO_CHECK(request->target.front() == '/' || request->target == "*");
    check_body(BodyReader::of_request(request->headers, kLimit), rest);
  } else {
    SIO_CHECK(request.error().status >= 400 && !request.error().what.empty());
  }
  if (const auto response = sio::net::parse_status_head(head))
    check_body(BodyReader::of_response(*response, "GET", kLimit), rest);
  return 0;
}
