#include "base/fs.h"

#include <fmt/format.h>

#include <algorithm>

namespace sio {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::string> read_file(Fs& fs, const std::string& path, std::size_t limit) {
  SIO_TRY(const std::unique_ptr<File> file, fs.open_to_read(path));
  SIO_TRY(const std::uint64_t size, file->size());
  if (size > limit) {
    return fail(Errc::too_large, fmt::format("read {}: larger than {} bytes", path, limit));
  }
  std::string content(static_cast<std::size_t>(size), '\0');
  SIO_TRY(const std::size_t got, file->read_at(0, content.data(), content.size()));
  content.resize(got);
  return content;
}

Status replace_file(Fs& fs, const std::string& path, std::string_view content) {
  const std::string beside = path + ".new";
  {
    SIO_TRY(const std::unique_ptr<File> file, fs.open_to_write(beside));
    SIO_TRY_STATUS(file->truncate(0));
    SIO_TRY_STATUS(file->write_at(0, content));
    SIO_TRY_STATUS(file->sync());
  }
  SIO_TRY_STATUS(fs.rename(beside, path));
  return fs.sync_directory(directory_of(path));
}

}  // namespace sio
