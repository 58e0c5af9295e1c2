// A loop that runs in a thread of its own, so that a test can be the blocking peer.
#pragma once

#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "net/loop.h"

namespace sio::test {

class LoopThread {
 public:
  explicit LoopThread(const net::LoopOptions& options) {
    std::promise<net::Loop*> ready;
    auto loop = ready.get_future();
    thread_ = std::thread([options, &ready] {
      auto owned = std::move(*net::Loop::create(options));
      ready.set_value(owned.get());
      owned->run();
    });
    loop_ = loop.get();
  }
  ~LoopThread() {
    loop_->post([this] { loop_->stop(); });
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  net::Loop& loop() { return *loop_; }

  // Runs `task` on the loop's thread and returns what it returns.
  template <typename Task>
  auto call(Task task) {
    std::packaged_task<decltype(task())()> packaged(std::move(task));
    auto result = packaged.get_future();
    loop_->post([&packaged] { packaged(); });
    return result.get();
  }

 private:
  net::Loop* loop_ = nullptr;
  std::thread thread_;
};

}  // namespace sio::test
