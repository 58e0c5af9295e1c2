// Turns, timers, posted tasks and signals, on both loops.
#include "net/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <thread>
#include <vector>

namespace sio::net {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class LoopTest : public testing::TestWithParam<bool>,
                 public Timer::Handler,
                 public TurnListener,
                 public SignalHandler {
 protected:
  void on_timer(Timer& timer) override {
    fired_.push_back(&timer);
    EXPECT_LE(timer.deadline(), std::chrono::steady_clock::now());
    if (fired_.size() == stop_after_) loop_->stop();
  }
  void on_turn_end() override { events_.push_back("turn end"); }
  void on_signal(int number) override {
    events_.push_back("signal " + std::to_string(number));
    loop_->stop();
  }

  std::unique_ptr<Loop> loop_ = std::move(*Loop::create({.many_sockets = GetParam()}));
  std::vector<Timer*> fired_;
  std::vector<std::string> events_;
  std::size_t stop_after_ = 1;
};

INSTANTIATE_TEST_SUITE_P(Loops, LoopTest, testing::Values(false, true),
                         [](const auto& test) { return test.param ? "Libev" : "Poll"; });

TEST_P(LoopTest, FiresTimersInTheOrderOfTheirDeadlines) {
  Timer late(*loop_, *this), early(*loop_, *this), now(*loop_, *this);
  late.arm_in(milliseconds(20));
  early.arm_in(milliseconds(10));
  now.arm_in(milliseconds(0));
  stop_after_ = 3;
  loop_->run();
  EXPECT_THAT(fired_, ElementsAre(&now, &early, &late));
}

TEST_P(LoopTest, DoesNotFireATimerThatWasCancelledOrDestroyed) {
  Timer cancelled(*loop_, *this), last(*loop_, *this);
  auto destroyed = std::make_unique<Timer>(*loop_, *this);
  cancelled.arm_in(milliseconds(1));
  destroyed->arm_in(milliseconds(1));
  last.arm_in(milliseconds(5));
  cancelled.cancel();
  destroyed.reset();
  loop_->run();
  EXPECT_THAT(fired_, ElementsAre(&last));
}

TEST_P(LoopTest, FiresATimerAtTheTimeItWasMovedTo) {
  Timer moved(*loop_, *this), other(*loop_, *this);
  moved.arm_in(milliseconds(1));
  other.arm_in(milliseconds(10));
  moved.arm_in(milliseconds(20));
  stop_after_ = 2;
  loop_->run();
  EXPECT_THAT(fired_, ElementsAre(&other, &moved));
}

TEST_P(LoopTest, LetsOthersRunBesideATimerThatArmsItselfAtOnce) {
  struct Eager : Timer::Handler {
    void on_timer(Timer& timer) override { timer.arm_in(milliseconds(0)); }
  } eager;
  Timer endless(*loop_, eager), last(*loop_, *this);
  endless.arm_in(milliseconds(0));
  last.arm_in(milliseconds(5));
  loop_->run();
  EXPECT_THAT(fired_, ElementsAre(&last));
}

TEST_P(LoopTest, RunsPostedTasksInOrder) {
  for (int i = 0; i < 3; ++i) loop_->post([this, i] { events_.push_back(std::to_string(i)); });
  loop_->post([this] { loop_->stop(); });
  loop_->run();
  EXPECT_THAT(events_, ElementsAre("0", "1", "2"));
}

TEST_P(LoopTest, IsWokenByATaskFromAnotherThread) {
  std::thread other([this] {
    for (int i = 0; i < 1000; ++i) loop_->post([this] { ++stop_after_; });
    loop_->post([this] { loop_->stop(); });
  });
  loop_->run();
  other.join();
  EXPECT_EQ(stop_after_, 1001u);
}

TEST_P(LoopTest, RunsATaskPostedByATaskInALaterTurn) {
  loop_->add_turn_listener(*this);
  loop_->post([this] {
    events_.push_back("first");
    loop_->post([this] {
      events_.push_back("second");
      loop_->stop();
    });
  });
  loop_->run();
  loop_->remove_turn_listener(*this);
  const auto first = std::find(events_.begin(), events_.end(), "first");
  ASSERT_NE(first, events_.end());
  EXPECT_EQ(*(first + 1), "turn end");
  EXPECT_EQ(events_.back(), "turn end");
}

TEST_P(LoopTest, EndsATurnOnDemandAndForgetsTheFrames) {
  loop_->add_turn_listener(*this);
  loop_->post([this] {
    events_.clear();
    loop_->frames().text({"abc"});
    loop_->finish_turn();
    EXPECT_EQ(loop_->frames().size(), 0u);
    EXPECT_THAT(events_, ElementsAre("turn end"));
    loop_->stop();
  });
  loop_->run();
  loop_->remove_turn_listener(*this);
}

TEST_P(LoopTest, DeliversASignalAsAnEvent) {
  ASSERT_TRUE(loop_->watch_signal(SIGUSR1, *this));
  loop_->post([] { ::kill(::getpid(), SIGUSR1); });
  loop_->run();
  EXPECT_THAT(events_, ElementsAre("signal " + std::to_string(SIGUSR1)));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

TEST_P(LoopTest, CanBeRunAgain) {
  for (int i = 0; i < 3; ++i) {
    loop_->post([this] { loop_->stop(); });
    loop_->run();
  }
  SUCCEED();
}

}  // namespace
}  // namespace sio::net
