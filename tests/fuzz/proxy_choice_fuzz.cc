// Proxies as people and environments name them: an address up to the first newline, then $no_proxy.
#include "base/check.h"
#include "cli/proxy_choice.h"
#include "fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  const std::string_view address = text.substr(0, text.find('\n'));
  const std::string_view list = text.substr(std::min(address.size() + 1, text.size()));
  const auto proxy = sio::cli::parse_proxy(address, "--proxy");
  if (!proxy) {
    SIO_CHECK(proxy.error().message.starts_with("--proxy: "));
    return 0;
  }
  SIO_CHECK(!proxy->host.empty() && proxy->port != 0);
  SIO_CHECK(proxy->user.size() <= 255 && proxy->password.size() <= 255);
  sio::cli::is_reached_directly(proxy->host, list);
  SIO_CHECK(sio::cli::is_reached_directly(proxy->host, std::string(list) + " *"));
  return 0;
}
