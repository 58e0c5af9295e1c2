// The loop thread puts jobs into a queue; the committer takes the whole queue, does the jobs in
// order, syncs once for all of them, and posts what has happened. While it syncs, jobs pile up: so
// the slower the disk, the larger the groups, and there is nothing to tune.
//
// A sync that has failed is never tried again: the system may have dropped the pages and would
// report success. Writing stops, whatever was not synced counts as lost, and goes on in a new file.
#include "store/committer.h"

#include <utility>

namespace sio::store {
namespace {

constexpr std::chrono::seconds kResumeEvery{1};
// Disk space is taken in pieces of this size ahead of the writing: a sync is faster when it need
// not record where the bytes went.
constexpr std::uint64_t kReserveAhead = 4u << 20;
// A new file must find this much room after a failure, or the disk counts as full.
constexpr std::uint64_t kRoomToResume = 1u << 20;

}  // namespace

struct Committer::Shared {
  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable idle;
  // All below under the mutex, `listener` aside: that belongs to the loop thread.
  std::vector<Job> queue;
  bool busy = false;
  bool stop = false;
  bool posted = false;  // a task that will tell the news is on its way
  News news;
  CommitListener* listener = nullptr;
};

bool Committer::News::empty() const {
  return written == 0 && synced == 0 && !failure && !resumed && done.empty();
}

void Committer::News::merge(News&& later) {
  if (later.written != 0) written = later.written;
  if (later.synced != 0) synced = later.synced;
  if (later.failure) failure = std::move(later.failure);
  resumed = resumed || later.resumed;
  for (auto& task : later.done) done.push_back(std::move(task));
}

Committer::Committer(Fs& fs, Executor* executor, CommitListener& listener, SyncPolicy policy,
                     Start start)
    : fs_(fs),
      executor_(executor),
      policy_(policy),
      shared_(std::make_shared<Shared>()),
      directory_(std::move(start.directory)),
      file_(std::move(start.file)),
      written_(start.synced) {
  shared_->listener = &listener;
  if (executor_ != nullptr) thread_ = std::thread([this] { thread_main(); });
}

Committer::~Committer() {
  shared_->listener = nullptr;
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stop = true;
  }
  shared_->work.notify_one();
  thread_.join();
}

void Committer::submit(WriteJob job) {
  {
    const std::lock_guard lock(shared_->mutex);
    auto* const last =
        shared_->queue.empty() ? nullptr : std::get_if<WriteJob>(&shared_->queue.back());
    if (last != nullptr && last->bytes.data() + last->bytes.size() == job.bytes.data() &&
        last->offset + last->bytes.size() == job.offset) {
      last->bytes = {last->bytes.data(), last->bytes.size() + job.bytes.size()};
      last->next = job.next;
      return;
    }
  }
  push(std::move(job));
}

void Committer::submit(BeginJob job) {
  push(std::move(job));
}

void Committer::submit(TaskJob job) {
  push(std::move(job));
}

void Committer::push(Job job) {
  bool wake = false;
  {
    const std::lock_guard lock(shared_->mutex);
    wake = shared_->queue.empty() && !shared_->busy;
    shared_->queue.push_back(std::move(job));
  }
  if (wake) shared_->work.notify_one();
}

void Committer::wait() {
  if (executor_ == nullptr) {
    std::vector<Job> jobs = std::exchange(shared_->queue, {});
    run_jobs(jobs);
  } else {
    std::unique_lock lock(shared_->mutex);
    shared_->idle.wait(lock, [this] { return shared_->queue.empty() && !shared_->busy; });
  }
  tell(*shared_);
}

void Committer::sync_all() {
  submit(TaskJob{.run = [this]() -> Status {
                   if (dirty_ && !failed_) {
                     if (const Status synced = sync(); !synced) break_off(synced.error());
                   }
                   return {};
                 },
                 .done = [](const Status&) {}});
  wait();
}

void Committer::finish() {
  submit(TaskJob{.run = [this]() -> Status {
                   release_reserve();
                   return {};
                 },
                 .done = [](const Status&) {}});
  sync_all();
}

void Committer::thread_main() {
  std::unique_lock lock(shared_->mutex);
  while (wait_for_work(lock)) {
    std::vector<Job> jobs = std::exchange(shared_->queue, {});
    shared_->busy = true;
    lock.unlock();
    run_jobs(jobs);
    lock.lock();
    shared_->busy = false;
    if (shared_->queue.empty()) shared_->idle.notify_all();
  }
}

