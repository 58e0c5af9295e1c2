#include "net/timer_heap.h"

namespace sio::net {

void TimerHeap::place(std::size_t index, Timer* timer) {
  heap_[index] = timer;
  timer->heap_index_ = index;
}

void TimerHeap::arm(Timer& timer, TimePoint deadline) {
  timer.deadline_ = deadline;
  if (timer.heap_index_ == Timer::kNotArmed) {
    heap_.push_back(&timer);
    timer.heap_index_ = heap_.size() - 1;
  }
  sift_up(timer.heap_index_);
  sift_down(timer.heap_index_);
}

void TimerHeap::remove(Timer& timer) {
  const std::size_t index = timer.heap_index_;
  if (index == Timer::kNotArmed) return;
  timer.heap_index_ = Timer::kNotArmed;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  place(index, last);
  sift_up(index);
  sift_down(last->heap_index_);
}

Timer* TimerHeap::pop_due(TimePoint now) {
  if (heap_.empty() || heap_.front()->deadline_ > now) return nullptr;
  Timer* timer = heap_.front();
  remove(*timer);
  return timer;
}

void TimerHeap::sift_up(std::size_t index) {
  Timer* timer = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent]->deadline_ <= timer->deadline_) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, timer);
}

void TimerHeap::sift_down(std::size_t index) {
  Timer* timer = heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->deadline_ < heap_[child]->deadline_) ++child;
    if (timer->deadline_ <= heap_[child]->deadline_) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, timer);
}

}  // namespace sio::net
