#include "net/proxy.h"

#include <fmt/format.h>

namespace sio::net {

std::string name_of(const Proxy& proxy) {
  const bool v6 = proxy.host.find(':') != std::string::npos;
  return fmt::format("proxy {}{}{}:{}{}", v6 ? "[" : "", proxy.host, v6 ? "]" : "", proxy.port,
                     proxy.source.empty() ? "" : " (" + proxy.source + ")");
}

}  // namespace sio::net