// False: it is time to stop. True without jobs in the queue: something else is due.
bool Committer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto has_work = [this] { return shared_->stop || !shared_->queue.empty(); };
  if (resume_) {
    shared_->work.wait_for(lock, kResumeEvery, has_work);
  } else if (dirty_ && !failed_ && policy_.when == Fsync::interval) {
    shared_->work.wait_until(lock, sync_due_, has_work);
  } else {
    shared_->work.wait(lock, has_work);
  }
  return !shared_->stop;
}

void Committer::run_jobs(std::vector<Job>& jobs) {
  for (Job& job : jobs) {
    std::visit([this](auto& alternative) { run(alternative); }, job);
  }
  if (resume_) try_to_resume();
  sync_if_due();
  publish();
}

void Committer::run(WriteJob& job) {
  if (failed_) return;
  reserve_for(job.offset + job.bytes.size());
  if (const Status written = file_->write_at(job.offset, job.bytes); !written) {
    return break_off(written.error());
  }
  if (!dirty_) sync_due_ = std::chrono::steady_clock::now() + policy_.interval;
  dirty_ = true;
  news_.written = written_ = job.next;
}

// Without success nothing is lost yet: the write will tell.
void Committer::reserve_for(std::uint64_t end) {
  file_end_ = end;
  if (end <= reserved_end_) return;
  reserved_end_ = end + kReserveAhead;
  static_cast<void>(file_->reserve(end, kReserveAhead));
}

// Gives back the space behind the end of the file.
void Committer::release_reserve() {
  if (file_ && !failed_ && reserved_end_ > file_end_) {
    static_cast<void>(file_->truncate(file_end_));
  }
  reserved_end_ = 0;
}

void Committer::run(BeginJob& job) {
  if (job.resume) {
    resume_ = std::move(job);
  } else if (!failed_) {
    if (const Status begun = begin(job); !begun) break_off(begun.error());
  }
}

void Committer::run(TaskJob& job) {
  Status status = job.run();
  news_.done.emplace_back(std::move(job.done), std::move(status));
}

Status Committer::begin(const BeginJob& job) {
  release_reserve();
  if (dirty_ && policy_.when != Fsync::never) SIO_TRY_STATUS(sync());
  SIO_TRY(file_, fs_.open_to_write(job.path));
  SIO_TRY_STATUS(file_->truncate(0));
  if (job.resume) SIO_TRY_STATUS(file_->reserve(0, kRoomToResume));
  SIO_TRY_STATUS(file_->write_at(0, job.header));
  if (policy_.when != Fsync::never) SIO_TRY_STATUS(file_->sync());
  dirty_ = false;
  return fs_.sync_directory(directory_);
}

void Committer::try_to_resume() {
  if (!begin(*resume_)) return;
  resume_.reset();
  failed_ = false;
  news_.resumed = true;
}

void Committer::sync_if_due() {
  if (!dirty_ || failed_ || policy_.when == Fsync::never) return;
  if (policy_.when == Fsync::interval && std::chrono::steady_clock::now() < sync_due_) return;
  if (const Status synced = sync(); !synced) break_off(synced.error());
}

Status Committer::sync() {
  dirty_ = false;
  SIO_TRY_STATUS(file_->sync());
  news_.synced = written_;
  return {};
}

void Committer::break_off(const Error& error) {
  failed_ = true;
  dirty_ = false;
  news_.failure = error;
}

void Committer::publish() {
  if (news_.empty()) return;
  bool post = false;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->news.merge(std::exchange(news_, {}));
    post = executor_ != nullptr && !std::exchange(shared_->posted, true);
  }
  if (post) {
    executor_->post([shared = shared_] { tell(*shared); });
  }
}

void Committer::tell(Shared& shared) {
  News news;
  {
    const std::lock_guard lock(shared.mutex);
    news = std::exchange(shared.news, {});
    shared.posted = false;
  }
  CommitListener* const listener = shared.listener;
  if (listener == nullptr) return;
  if (news.written != 0 || news.synced != 0) listener->on_progress(news.written, news.synced);
  if (news.failure) listener->on_failure(*news.failure);
  if (news.resumed) listener->on_resumed();
  for (const auto& [done, status] : news.done) done(status);
}

}  // namespace sio::store
