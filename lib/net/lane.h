// One way from a thread to another: batches go there, and come back when they have been dealt with.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "net/batch.h"

namespace sio::net {

// What two threads share that have a lane each way. Whoever waits for anything that they do waits
// here.
struct Meeting {
  std::mutex mutex;
  std::condition_variable changed;  // something was sent or given back, or what its users add
};

// The writer fills a batch and sends it; the reader takes what was sent, deals with it and gives it
// back. So nobody frees what another has allocated, and the writer knows how far the reader is.
class Lane {
 public:
  // The meeting outlives it.
  explicit Lane(Meeting& meeting) : meeting_(meeting) {}

  // --- The writer's.

  Batch& batch() { return *filling_; }
  // Sends what was filled in, if anything. True: the reader must be told, for it has not been told
  // since it took something last.
  bool send();
  // Takes back what the reader is through with.
  void collect();
  // The weight of what was sent and, as far as collect() or send() have seen, not given back.
  std::size_t outstanding() const { return outstanding_; }
  // Numbers of batches: of the one that is being filled, and of the last that came back.
  std::uint64_t present() const { return sent_ + 1; }
  std::uint64_t done() const { return done_; }
  // As collect(); if more than `limit` is outstanding all the same, the reader hears of it when it
  // gives back what makes it less.
  void collect_or_ask(std::size_t limit);

  // --- The reader's.

  void take(std::deque<std::unique_ptr<Batch>>& into);
  // In the order in which they came. True: the writer waits for it, and must be told.
  bool give_back(std::unique_ptr<Batch> batch);

  // --- With the meeting's mutex held.

  bool has_news() const { return !shared_.sent.empty(); }
  void take_held(std::deque<std::unique_ptr<Batch>>& into);  // take()
  std::size_t exact_outstanding() const { return shared_.outstanding; }

 private:
  struct Shared {  // guarded by the meeting's mutex
    std::vector<std::unique_ptr<Batch>> sent;
    std::vector<std::unique_ptr<Batch>> returned;
    std::size_t outstanding = 0;
    std::size_t asked_below = 0;  // 0: nobody asks
    bool told = false;            // the reader, of what is in `sent`
  };
  void pull();
  void keep_spares();

  Meeting& meeting_;
  Shared shared_;
  // The writer's own.
  std::unique_ptr<Batch> filling_ = std::make_unique<Batch>();
  std::vector<std::unique_ptr<Batch>> returned_;
  std::vector<std::unique_ptr<Batch>> spare_;
  std::size_t outstanding_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace sio::net
