#include "support/fault_fs.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sio::test {
namespace {

constexpr std::size_t kSector = 512;

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// Answers yes-or-no questions from a number.
class Chooser {
 public:
  explicit Chooser(std::uint64_t choice) : choice_(choice), state_(choice * 0x9e3779b97f4a7c15u) {}

  bool next() {
    if (choice_ == FaultFs::kKeepEverything) return true;
    if (choice_ == FaultFs::kLoseEverything) return false;
    if (asked_ < 64) return ((choice_ >> asked_++) & 1) != 0;
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ & 1) != 0;
  }

 private:
  std::uint64_t choice_;
  std::uint64_t state_;
  unsigned asked_ = 0;
};

}  // namespace

class FaultFs::OpenFile final : public File {
 public:
  OpenFile(FaultFs& fs, std::shared_ptr<Inode> inode) : fs_(fs), inode_(std::move(inode)) {}

  Result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) const override {
    const std::lock_guard lock(fs_.mutex_);
    if (offset >= inode_->now.size()) return std::size_t{0};
    return inode_->now.copy(out, size, static_cast<std::size_t>(offset));
  }

  Status write_at(std::uint64_t offset, std::string_view bytes) override {
    const std::lock_guard lock(fs_.mutex_);
    return fs_.write(*inode_, offset, bytes);
  }

  Status reserve(std::uint64_t offset, std::uint64_t size) override {
    const std::lock_guard lock(fs_.mutex_);
    SIO_TRY_STATUS(fs_.begin("reserve"));
    if (fs_.space_ && fs_.used() + offset + size > *fs_.space_) {
      return fail(Errc::full, "reserve: no space left");
    }
    return {};
  }

  Status truncate(std::uint64_t size) override {
    const std::lock_guard lock(fs_.mutex_);
    SIO_TRY_STATUS(fs_.begin("truncate"));
    const Change change{.truncates = true, .offset = size, .bytes = {}};
    apply(inode_->now, change);
    inode_->pending.push_back(change);
    return {};
  }

  Status sync() override {
    const std::lock_guard lock(fs_.mutex_);
    const Status begun = fs_.begin("sync");
    // Without power nothing was tried, so a later sync is as good as ever.
    if (!begun && fs_.fault_ == Fault::power_off) return begun;
    for (Change& change : inode_->pending) {
      if (begun) {
        apply(inode_->synced, change);
      } else {
        inode_->doomed.push_back(std::move(change));
      }
    }
    inode_->pending.clear();
    return begun;
  }

  Result<std::uint64_t> size() const override {
    const std::lock_guard lock(fs_.mutex_);
    return inode_->now.size();
  }

 private:
  FaultFs& fs_;
  std::shared_ptr<Inode> inode_;
};

class FaultFs::HeldLock final : public FileLock {
 public:
  HeldLock(FaultFs& fs, std::string path) : fs_(fs), path_(std::move(path)) {}
  ~HeldLock() override {
    const std::lock_guard lock(fs_.mutex_);
    fs_.locks_.erase(path_);
  }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;

 private:
  FaultFs& fs_;
  std::string path_;
};

void FaultFs::fail_at(std::uint64_t operation, Fault fault) {
  const std::lock_guard lock(mutex_);
  fail_at_ = operation;
  fault_ = fault;
}

void FaultFs::heal() {
  const std::lock_guard lock(mutex_);
  fail_at_ = ~std::uint64_t{0};
}

void FaultFs::set_space(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  space_ = bytes;
}

Status FaultFs::begin(std::string_view operation, bool* torn) {
  const std::uint64_t number = operations_++;
  const bool lasting = fault_ == Fault::power_off || fault_ == Fault::keeps_failing;
  if (lasting ? number < fail_at_ : number != fail_at_) return {};
  if (torn != nullptr) *torn = fault_ == Fault::torn_write || fault_ == Fault::power_off;
  return fail(Errc::io, std::string(operation) + ": made to fail");
}

Status FaultFs::write(Inode& inode, std::uint64_t offset, std::string_view bytes) {
  bool torn = false;
  const bool dead = fault_ == Fault::power_off && operations_ > fail_at_;
  Status status = begin("write", &torn);
  std::size_t size = status ? bytes.size() : torn && !dead ? bytes.size() / 2 : 0;
  if (status && space_) {
    const std::uint64_t growth =
        offset + bytes.size() - std::min<std::uint64_t>(inode.now.size(), offset + bytes.size());
    if (const std::uint64_t wanted = used() + growth; wanted > *space_) {
      size -= static_cast<std::size_t>(std::min<std::uint64_t>(wanted - *space_, size));
      status = fail(Errc::full, "write: no space left");
    }
  }
  if (size > 0) {
    inode.pending.push_back(
        {.truncates = false, .offset = offset, .bytes = std::string(bytes.substr(0, size))});
    apply(inode.now, inode.pending.back());
  }
  return status;
}

std::uint64_t FaultFs::used() const {
  std::uint64_t total = 0;
  for (const auto& [name, inode] : now_) total += inode->now.size();
  return total;
}

