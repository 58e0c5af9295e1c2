// The durable store: segments of records in a directory (sio-queue(5)).
//
// Appends go to memory and are readable there at once; the committer writes and syncs them in
// groups. When that fails, what is not durable is lost for good and said to be lost (the listener's
// on_failed()); append() refuses until a new segment could be begun, which is tried every second.
// Numbers go on behind everything that was ever given out, also after a crash.
//
// Loop thread only. Destroying it without close() is like kill -9: safe, and what was not durable
// may be lost.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "store/archive.h"
#include "store/background.h"
#include "store/block.h"
#include "store/committer.h"
#include "store/executor.h"
#include "store/key_window.h"
#include "store/manifest.h"
#include "store/retention.h"
#include "store/store.h"

namespace sio::store {

struct FileStoreOptions {
  std::string directory;  // made if it is missing
  RetentionLimits retention;
  SyncPolicy sync;
  std::chrono::milliseconds dedupe_window = kDefaultDedupeWindow;
  std::uint64_t segment_bytes = 0;     // 0: a 32nd of max_bytes, within reason
  std::size_t cache_bytes = 4u << 20;  // of newest records that are kept in memory
  std::size_t max_unwritten_bytes = 64u
                                    << 20;  // appends are refused while the disk is further behind
};

class FileStore final : public Store, public Background, private CommitListener {
 public:
  // Recovers what is there. With an executor appends become durable by themselves; without one they
  // do when sync() or close() is called, and the listener is told from there. References outlive
  // the store. Errors: Errc::unavailable if another process has the directory, or its format is
  // newer; Errc::io.
  static Result<std::unique_ptr<FileStore>> open(Fs& fs, Executor* executor,
                                                 const FileStoreOptions& options);
  ~FileStore() override;

  std::string_view name() const override { return manifest_.name; }
  Result<Seq> append(std::span<const NewRecord> batch) override;
  Result<Seq> read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) override;
  Seq find_time(std::int64_t time_ms) const override;
  std::optional<Seq> find_key(std::string_view key, std::int64_t now_ms) const override;
  Bounds bounds() const override;
  Seq durable() const override { return durable_; }
  void set_durability_listener(DurabilityListener* listener) override { listener_ = listener; }
  Status trim(Seq before) override;
  Status close() override;

  // Returns when everything appended is on disk, whatever the policy. Blocks.
  Status sync();

  void set_keep_from(Seq seq) override { keep_from_ = seq; }

  // Work is done on the committer's thread, in turn with the writing.
  void run_in_background(std::function<Status()> work,
                         std::function<void(const Status&)> done) override;

  // The seed of the checks, for the journals that live in the same directory.
  std::uint64_t seed() const { return manifest_.seed; }

  // Why append() refuses at present.
  const std::optional<Error>& failure() const { return failure_; }
  // What was found to be wrong when the store was opened, for the log; empty if nothing was.
  const std::vector<std::string>& notes() const { return notes_; }
  // On disk, or on the way there.
  std::uint64_t bytes() const { return total_bytes(); }

 private:
  // A block, and where its bytes lie on disk.
  struct Tail {
    Seq base;  // of the segment
    std::uint64_t offset;
    std::unique_ptr<Block> block;
  };

  FileStore(Fs& fs, Executor* executor, const FileStoreOptions& options);

  Status load_manifest();
  Status recover();
  Status adopt_segments();
  Status drop_headless_newest();
  Result<std::unique_ptr<File>> recover_newest();
  Status start_numbers();
  void remember_keys();
  std::optional<std::int64_t> newest_time_in(std::size_t position) const;
  void remove_orphans();

  Status check_batch(std::span<const NewRecord> batch);
  Status refuse_if_failed();
  Status reserve_numbers(std::size_t count, std::int64_t now_ms);
  void extend_reservation(Seq wanted, std::int64_t now_ms);
  void append_one(const NewRecord& record, std::size_t size);
  void index_newest(const NewRecord& record, std::size_t size);
  bool needs_segment(std::size_t size, std::int64_t now_ms) const;
  void finish_segment();
  void begin_segment(std::int64_t now_ms);
  BeginJob begin_job(std::int64_t now_ms, bool resume) const;
  void open_segment(std::int64_t now_ms);
  Block& block_for(std::size_t size);
  void submit_writes();
  Seq counted_next() const;

  void apply_retention(std::int64_t now_ms);
  bool may_drop_oldest() const;
  void drop_oldest();
  void remove_old_files(Seq base);
  Status remove_files(Seq base) const;
  void evict();
  Archive::Limit file_limit() const;
  std::uint64_t total_bytes() const;

  void on_progress(Seq written, Seq synced) override;
  void on_failure(const Error& error) override;
  void on_resumed() override;
  void lose_from(Seq kept_next);
  std::uint64_t cut_tails(Seq kept_next);

  static constexpr Seq kForever = static_cast<Seq>(-1);

  Fs& fs_;
  Executor* executor_;
  FileStoreOptions options_;
  std::unique_ptr<FileLock> lock_;
  Manifest manifest_;
  bool manifest_lost_ = false;
  RecordSeal seal_{0};
  mutable Archive archive_;  // opens files and indexes when it is asked
  std::unique_ptr<Committer> committer_;
  DurabilityListener* listener_ = nullptr;
  std::vector<std::string> notes_;

  Seq next_ = 1;
  Seq durable_ = 0;
  Seq written_next_ = 1;
  Seq synced_next_ = 1;
  Seq run_first_ = 1;     // numbers from here on have no jumps
  Seq run_previous_ = 1;  // behind the last record before the jump to run_first_
  Seq keep_from_ = kForever;
  std::int64_t newest_ms_ = 0;  // of the records appended
  std::optional<Error> failure_;

  bool segment_open_ = false;  // the newest segment takes records
  std::deque<Tail> tails_;
  std::size_t submitted_ = 0;  // bytes of the last block that the committer was given
  std::size_t tail_bytes_ = 0;
  std::size_t unwritten_bytes_ = 0;
  std::unique_ptr<Block> spare_;
  // The committer's: segments that went, and whose files could not be removed yet.
  std::shared_ptr<std::deque<Seq>> files_to_remove_ = std::make_shared<std::deque<Seq>>();

  std::uint64_t reserve_step_;
  std::int64_t reserved_at_ms_ = 0;
  bool reserving_ = false;
  std::optional<Error> reserve_error_;

  KeyWindow keys_;
  std::vector<std::size_t> sizes_;  // of the batch being appended
};

}  // namespace sio::store
