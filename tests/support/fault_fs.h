// A file system in memory that fails, tears writes, fills up, and loses power at any operation.
//
// What was not synced may survive a power loss in any combination: every 512-byte piece of every
// write, every truncation, and every name made, changed or removed, each for itself. What a failed
// sync was meant to save may be lost even if a later sync succeeds. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"

namespace sio::test {

class FaultFs final : public Fs {
 public:
  FaultFs() = default;

  // Operations that change something, so far.
  std::uint64_t operations() const { return operations_; }

  enum class Fault {
    error,         // the operation does nothing and fails
    torn_write,    // a write is done in part and fails; other operations as `error`
    power_off,     // this operation and all later ones fail
    keeps_failing  // as power_off, until heal()
  };
  // The operation with this number (counted as operations() does) fails.
  void fail_at(std::uint64_t operation, Fault fault);
  void heal();
  // Writes beyond this many bytes in all files together fail, in part.
  void set_space(std::optional<std::uint64_t> bytes);

  // How many things a power loss now could keep or lose.
  std::size_t uncertain() const;
  // The disk after a power loss. Bit i of `choice` decides whether the i-th uncertain thing was
  // kept; beyond the 64th, a hash of `choice` decides. All bits set: everything is kept, as by kill
  // -9.
  std::unique_ptr<FaultFs> after_power_loss(std::uint64_t choice) const;
  static constexpr std::uint64_t kKeepEverything = ~std::uint64_t{0};
  static constexpr std::uint64_t kLoseEverything = 0;

  // The content of a file as it stands; the file must exist.
  std::string content(const std::string& path) const;
  void set_content(const std::string& path, std::string content);
  bool exists(const std::string& path) const;
  // Names in the directory that end like this, sorted.
  std::vector<std::string> names(const std::string& directory, std::string_view ending) const;

  Result<std::unique_ptr<File>> open_to_read(const std::string& path) override;
  Result<std::unique_ptr<File>> open_to_write(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status create_directories(const std::string& directory) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

 private:
  struct Change {
    bool truncates;
    std::uint64_t offset;  // or the new size
    std::string bytes;
  };
  struct Inode {
    std::string now;
    std::string synced;
    std::vector<Change> pending;  // since the last sync
    std::vector<Change> doomed;   // before a sync that failed
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  struct NameChange {
    std::string removed;  // may be empty
    std::string made;     // may be empty
    std::shared_ptr<Inode> inode;
  };
  class OpenFile;
  class HeldLock;

  static void apply(std::string& content, const Change& change);
  static void apply(Names& names, const NameChange& change);
  Status begin(std::string_view operation, bool* torn = nullptr);
  Status write(Inode& inode, std::uint64_t offset, std::string_view bytes);
  std::uint64_t used() const;

  mutable std::mutex mutex_;
  Names now_;
  Names synced_;
  std::vector<NameChange> pending_;
  std::set<std::string> locks_;
  std::uint64_t operations_ = 0;
  std::uint64_t fail_at_ = ~std::uint64_t{0};
  Fault fault_ = Fault::error;
  std::optional<std::uint64_t> space_;
};

}  // namespace sio::test
