// The one other thread: writes what was appended, syncs it in groups, and says what is durable.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/fs.h"
#include "store/executor.h"
#include "store/store.h"

namespace sio::store {

enum class Fsync {
  always,    // a record is durable when it was synced
  interval,  // it is durable when it was written; synced every so often
  never,     // it is durable when it was written; the system syncs when it likes
};

struct SyncPolicy {
  Fsync when = Fsync::always;
  std::chrono::milliseconds interval{1000};
};

// Bytes that lie in memory until on_progress() says that they are written.
struct WriteJob {
  std::uint64_t offset;
  std::string_view bytes;
  Seq next;  // behind the last record in it
};

// Goes on in a new file: `header` is written first. What was written before is synced first.
struct BeginJob {
  std::string path;
  std::string header;
  bool resume = false;  // begin again after a failure
};

// Something else that takes long: done in turn, whatever happens to the others.
struct TaskJob {
  std::function<Status()> run;              // on the committer's thread
  std::function<void(const Status&)> done;  // on the loop thread
};

// Told on the loop thread, from within Committer::wait() or from the executor.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  // Records before `written` are in the file, those before `synced` survive power loss.
  virtual void on_progress(Seq written, Seq synced) = 0;
  // Something could not be written or synced, after the progress told last. Nothing more is written
  // until a BeginJob that resumes has succeeded; that is tried every second and told by
  // on_resumed().
  virtual void on_failure(const Error& error) = 0;
  virtual void on_resumed() = 0;
};

// submit() and wait() on the loop thread. Errors of the disk come through the listener.
//
// With an executor it has a thread. Without, jobs are done by wait(), and nothing happens between
// calls: for programs without a loop, and for tests.
class Committer {
 public:
  // `file` is where writing goes on, if a segment is open already; all before `synced` is synced in
  // it. `directory` holds the files. All references outlive the committer.
  struct Start {
    std::string directory;
    std::unique_ptr<File> file;
    Seq synced;
  };
  Committer(Fs& fs, Executor* executor, CommitListener& listener, SyncPolicy policy, Start start);
  // Does not finish what is waiting: call wait() first. Nothing is told afterwards.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  void submit(WriteJob job);
  void submit(BeginJob job);
  void submit(TaskJob job);

  // Returns when all that was submitted is done, and told to the listener. A BeginJob that tries to
  // resume counts as done after one try.
  void wait();
  // As wait(), and with everything synced, whatever the policy.
  void sync_all();
  // As sync_all(), and gives back the disk space that was taken in advance.
  void finish();

 private:
  using Job = std::variant<WriteJob, BeginJob, TaskJob>;

  // What has happened since the listener was told last.
  struct News {
    Seq written = 0;
    Seq synced = 0;
    std::optional<Error> failure;
    bool resumed = false;
    std::vector<std::pair<std::function<void(const Status&)>, Status>> done;

    bool empty() const;
    void merge(News&& later);
  };
  // Outlives the committer in tasks that were posted and not yet run.
  struct Shared;

  void push(Job job);
  void thread_main();
  bool wait_for_work(std::unique_lock<std::mutex>& lock);
  void run_jobs(std::vector<Job>& jobs);
  void run(WriteJob& job);
  void run(BeginJob& job);
  void run(TaskJob& job);
  void reserve_for(std::uint64_t end);
  void release_reserve();
  void sync_if_due();
  Status sync();
  Status begin(const BeginJob& job);
  void try_to_resume();
  void break_off(const Error& error);
  void publish();
  static void tell(Shared& shared);

  Fs& fs_;
  Executor* executor_;
  SyncPolicy policy_;
  std::shared_ptr<Shared> shared_;

  // Only of whoever runs the jobs: the thread, or wait() when there is none.
  std::string directory_;
  std::unique_ptr<File> file_;
  Seq written_;
  std::uint64_t file_end_ = 0;
  std::uint64_t reserved_end_ = 0;
  bool dirty_ = false;  // written to since the last sync
  bool failed_ = false;
  std::optional<BeginJob> resume_;
  std::chrono::steady_clock::time_point sync_due_;
  News news_;

  std::thread thread_;
};

}  // namespace sio::store
