// What may stand where a URL names a host.
#pragma once

#include <cstddef>
#include <string_view>

namespace sio {

inline constexpr std::size_t kMaxUnixPath = 107;  // sun_path less its terminating NUL

// Lower case letters, digits, dots, dashes and underscores; a name or an IPv4 address. Not empty.
bool is_host_name(std::string_view text);
// An address with its zone, if it has one, without brackets: fe80::1%eth0.
bool is_ipv6_address(std::string_view text);

}  // namespace sio
