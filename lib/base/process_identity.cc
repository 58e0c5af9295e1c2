// What Linux tells in /proc: sys/kernel/random/boot_id, PID/ns/pid, and in PID/stat field 3, the
// state of a process, and field 22, the time when it began. See proc(5).
#include "base/process_identity.h"

#include <fmt/format.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

namespace sio {
namespace {

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

struct ProcessState {
  bool is_dead = false;  // and not yet waited for
  std::string started;   // empty: not known
};

// The name in parentheses may hold blanks and parentheses itself.
ProcessState state_of(std::int64_t pid) {
  const std::string line = first_line_of(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(line.substr(name_end + 1));
  std::string state, field;
  fields >> state;
  constexpr int kStartField = 22;
  constexpr int kBehindState = 4;
  for (int i = kBehindState; i <= kStartField; ++i)
    if (!(fields >> field)) return {};
  return {.is_dead = state == "Z" || state == "X", .started = field};
}

std::string link_target(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  return size <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

ProcessIdentity this_process() {
  return {.host = host_name(),
          .boot = first_line_of("/proc/sys/kernel/random/boot_id"),
          .pid_namespace = link_target("/proc/self/ns/pid"),
          .pid = ::getpid(),
          .started = state_of(::getpid()).started};
}

bool is_gone(const ProcessIdentity& process) {
  const ProcessIdentity here = this_process();
  const bool can_see = !process.boot.empty() && process.boot == here.boot &&
                       !process.pid_namespace.empty() &&
                       process.pid_namespace == here.pid_namespace && process.pid > 0;
  if (!can_see || process.started.empty()) return false;
  if (::kill(static_cast<pid_t>(process.pid), 0) != 0 && errno == ESRCH) return true;
  const ProcessState state = state_of(process.pid);
  return state.is_dead || (!state.started.empty() && state.started != process.started);
}

}  // namespace sio
