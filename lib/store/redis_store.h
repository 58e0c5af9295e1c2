// A store in a Redis server (sio-queue(5)): the queue of a server without a disk of its own, and
// one that can be gone on with on another machine.
//
// Design
//
// The records are a Redis stream. Their numbers are ours: record 17 is entry 17-0, so Redis itself
// refuses a number that was used. As in a directory, live readers see a record before it is
// durable, so the hash KEY:meta holds a mark ahead of all numbers given out, and numbers go on
// there after a crash. If Redis was restarted meanwhile, and may have lost what it had taken, they
// jump further.
//
// One process writes at a time (RedisLease). A thread (RedisWriter) sends what was appended, in
// transactions, and a record is durable when Redis has answered that it has it: whether that
// survives a crash of Redis is for its appendonly and appendfsync to say. With `replicas` it must
// have reached so many of them, too.
//
// The newest records are in memory (RecentRecords); older ones are read with XRANGE, by the loop
// thread, on a connection of its own (RedisArchive). That waits for Redis, but never long: after
// 500 ms the connection is given up, and until the writer has made another one, which is not before
// Redis answers again, reading old records fails at once with Errc::unavailable.
//
// Old records are dropped by stretches (Stretches), which are noted in the hash KEY:index, so that
// opening need not read all records to know how large they are.
//
// Redis away: see RedisWriter. What it had and lost (it came back empty, or from an old snapshot)
// is sent again as far as it is in memory; the rest is noted in the stream as a loss, and readers
// are told of a gap. Numbers carry on in any case.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redis_url.h"
#include "store/executor.h"
#include "store/journal.h"
#include "store/key_window.h"
#include "store/recent_records.h"
#include "store/redis_archive.h"
#include "store/redis_entry.h"
#include "store/redis_lease.h"
#include "store/redis_meta.h"
#include "store/redis_writer.h"
#include "store/retention.h"
#include "store/store.h"
#include "store/stretches.h"

namespace sio::store {

struct RedisStoreOptions {
  RedisUrl url;
  std::string key = std::string(kDefaultRedisKey);  // what the names of its keys begin with
  unsigned replicas = 0;                            // that must have a record before it is durable
  std::chrono::milliseconds patience = kRedisPatience;  // with a Redis that is away
  RetentionLimits retention;
  std::chrono::milliseconds dedupe_window = kDefaultDedupeWindow;
  std::size_t cache_bytes = 4u << 20;           // of newest records that are kept in memory
  std::size_t max_unwritten_bytes = 64u << 20;  // appends are refused while Redis is further behind
  std::int64_t now_ms = 0;                      // wall clock
};

// What the parameters behind the ? of an address say: key and replicas. Errors: Errc::usage.
Result<RedisStoreOptions> redis_store_options(const RedisUrl& url);

class RedisJournal;

// Loop thread only. Destroying it without close() is like kill -9.
class RedisStore final : public Store, public Journals, private RedisWriterListener {
 public:
  // Takes the queue, or begins one. Waits for Redis, some seconds at most. References outlive the
  // store. Errors: Errc::unavailable if Redis cannot be reached, another process has the queue, or
  // its format is newer; Errc::refused if Redis does not let us in, or has other things under these
  // keys; Errc::protocol if the queue is damaged.
  static Result<std::unique_ptr<RedisStore>> open(Executor& executor,
                                                  const RedisStoreOptions& options);
  ~RedisStore() override;

  std::string_view name() const override { return name_; }
  Result<Seq> append(std::span<const NewRecord> batch) override;
  Result<Seq> read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) override;
  // If Redis does not answer, an earlier record that is certain not to leave one out.
  Seq find_time(std::int64_t time_ms) const override;
  std::optional<Seq> find_key(std::string_view key, std::int64_t now_ms) const override;
  Bounds bounds() const override;
  Seq durable() const override { return durable_; }
  void set_durability_listener(DurabilityListener* listener) override { listener_ = listener; }
  Status trim(Seq before) override;
  void set_keep_from(Seq seq) override { keep_from_ = seq; }
  Status close() override;

  // Returns when Redis has everything appended; blocks for some seconds at most. Errors:
  // Errc::unavailable.
  Status sync();

  // Journals lie beside the records; they end before the store does.
  Result<std::unique_ptr<Journal>> open(std::string_view name, JournalReader& reader) override;

  // What a person should know of this Redis, for the log; empty if there is nothing.
  const std::vector<std::string>& notes() const { return notes_; }
  // Of records, without what Redis needs beside them.
  std::uint64_t bytes() const { return stretches_.bytes(); }

 private:
  friend class RedisJournal;
  RedisStore(Executor& executor, const RedisStoreOptions& options);

  Status take(RedisConnection& connection, const RedisInfo& info);
  Status check_types(RedisConnection& connection) const;
  Status check_owner(RedisConnection& connection) const;
  Status check_server(const RedisInfo& info);
  Status start_numbers(RedisConnection& connection, const RedisInfo& info);
  Status fence(RedisConnection& connection, const StreamEnds& ends) const;
  Status recover(RedisConnection& connection);
  Status load_index(RedisConnection& connection);
  Result<std::optional<Seq>> dedupe_from(RedisConnection& connection) const;
  Status scan(RedisConnection& connection, Seq from, Seq unindexed);

  Status refuse_if_failed() const;
  Status check_batch(std::span<const NewRecord> batch);
  Status reserve_numbers(std::size_t count, std::int64_t now_ms);
  void extend_reservation(Seq wanted, std::int64_t now_ms);
  void append_one(const NewRecord& record, std::size_t size);
  void submit(std::vector<std::string> words);
  void note_stretch(const Stretch& stretch);
  void drop_oldest(std::size_t count);
  void write_index();
  Status read_old(Reading& reading, Seq until, std::size_t limit) const;

  void on_written(Seq next) override;
  void on_back(Seq lost_first, Seq lost_next) override;
  void on_failure(const Error& error) override;
  void on_resumed(Seq next_free) override;
  void on_reader(std::unique_ptr<RedisConnection> reader) override;

  static constexpr Seq kForever = static_cast<Seq>(-1);

  Executor& executor_;
  RedisStoreOptions options_;
  RedisKeys keys_;
  RedisLease lease_;
  std::string name_;
  std::vector<std::string> notes_;
  mutable RedisArchive archive_;  // reads when it is asked
  std::unique_ptr<RedisWriter> writer_;
  DurabilityListener* listener_ = nullptr;
  std::vector<RedisJournal*> journals_;

  StreamEnds ends_;  // when it was opened
  Seq next_ = 1;
  Seq durable_ = 0;
  Seq keep_from_ = kForever;
  std::optional<Error> failure_;
  RecentRecords recent_;
  Stretches stretches_;
  KeyWindow keys_window_;
  std::vector<std::size_t> sizes_;  // of the batch being appended

  Seq reserved_ = 1;
  std::uint64_t reserve_step_;
  std::int64_t reserved_at_ms_ = 0;
  bool reserving_ = false;
};

}  // namespace sio::store
