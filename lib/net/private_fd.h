// A descriptor of our own for a file that others share.
#pragma once

#include "base/result.h"
#include "net/unique_fd.h"

namespace sio::net {

enum class FdAccess { read, write };

// How a descriptor is read or written without blocking and without others noticing. O_NONBLOCK
// belongs to the open file, not to the descriptor: setting it on a terminal or an inherited pipe
// would show in the shell. So pipes and terminals are opened a second time through /proc, sockets
// are told per call, and regular files never block for long.
struct PrivateFd {
  enum class Kind { stream, shared_stream, socket, file };
  UniqueFd fd;
  Kind kind = Kind::file;
  // stream: O_NONBLOCK is ours. shared_stream: it could not be reopened; only what poll(2) promises
  // may be done: one read, or one write of at most PIPE_BUF. socket: MSG_DONTWAIT. file: directly.
};

Result<PrivateFd> open_private(int fd, FdAccess access);

}  // namespace sio::net
