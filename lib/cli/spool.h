// A directory where events wait for a server: a store (sio-queue(5)) and a note of how far it has
// been sent. Loop thread only.
//
// Only one process has it open at a time; others wait for their turn, so it should be closed soon.
// What was added survives power loss once sync() or close() has returned. Events that were sent
// and not noted yet, because the process was killed, are sent again with the same key.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "client/publisher.h"
#include "proto/stored_event.h"
#include "store/file_store.h"

namespace sio::cli {

struct SpooledEvent {
  store::Seq seq = 0;
  std::string_view ns;
  std::string_view event;
  std::string_view args;
  bool numeric_name = false;
  std::string_view key;
  std::vector<std::string> attachments;
  std::vector<std::string> rooms;
};

class SpoolVisitor {
 public:
  virtual ~SpoolVisitor() = default;
  // False: no more now; this one counts as not read.
  virtual bool on_spooled(const SpooledEvent& event) = 0;
  // So many events between the ones around it are lost to damage, at most.
  virtual void on_spool_lost(std::uint64_t count) = 0;
};

class Spool {
 public:
  // `fs` outlives the spool.
  Spool(Fs& fs, std::string directory) : fs_(fs), directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }
  // Whether there is a spool at all: an empty directory, or none, needs no opening to be drained.
  bool exists() const;

  // Makes the directory if it is missing. Errc::unavailable: another process has it now.
  Status open();
  bool is_open() const { return store_ != nullptr; }
  // What was found to be damaged when it was opened.
  const std::vector<std::string>& notes() const { return store_->notes(); }

  // Open only. Errors: the disk refuses, or more than kMaxSpool bytes wait.
  Status add(const client::Outgoing& event, std::string_view key, std::int64_t now_ms);
  Status sync() { return store_->sync(); }
  // Whether something waits that has not been sent.
  bool has_waiting() const { return next_unsent_ < store_->bounds().next; }
  // Shows what waits, from `from` on (0: the oldest). Returns where to go on.
  Result<store::Seq> read(store::Seq from, SpoolVisitor& visitor);
  // Everything up to `seq` was sent; survives a kill from here on, and power loss after close().
  Status note_sent(store::Seq seq);
  // Lets others have it.
  Status close();

 private:
  std::string note_path() const { return directory_ + "/sent"; }
  void read_note();

  Fs& fs_;
  std::string directory_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<store::FileStore> store_;
  std::unique_ptr<File> note_;
  store::Seq next_unsent_ = 0;
  std::string head_;
};

inline constexpr std::uint64_t kMaxSpool = std::uint64_t{4} << 30;

}  // namespace sio::cli
