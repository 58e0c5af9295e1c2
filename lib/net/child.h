// A command with pipes to its stdin and from its stdout. Loop thread only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/loop.h"

namespace sio::net {

class ChildEvents {
 public:
  virtual ~ChildEvents() = default;
  virtual void on_output(std::string_view bytes) = 0;  // from its stdout
  virtual void on_input_drained() = 0;                 // everything written has been taken
  // It has ended and all its output has been seen. `status` is as waitpid(2) gives it. Last.
  virtual void on_exit(int status) = 0;
};

struct ChildCommand {
  std::string shell_command;                                     // run by /bin/sh -c
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours
};

class Child {
 public:
  // Starts the command in a process group of its own; stderr is ours. Errors: fork or pipe failed.
  static Result<std::unique_ptr<Child>> start(Loop& loop, const ChildCommand& command,
                                              ChildEvents& events);
  // Ends it if it still runs: SIGTERM to the group, then SIGKILL if it is still there after two
  // seconds, for which this waits. No event follows.
  virtual ~Child() = default;

  virtual int pid() const = 0;
  virtual void write(std::string_view bytes) = 0;
  virtual std::size_t input_backlog() const = 0;
  virtual void close_input() = 0;
  virtual void pause_output() = 0;
  virtual void resume_output() = 0;
  virtual void kill(int signal_number) = 0;  // to the group
};

}  // namespace sio::net
