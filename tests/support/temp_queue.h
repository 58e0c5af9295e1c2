// A file-backed queue on a disk in memory, for tests that talk about records and damage.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "store/file_store.h"
#include "support/fault_fs.h"
#include "support/records.h"

namespace sio::test {

inline constexpr char kQueueDirectory[] = "/queue";

class TempQueue {
 public:
  explicit TempQueue(store::FileStoreOptions options = {}) : options_(std::move(options)) {
    options_.directory = kQueueDirectory;
    open();
  }

  store::FileStore& store() { return *store_; }
  FaultFs& fs() { return *fs_; }

  // Appends and syncs.
  template <typename... Bodies>
  void append(const Bodies&... bodies) {
    SIO_CHECK(append_bodies(*store_, {std::string(bodies)...}).has_value());
    SIO_CHECK(store_->sync().has_value());
  }

  std::vector<std::string> bodies() { return bodies_of(*store_); }

  // As after kill -9, or an orderly end if close() was called before.
  TempQueue& reopened() {
    store_.reset();
    open();
    return *this;
  }
  void kill() { store_.reset(); }
  void open() {
    auto opened = store::FileStore::open(*fs_, nullptr, options_);
    SIO_CHECK(opened.has_value());
    store_ = std::move(*opened);
  }
  // The process dies at that operation, counted from now; the machine lives.
  void die_at(std::uint64_t operation) {
    fs_->fail_at(fs_->operations() + operation, FaultFs::Fault::power_off);
  }
  void restart() {
    store_.reset();
    fs_->heal();
    open();
  }
  // The power goes, now.
  void lose_power(std::uint64_t choice) {
    std::unique_ptr<FaultFs> after = fs_->after_power_loss(choice);
    store_.reset();
    fs_ = std::move(after);
  }

  std::vector<std::string> segments() const { return fs_->names(kQueueDirectory, ".log"); }
  std::string segment_path(std::size_t position) const {
    return std::string(kQueueDirectory) + "/" + segments().at(position);
  }
  // Damage to the newest segment, or to the one at a position.
  void chop_last_bytes(std::size_t count) {
    const std::string path = segment_path(segments().size() - 1);
    std::string content = fs_->content(path);
    content.resize(content.size() - count);
    fs_->set_content(path, std::move(content));
  }
  void flip_bit(std::size_t segment, std::size_t offset) {
    const std::string path = segment_path(segment);
    std::string content = fs_->content(path);
    content.at(offset) = static_cast<char>(content.at(offset) ^ 0x10);
    fs_->set_content(path, std::move(content));
  }
  // Where `text` is in a segment.
  std::size_t find(std::size_t segment, const std::string& text) const {
    const std::size_t at = fs_->content(segment_path(segment)).find(text);
    SIO_CHECK(at != std::string::npos);
    return at;
  }

 private:
  store::FileStoreOptions options_;
  std::unique_ptr<FaultFs> fs_ = std::make_unique<FaultFs>();
  std::unique_ptr<store::FileStore> store_;
};

}  // namespace sio::test
