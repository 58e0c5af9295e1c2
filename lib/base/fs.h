// The file system, as something that can be passed in: what the queue needs of it and no more. The
// test double loses power, tears writes and fails at any operation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio {

// An open file, addressed by offset. Any thread; calls that touch the same bytes must not overlap.
// Closed by the destructor.
//
// Errors are Errc::io and name the operation and the file. After an error of write_at() any part of
// the bytes may have been written. After an error of sync() nothing is known of what was written
// since the last good one, and a later good sync() does not change that.
class File {
 public:
  virtual ~File() = default;
  // Reads up to `size` bytes into `out`; fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) const = 0;
  // All of `bytes`, behind the end too.
  virtual Status write_at(std::uint64_t offset, std::string_view bytes) = 0;
  // Takes disk space for that many bytes from `offset` on, so that writing them cannot find the
  // disk full. The size stays. Where the file system cannot, nothing happens.
  virtual Status reserve(std::uint64_t offset, std::uint64_t size) = 0;
  virtual Status truncate(std::uint64_t size) = 0;
  // What was written, and the size, survive power loss. Not so the file's name: sync_directory().
  virtual Status sync() = 0;
  virtual Result<std::uint64_t> size() const = 0;
};

// Held as long as it exists, at most.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Any thread. Errors are Errc::io, and Errc::not_found where a name leads nowhere.
class Fs {
 public:
  virtual ~Fs() = default;

  virtual Result<std::unique_ptr<File>> open_to_read(const std::string& path) = 0;
  // Makes the file if it is missing; an existing one keeps its content.
  virtual Result<std::unique_ptr<File>> open_to_write(const std::string& path) = 0;
  // Replaces `to` in one step.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  // Names, without the directory, in no order.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  // With its parents, surviving power loss; fine if it exists.
  virtual Status create_directories(const std::string& directory) = 0;
  // Names made, changed and removed in `directory` survive power loss.
  virtual Status sync_directory(const std::string& directory) = 0;
  // Makes the file if it is missing, and locks it against everybody else in this and every other
  // process. Errc::unavailable if somebody has it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

// The whole content, at most `limit` bytes of it (Errc::too_large beyond).
Result<std::string> read_file(Fs& fs, const std::string& path, std::size_t limit);

// Replaces a file so that whoever looks, even after power loss, finds the old content or the new.
// Writes a sibling named `path`.new first.
Status replace_file(Fs& fs, const std::string& path, std::string_view content);

}  // namespace sio
