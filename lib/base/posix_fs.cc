#include "base/posix_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sio {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

Errc code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Errc::not_found;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Errc::full;
    default:
      return Errc::io;
  }
}

tl::unexpected<Error> system_error(std::string_view operation, std::string_view path, int error) {
  return fail(code_of(error), fmt::format("{} {}: {}", operation, path, std::strerror(error)));
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<Fd> open_fd(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
  if (fd < 0) return system_error("open", path, errno);
  return Fd(fd);
}

// Who has a lock, as it wrote there itself.
std::string holder_of(const Fd& lock) {
  char text[16] = {};
  const ssize_t size = ::pread(lock.get(), text, sizeof text - 1, 0);
  const int pid = size > 0 ? std::atoi(text) : 0;
  return pid > 0 ? fmt::format("process {}", pid) : "another process";
}

class PosixFile final : public File {
 public:
  PosixFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) const override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t n =
          ::pread(fd_.get(), out + done, size - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error("read", path_, errno);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Status write_at(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error("write", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Status reserve(std::uint64_t offset, std::uint64_t size) override {
    const int failed = ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                                   static_cast<off_t>(size));
    if (failed != 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
      return system_error("reserve space for", path_, errno);
    }
    return {};
  }

  Status truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
      return system_error("truncate", path_, errno);
    }
    return {};
  }

  Status sync() override {
    if (::fdatasync(fd_.get()) != 0) return system_error("sync", path_, errno);
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat facts {};
    if (::fstat(fd_.get(), &facts) != 0) return system_error("stat", path_, errno);
    return static_cast<std::uint64_t>(facts.st_size);
  }

 private:
  Fd fd_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Fd fd) : fd_(std::move(fd)) {}

 private:
  Fd fd_;
};

Result<std::unique_ptr<File>> open_file(const std::string& path, int flags) {
  SIO_TRY(Fd fd, open_fd(path, flags));
  return std::make_unique<PosixFile>(std::move(fd), path);
}

Status sync_names(const std::string& directory) {
  SIO_TRY(const Fd fd, open_fd(directory, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return system_error("sync", directory, errno);
  return {};
}

Status create_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), kDirectoryMode) == 0) return sync_names(directory + "/..");
  if (errno == EEXIST) return {};
  return system_error("create directory", directory, errno);
}

}  // namespace

Result<std::unique_ptr<File>> PosixFs::open_to_read(const std::string& path) {
  return open_file(path, O_RDONLY);
}

Result<std::unique_ptr<File>> PosixFs::open_to_write(const std::string& path) {
  return open_file(path, O_RDWR | O_CREAT);
}

Status PosixFs::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename to", to, errno);
  return {};
}

Status PosixFs::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return system_error("remove", path, errno);
  return {};
}

Result<std::vector<std::string>> PosixFs::list(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
  if (!dir) return system_error("list", directory, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return system_error("list", directory, errno);
  return names;
}

Status PosixFs::create_directories(const std::string& directory) {
  for (std::size_t slash = directory.find('/', 1); slash != std::string::npos;
       slash = directory.find('/', slash + 1)) {
    SIO_TRY_STATUS(create_directory(directory.substr(0, slash)));
  }
  return create_directory(directory);
}

Status PosixFs::sync_directory(const std::string& directory) {
  return sync_names(directory);
}

Result<std::unique_ptr<FileLock>> PosixFs::lock(const std::string& path) {
  SIO_TRY(Fd fd, open_fd(path, O_RDWR | O_CREAT));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("lock", path, errno);
    return fail(Errc::unavailable, fmt::format("lock {}: {} has it", path, holder_of(fd)));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
    return system_error("write", path, errno);
  return std::make_unique<PosixLock>(std::move(fd));
}

}  // namespace sio
