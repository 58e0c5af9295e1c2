// Texts of errno values.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sio::net {

// "Connection refused"
std::string errno_text(int number);

// Errc::io, "bind 127.0.0.1:80: Permission denied"
inline tl::unexpected<Error> fail_errno(std::string_view doing, int number) {
  return fail(Errc::io, std::string(doing) + ": " + errno_text(number));
}

}  // namespace sio::net
