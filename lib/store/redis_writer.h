// The store's one other thread: sends what was appended to Redis, says what Redis has taken, keeps
// the lease, and finds its way back when Redis was away.
//
// Records go off as transactions: all of one or none, so what Redis has is a prefix of what was
// appended, and one sync of its log covers many. While an answer is awaited more pile up: so the
// slower Redis, the larger the groups.
//
// When Redis is away, what it has not answered waits for it. When it is back within `patience`
// and still has the queue in our name, what it does not have is sent again, and nobody notices. If
// not, that is a failure: whatever it has not answered is lost and will be deleted, should it have
// come through after all; and nothing is taken until a Resume has succeeded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/redis_url.h"
#include "store/block.h"
#include "store/executor.h"
#include "store/redis_connection.h"
#include "store/redis_entry.h"
#include "store/redis_lease.h"
#include "store/store.h"

namespace sio::store {

// How long Redis may be away, or silent, before appends fail.
inline constexpr std::chrono::milliseconds kRedisPatience{5'000};

// Told on the loop thread, from within RedisWriter::wait() or from the executor.
class RedisWriterListener {
 public:
  virtual ~RedisWriterListener() = default;
  // Redis has the records before `next`.
  virtual void on_written(Seq next) = 0;
  // Redis was away and is back. `lost_first` to `lost_next`: records that it had and has no more,
  // and that could not be sent again; equal if there are none.
  virtual void on_back(Seq lost_first, Seq lost_next) = 0;
  // What was not told to be written is lost. Resume must follow.
  virtual void on_failure(const Error& error) = 0;
  // What is appended is sent again. Its numbers must be `next_free` at least.
  virtual void on_resumed(Seq next_free) = 0;
  // A connection to read with; null: there is none.
  virtual void on_reader(std::unique_ptr<RedisConnection> reader) = 0;
};

class RedisWriter {
 public:
  // Records that were appended, in order.
  struct Records {
    std::shared_ptr<const Block> block;
    std::size_t begin;  // of their bytes in the block
    std::size_t end;
    Seq next;  // behind the last one
  };
  // Something else to do, in turn; fails at once while Redis is away, unless it reserves numbers.
  // `done` may be empty.
  struct Command {
    std::vector<std::string> words;
    std::function<void(const Status&)> done;
    Seq reserved = 0;  // not 0: no number from here on is given out before it is done
  };
  // Go on after a failure. Entries behind `kept` and before `next` are deleted.
  struct Resume {
    Seq kept;
    Seq next;
  };

  struct Start {
    RedisUrl url;
    RedisKeys keys;
    std::string name;       // of the queue
    unsigned replicas = 0;  // that must have a record before it counts
    std::chrono::milliseconds patience = kRedisPatience;
    std::size_t keep_bytes = 0;  // of records that are sent again if Redis loses them
    Seq written = 1;             // Redis has the records before this
    Seq reserved = 1;            // no number from here on was given out
    std::unique_ptr<RedisConnection> connection;
  };
  // The lease is taken. References outlive the writer.
  RedisWriter(Executor& executor, RedisWriterListener& listener, RedisLease& lease, Start start);
  // Does not finish what is waiting: call wait() first. Nothing is told afterwards.
  ~RedisWriter();
  RedisWriter(const RedisWriter&) = delete;
  RedisWriter& operator=(const RedisWriter&) = delete;

  void submit(Records records);
  void submit(Command command);
  void submit(Resume resume);
  // The reader was lost; another will be told.
  void want_reader();
  // Commands would fail.
  bool is_away() const;

  // Returns when all that was submitted is done, or has failed, and is told; or when time is up.
  void wait(std::chrono::milliseconds time);

 private:
  using Job = std::variant<Records, Command, Resume>;

  // What has happened since the listener was told last.
  struct News {
    Seq written = 0;
    bool back = false;
    Seq lost_first = 0;
    Seq lost_next = 0;
    std::optional<Error> failure;
    std::optional<Seq> resumed;
    bool has_reader = false;
    std::unique_ptr<RedisConnection> reader;
    std::vector<std::pair<std::function<void(const Status&)>, Status>> done;

    bool empty() const;
    void merge(News&& later);
  };
  // Outlives the writer in tasks that were posted and not yet run.
  struct Shared;

  void push(Job job);
  void thread_main();
  void turn();
  void absorb(Job job);
  std::chrono::steady_clock::time_point next_time() const;

  void write_jobs();
  Status write_records();
  Status write_commands();
  Status check_transaction(std::size_t count);
  Status wait_for_replicas();
  Status renew_if_due();
  void take_written(std::size_t count, Seq next);
  void fail_commands();
  void go_away(const Error& error);
  void break_off(const Error& error);

  void come_back();
  Status reconnect();
  Status restore_meta();
  Status settle_pending(const StreamId& last);
  Status send_lost_again(Seq last);
  Status delete_between(Seq kept, Seq next);
  void serve_reader();
  void publish();
  static void tell(Shared& shared);

  RedisUrl url_;
  RedisKeys keys_;
  RedisLease& lease_;
  Executor& executor_;
  std::shared_ptr<Shared> shared_;

  // Only the thread's.
  std::string name_;
  unsigned replicas_;
  std::chrono::milliseconds patience_;
  std::size_t keep_bytes_;
  Seq reserved_;
  std::unique_ptr<RedisConnection> connection_;  // null: Redis is away
  std::deque<Job> jobs_;
  std::deque<Records> recent_;  // written, for when Redis loses them
  std::size_t recent_bytes_ = 0;
  Seq written_;
  bool failed_ = false;
  bool deposed_ = false;  // the queue is somebody else's
  std::optional<Resume> resume_;
  Error away_error_;
  std::chrono::steady_clock::time_point away_since_;
  std::chrono::steady_clock::time_point retry_at_;
  std::chrono::milliseconds retry_delay_{0};
  std::chrono::steady_clock::time_point renew_at_;
  std::string out_;  // commands on their way
  News news_;

  std::thread thread_;
};

// What the stream of records begins and ends with, and the greatest id that it ever had; zeros if
// there is none. Errors: Errc::refused if the key holds something else.
struct StreamEnds {
  StreamId first;
  StreamId last;
  StreamId greatest;
};
Result<StreamEnds> stream_ends(RedisConnection& connection, const RedisKeys& keys,
                               std::chrono::milliseconds timeout);

}  // namespace sio::store
