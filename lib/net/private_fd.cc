#include "net/private_fd.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include <fmt/format.h>

#include "net/system_error.h"

namespace sio::net {
namespace {

// A socket cannot be reopened this way, and neither can what belongs to another user.
UniqueFd reopen(int fd, FdAccess access) {
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  const int mode = access == FdAccess::read ? O_RDONLY : O_WRONLY;
  return UniqueFd(::open(path.c_str(), mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

Result<PrivateFd> duplicate(int fd, PrivateFd::Kind kind) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) return fail_errno("duplicate a descriptor", errno);
  return PrivateFd{std::move(copy), kind};
}

}  // namespace

Result<PrivateFd> open_private(int fd, FdAccess access) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_errno(fmt::format("descriptor {}", fd), errno);
  if (S_ISSOCK(status.st_mode)) return duplicate(fd, PrivateFd::Kind::socket);
  // The position in a file is shared with whoever gave it to us: it must go on being.
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode))
    return duplicate(fd, PrivateFd::Kind::file);
  if (UniqueFd own = reopen(fd, access)) return PrivateFd{std::move(own), PrivateFd::Kind::stream};
  return duplicate(fd, PrivateFd::Kind::shared_stream);
}

}  // namespace sio::net