void FaultFs::apply(std::string& content, const Change& change) {
  const auto offset = static_cast<std::size_t>(change.offset);
  if (change.truncates) {
    content.resize(offset);
    return;
  }
  content.resize(std::max(content.size(), offset + change.bytes.size()));
  content.replace(offset, change.bytes.size(), change.bytes);
}

void FaultFs::apply(Names& names, const NameChange& change) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.made.empty()) names[change.made] = change.inode;
}

std::size_t FaultFs::uncertain() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = pending_.size();
  std::set<const Inode*> inodes;
  for (const auto& [name, inode] : now_) inodes.insert(inode.get());
  for (const auto& [name, inode] : synced_) inodes.insert(inode.get());
  for (const Inode* inode : inodes) {
    for (const auto* changes : {&inode->doomed, &inode->pending}) {
      for (const Change& change : *changes) {
        count += change.truncates ? 1 : (change.bytes.size() + kSector - 1) / kSector;
      }
    }
  }
  return count;
}

std::unique_ptr<FaultFs> FaultFs::after_power_loss(std::uint64_t choice) const {
  const std::lock_guard lock(mutex_);
  Chooser keep(choice);
  Names names = synced_;
  for (const NameChange& change : pending_) {
    if (keep.next()) apply(names, change);
  }
  auto after = std::make_unique<FaultFs>();
  for (const auto& [name, inode] : names) {
    auto survivor = std::make_shared<Inode>();
    survivor->synced = inode->synced;
    for (const auto* changes : {&inode->doomed, &inode->pending}) {
      for (const Change& change : *changes) {
        if (change.truncates) {
          if (keep.next()) apply(survivor->synced, change);
          continue;
        }
        for (std::size_t at = 0; at < change.bytes.size(); at += kSector) {
          if (!keep.next()) continue;
          apply(survivor->synced, {.truncates = false,
                                   .offset = change.offset + at,
                                   .bytes = change.bytes.substr(at, kSector)});
        }
      }
    }
    survivor->now = survivor->synced;
    after->synced_[name] = survivor;
  }
  after->now_ = after->synced_;
  return after;
}

std::string FaultFs::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  SIO_CHECK(now_.contains(path));
  return now_.at(path)->now;
}

void FaultFs::set_content(const std::string& path, std::string content) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Inode>& inode = now_[path];
  if (!inode) inode = std::make_shared<Inode>();
  inode->now = inode->synced = std::move(content);
  inode->pending.clear();
  inode->doomed.clear();
  synced_[path] = inode;
}

bool FaultFs::exists(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return now_.contains(path);
}

std::vector<std::string> FaultFs::names(const std::string& directory,
                                        std::string_view ending) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> result;
  for (const auto& [path, inode] : now_) {
    if (directory_of(path) == directory && path.ends_with(ending)) {
      result.push_back(path.substr(directory.size() + 1));
    }
  }
  return result;
}

Result<std::unique_ptr<File>> FaultFs::open_to_read(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = now_.find(path);
  if (found == now_.end()) return fail(Errc::not_found, "open " + path + ": not there");
  return std::make_unique<OpenFile>(*this, found->second);
}

Result<std::unique_ptr<File>> FaultFs::open_to_write(const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto found = now_.find(path);
  if (found == now_.end()) {
    SIO_TRY_STATUS(begin("create"));
    found = now_.emplace(path, std::make_shared<Inode>()).first;
    pending_.push_back({.removed = {}, .made = path, .inode = found->second});
  }
  return std::make_unique<OpenFile>(*this, found->second);
}

Status FaultFs::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  SIO_TRY_STATUS(begin("rename"));
  const auto found = now_.find(from);
  if (found == now_.end()) return fail(Errc::not_found, "rename " + from + ": not there");
  pending_.push_back({.removed = from, .made = to, .inode = found->second});
  apply(now_, pending_.back());
  return {};
}

Status FaultFs::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  SIO_TRY_STATUS(begin("remove"));
  if (!now_.contains(path)) return fail(Errc::not_found, "remove " + path + ": not there");
  pending_.push_back({.removed = path, .made = {}, .inode = nullptr});
  apply(now_, pending_.back());
  return {};
}

Result<std::vector<std::string>> FaultFs::list(const std::string& directory) {
  return names(directory, "");
}

Status FaultFs::create_directories(const std::string&) {
  return {};
}

// There is one list of names for all directories: tests use one.
Status FaultFs::sync_directory(const std::string&) {
  const std::lock_guard lock(mutex_);
  SIO_TRY_STATUS(begin("sync directory"));
  for (const NameChange& change : pending_) apply(synced_, change);
  pending_.clear();
  return {};
}

Result<std::unique_ptr<FileLock>> FaultFs::lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!locks_.insert(path).second) {
    return fail(Errc::unavailable, "lock " + path + ": somebody has it");
  }
  return std::make_unique<HeldLock>(*this, path);
}

}  // namespace sio::test
