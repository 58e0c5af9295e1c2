#include "cli/file_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sio::cli {
namespace {

tl::unexpected<Error> system_failure(const std::string& path) {
  const int number = errno;
  return fail(number == ENOENT ? Errc::not_found : Errc::io,
              fmt::format("read {}: {}", path, std::strerror(number)));
}

Result<std::string> read_all(int fd, const std::string& path, std::size_t limit) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > limit)
      return fail(Errc::too_large, fmt::format("read {}: more than {} bytes", path, limit));
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_failure(path);
  Result<std::string> text = read_all(fd, path, limit);
  ::close(fd);
  return text;
}

}  // namespace sio::cli
