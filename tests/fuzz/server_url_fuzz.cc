// Server addresses as people type them.
#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/limits.h"
#include "proto/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  const auto url = sio::proto::parse_server_url(text);
  if (!url) {
    SIO_CHECK(!url.error().message.empty());
    return 0;
  }
  SIO_CHECK(!url->host.empty() && url->ns.starts_with('/'));
  SIO_CHECK(url->ns.size() <= sio::proto::kMaxNamespaceName);
  SIO_CHECK(!url->unix_path.empty() || url->port != 0);
  const auto again = sio::proto::parse_server_url(url->origin());
  SIO_CHECK(again && again->host == url->host && again->port == url->port &&
            again->tls == url->tls && again->unix_path == url->unix_path);
  return 0;
}
