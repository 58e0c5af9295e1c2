// The machine's file system.
#pragma once

#include "base/fs.h"

namespace sio {

class PosixFs final : public Fs {
 public:
  Result<std::unique_ptr<File>> open_to_read(const std::string& path) override;
  Result<std::unique_ptr<File>> open_to_write(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status create_directories(const std::string& directory) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
};

}  // namespace sio
