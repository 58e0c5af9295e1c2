// How functions say that something went wrong.
//
// Three kinds of trouble, three tools. What a peer, a disk or a user can cause is a Result. What
// only a bug can cause is a SIO_CHECK (check.h). What a third-party library throws is caught at its
// edge.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace sio {

// What kind of thing went wrong: enough for a caller to decide, not a catalogue of causes.
enum class Errc {
  usage,        // a person typed something that has no meaning
  protocol,     // a peer sent what the protocol forbids
  too_large,    // a bound of limits.h was passed
  not_found,    // a name that leads nowhere: host, file, namespace
  refused,      // the other side said no
  unavailable,  // it cannot be done now; it may work later
  io,           // the operating system said no
  timeout,      // it took too long
  full,         // no room is left on a disk, or for a user of it
};

// An error text says what was being done and to what ("bind 127.0.0.1:80: Permission denied"). It
// has no full stop and no "failed to".
struct Error {
  Errc code = Errc::io;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

// The same error with what the caller was doing in front: "read config: " + "line 3: no such
// option".
inline tl::unexpected<Error> fail_in(std::string_view doing, Error error) {
  error.message.insert(0, std::string(doing) + ": ");
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace sio

#define SIO_CONCAT_INNER(a, b) a##b
#define SIO_CONCAT(a, b) SIO_CONCAT_INNER(a, b)

// SIO_TRY(declaration, expression): evaluates a Result; returns its error, or binds its value.
#define SIO_TRY(declaration, ...)                                             \
  auto SIO_CONCAT(sio_try_, __LINE__) = (__VA_ARGS__);                        \
  if (!SIO_CONCAT(sio_try_, __LINE__))                                        \
    return tl::unexpected(std::move(SIO_CONCAT(sio_try_, __LINE__).error())); \
  declaration = std::move(*SIO_CONCAT(sio_try_, __LINE__))

// SIO_TRY_STATUS(expression): evaluates a Status; returns its error if it has one.
#define SIO_TRY_STATUS(...)                                 \
  do {                                                      \
    if (auto sio_status = (__VA_ARGS__); !sio_status)       \
      return tl::unexpected(std::move(sio_status.error())); \
  } while (false)
