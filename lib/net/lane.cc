#include "net/lane.h"

#include <utility>

namespace sio::net {
namespace {

constexpr std::size_t kSpares = 4;

}  // namespace

// With the mutex held.
void Lane::pull() {
  returned_.swap(shared_.returned);
  outstanding_ = shared_.outstanding;
}

void Lane::keep_spares() {
  done_ += returned_.size();
  for (std::unique_ptr<Batch>& batch : returned_) {
    batch->clear();
    if (spare_.size() < kSpares) spare_.push_back(std::move(batch));
  }
  returned_.clear();
}

bool Lane::send() {
  if (filling_->empty()) return false;
  bool must_tell = false;
  {
    const std::lock_guard lock(meeting_.mutex);
    shared_.outstanding += filling_->weight();
    shared_.sent.push_back(std::move(filling_));
    must_tell = !std::exchange(shared_.told, true);
    pull();
  }
  meeting_.changed.notify_one();
  ++sent_;
  keep_spares();
  if (spare_.empty()) {
    filling_ = std::make_unique<Batch>();
  } else {
    filling_ = std::move(spare_.back());
    spare_.pop_back();
  }
  return must_tell;
}

void Lane::collect() {
  {
    const std::lock_guard lock(meeting_.mutex);
    pull();
  }
  keep_spares();
}

void Lane::collect_or_ask(std::size_t limit) {
  {
    const std::lock_guard lock(meeting_.mutex);
    pull();
    shared_.asked_below = outstanding_ > limit ? limit : 0;
  }
  keep_spares();
}

void Lane::take(std::deque<std::unique_ptr<Batch>>& into) {
  const std::lock_guard lock(meeting_.mutex);
  take_held(into);
}

void Lane::take_held(std::deque<std::unique_ptr<Batch>>& into) {
  for (std::unique_ptr<Batch>& batch : shared_.sent) into.push_back(std::move(batch));
  shared_.sent.clear();
  shared_.told = false;
}

bool Lane::give_back(std::unique_ptr<Batch> batch) {
  bool is_asked = false;
  {
    const std::lock_guard lock(meeting_.mutex);
    shared_.outstanding -= batch->weight();
    shared_.returned.push_back(std::move(batch));
    is_asked = shared_.asked_below != 0 && shared_.outstanding <= shared_.asked_below;
    if (is_asked) shared_.asked_below = 0;
  }
  meeting_.changed.notify_one();
  return is_asked;
}

}  // namespace sio::net
