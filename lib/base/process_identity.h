// Which process this is, so that another one can tell whether it is still alive.
#pragma once

#include <cstdint>
#include <string>

namespace sio {

struct ProcessIdentity {
  std::string host;           // its name
  std::string boot;           // which run of which machine; empty: not known
  std::string pid_namespace;  // where the pid counts; empty: not known
  std::int64_t pid = 0;
  std::string started;  // tells processes apart that have the same pid one after another

  bool operator==(const ProcessIdentity&) const = default;
};

ProcessIdentity this_process();

// True if `process` ran on this machine, where this process can see it, and is no more. False if it
// is alive, or nothing is known.
bool is_gone(const ProcessIdentity& process);

}  // namespace sio
