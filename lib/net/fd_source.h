// Reading stdin, pipes and files on the loop. Loop thread only.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "net/loop.h"

namespace sio::net {

class FdSourceEvents {
 public:
  virtual ~FdSourceEvents() = default;
  virtual void on_bytes(std::string_view bytes) = 0;  // as they come, at most 256 KiB at once
  // No more bytes: end of file (ok) or a read error. Called once, last.
  virtual void on_end(const Status& status) = 0;
};

// Reads a file descriptor that somebody else may share: it is never switched to non-blocking mode
// where that would show elsewhere (a terminal, a pipe inherited from the shell). Any kind of file
// works: pipe, terminal, regular file, socket, /dev/null.
class FdSource {
 public:
  // Reads `fd` from the next turn on. `fd` stays the caller's and must stay open. `events` outlives
  // the source. Starts paused if `paused`.
  static Result<std::unique_ptr<FdSource>> open(Loop& loop, int fd, FdSourceEvents& events,
                                                bool paused = false);
  virtual ~FdSource() = default;
  // While paused nothing is read: the backlog stays in the pipe. At most one on_bytes() may follow.
  virtual void pause() = 0;
  virtual void resume() = 0;
};

}  // namespace sio::net
