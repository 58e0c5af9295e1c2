// SIO_CHECK(condition): what only a bug can make false. Always on: a process that no longer knows
// what it is doing must stop before it writes.
#pragma once

namespace sio {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace sio

#define SIO_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::sio::check_failed(#condition, __FILE__, __LINE__))
