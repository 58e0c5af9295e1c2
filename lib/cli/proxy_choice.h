// Which proxy a connection goes through: --proxy and what the environment says, read as curl reads
// it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/proxy.h"
#include "proto/url.h"

namespace sio::cli {

// "" when it is not set.
using Environ = std::function<std::string(const char* name)>;

// [http://|socks5h://][user:password@]host[:port]; `source` says who named it. Errors: Errc::usage.
Result<net::Proxy> parse_proxy(std::string_view text, std::string source);

// Whether `list` ($no_proxy) names `host`: a name, and with it all names below it; an address, or a
// range of them (10.0.0.0/8); `*`. Commas or white space stand between two.
bool is_reached_directly(std::string_view host, std::string_view list);

// `option` is --proxy, an empty text for none. Without it the environment names the proxy:
// $https_proxy for TLS, else $http_proxy, then $all_proxy. Unix sockets and what $no_proxy names
// are reached without any. Errors: Errc::usage, naming the source.
Result<std::optional<net::Proxy>> choose_proxy(const proto::ServerUrl& server,
                                               const std::optional<std::string>& option,
                                               const Environ& environ);

}  // namespace sio::cli
