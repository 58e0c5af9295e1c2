#include "net/timer_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace sio::net {
namespace {

class TimerHeapTest : public testing::Test, public Timer::Handler {
 protected:
  void on_timer(Timer&) override {}
  Timer& add(int at) {
    timers_.push_back(std::make_unique<Timer>(*loop_, *this));
    heap_.arm(*timers_.back(), time(at));
    return *timers_.back();
  }
  static TimePoint time(int at) { return TimePoint(std::chrono::milliseconds(at)); }
  void TearDown() override {
    for (auto& timer : timers_) heap_.remove(*timer);
  }

  // Never run: timers only need one to belong to.
  std::unique_ptr<Loop> loop_ = std::move(*Loop::create({}));
  TimerHeap heap_;
  std::vector<std::unique_ptr<Timer>> timers_;
};

TEST_F(TimerHeapTest, IsNeverDueWhenEmpty) {
  EXPECT_EQ(heap_.earliest(), kNever);
  EXPECT_EQ(heap_.pop_due(kNever), nullptr);
}

TEST_F(TimerHeapTest, GivesOutTimersInTheOrderOfTheirDeadlines) {
  Timer& late = add(30);
  Timer& early = add(10);
  Timer& middle = add(20);
  EXPECT_EQ(heap_.pop_due(time(100)), &early);
  EXPECT_EQ(heap_.pop_due(time(100)), &middle);
  EXPECT_EQ(heap_.pop_due(time(100)), &late);
  EXPECT_FALSE(late.armed());
}

TEST_F(TimerHeapTest, KeepsTimersWhoseTimeHasNotCome) {
  Timer& timer = add(10);
  EXPECT_EQ(heap_.pop_due(time(9)), nullptr);
  EXPECT_EQ(heap_.pop_due(time(10)), &timer);
}

TEST_F(TimerHeapTest, MovesATimerThatIsArmedAgain) {
  Timer& first = add(10);
  Timer& second = add(20);
  heap_.arm(first, time(30));
  EXPECT_EQ(heap_.size(), 2u);
  EXPECT_EQ(heap_.pop_due(time(100)), &second);
  heap_.arm(first, time(5));
  EXPECT_EQ(heap_.earliest(), time(5));
}

TEST_F(TimerHeapTest, StaysInOrderThroughRandomArmingAndCancelling) {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) add(static_cast<int>(random() % 1000));
  for (int i = 0; i < 2000; ++i) {
    Timer& timer = *timers_[random() % timers_.size()];
    if (random() % 3 == 0)
      heap_.remove(timer);
    else
      heap_.arm(timer, time(static_cast<int>(random() % 1000)));
  }
  const auto armed = static_cast<std::size_t>(std::count_if(
      timers_.begin(), timers_.end(), [](const auto& timer) { return timer->armed(); }));
  EXPECT_EQ(heap_.size(), armed);
  TimePoint last{};
  std::size_t popped = 0;
  while (Timer* timer = heap_.pop_due(kNever)) {
    EXPECT_GE(timer->deadline(), last);
    last = timer->deadline();
    ++popped;
  }
  EXPECT_EQ(popped, armed);
}

}  // namespace
}  // namespace sio::net
