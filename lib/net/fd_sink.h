// Writing stdout and pipes on the loop, without blocking it. Loop thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "net/loop.h"

namespace sio::net {

class FdSinkEvents {
 public:
  virtual ~FdSinkEvents() = default;
  // backlog() has become zero after it was more than zero at the end of a turn.
  virtual void on_drained() = 0;
  // Nobody will read any more (EPIPE, or the reader closed a pipe that we are not writing to), or a
  // write error. Called at once when the reader goes, also when there is nothing to write. Last.
  virtual void on_broken(const Error& error, bool reader_gone) = 0;
};

// A file descriptor to write to. Same promise as FdSource: the mode others see is left alone.
class FdSink {
 public:
  static Result<std::unique_ptr<FdSink>> open(Loop& loop, int fd, FdSinkEvents& events);
  virtual ~FdSink() = default;

  // Queues bytes. What is queued in a turn is written together at its end.
  virtual void write(std::string_view bytes) = 0;
  // Bytes queued and not yet taken by the kernel. The caller keeps this bounded.
  virtual std::size_t backlog() const = 0;
  // Writes everything that is queued, blocking: for the last lines before leaving.
  virtual Status flush_blocking() = 0;
};

}  // namespace sio::net
