// Addresses of Redis servers as people type them.
#include "base/check.h"
#include "base/host_name.h"
#include "base/redis_url.h"
#include "fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  const auto url = sio::parse_redis_url(text);
  if (!url) {
    SIO_CHECK(!url.error().message.empty());
    return 0;
  }
  SIO_CHECK(sio::looks_like_redis(text));
  SIO_CHECK(url->host.empty() != url->unix_path.empty());
  SIO_CHECK(url->port != 0 && url->unix_path.size() <= sio::kMaxUnixPath);
  const auto again = sio::parse_redis_url(url->printable());
  SIO_CHECK(again && again->host == url->host && again->port == url->port && again->db == url->db &&
            again->unix_path == url->unix_path && again->user == url->user);
  SIO_CHECK(again->printable() == url->printable());
  return 0;
}
