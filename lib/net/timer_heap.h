// Armed timers by deadline. Pure.
#pragma once

#include <vector>

#include "net/loop.h"

namespace sio::net {

// A binary heap that knows where each of its timers is: arming, moving and cancelling cost O(log
// n).
class TimerHeap {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  // kNever when empty.
  TimePoint earliest() const { return heap_.empty() ? kNever : heap_.front()->deadline_; }

  // Inserts the timer, or moves it if it is there.
  void arm(Timer& timer, TimePoint deadline);
  // Does nothing if the timer is not there.
  void remove(Timer& timer);
  // Takes out the earliest timer if its time has come; null otherwise.
  Timer* pop_due(TimePoint now);

 private:
  void place(std::size_t index, Timer* timer);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);

  std::vector<Timer*> heap_;
};

}  // namespace sio::net
