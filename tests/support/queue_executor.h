// An Executor for tests: tasks wait until the test runs them.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "store/executor.h"

namespace sio::test {

class QueueExecutor final : public store::Executor {
 public:
  void post(std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    arrived_.notify_one();
  }

  // Runs tasks as they come until `done()` is true.
  template <typename Done>
  void run_until(Done done) {
    while (!done()) {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return !tasks_.empty(); });
      std::vector<std::function<void()>> tasks = std::exchange(tasks_, {});
      lock.unlock();
      for (const auto& task : tasks) task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::function<void()>> tasks_;
};

}  // namespace sio::test
