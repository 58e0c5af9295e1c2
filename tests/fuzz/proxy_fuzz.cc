// What a proxy says before it is a way to the server: the first byte is how the proxy is asked, the
// second into what pieces its answer is cut. However it is cut, it means the same.
#include <algorithm>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "net/proxy_handshake.h"

namespace {

using sio::net::ProxyHandshake;

struct Outcome {
  bool done = false;
  int status = 0;
  std::size_t used = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome hear(const sio::net::Proxy& proxy, std::string_view answer, std::size_t piece) {
  ProxyHandshake handshake(proxy, "host.example", 443);
  std::size_t used = 0;
  while (used < answer.size() && !handshake.done() && !handshake.refusal()) {
    const std::string_view part = answer.substr(used, piece);
    const std::size_t taken = handshake.receive(part);
    SIO_CHECK(taken > 0 && taken <= part.size());
    used += taken;
    SIO_CHECK(handshake.take_output().size() < 1024);
  }
  SIO_CHECK(!(handshake.done() && handshake.refusal()));
  if (!handshake.refusal()) return {handshake.done(), 0, used};
  SIO_CHECK(!handshake.refusal()->message.empty());
  // A refusal is the end: how much of it was read does not matter.
  return {false, handshake.refusal()->status, 0};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  sio::net::Proxy proxy{.host = "proxy", .port = 1};
  if ((data[0] & 1) != 0) proxy.kind = sio::net::ProxyKind::socks5;
  if ((data[0] & 2) != 0) proxy.user = proxy.password = "someone";
  const std::string_view answer = sio::test::text_of(data + 2, size - 2);
  const std::size_t piece = std::max<std::size_t>(data[1], 1);
  SIO_CHECK(hear(proxy, answer, piece) == hear(proxy, answer, answer.size() + 1));
  return 0;
}
