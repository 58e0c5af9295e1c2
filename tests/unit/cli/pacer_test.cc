#include "cli/pacer.h"

#include <gtest/gtest.h>

namespace sio::cli {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1000s};

TEST(Pacer, IsAtOnceUnlessAskedOtherwise) {
  Pacer pacer({});
  EXPECT_FALSE(pacer.paces());
  EXPECT_EQ(pacer.due(5, kStart), kStart);
  EXPECT_EQ(pacer.due(50'000, kStart), kStart);
}

TEST(Pacer, KeepsRecordedPauses) {
  Pacer pacer({.speed = 1});
  EXPECT_EQ(pacer.due(100'000, kStart), kStart);
  EXPECT_EQ(pacer.due(100'250, kStart), kStart + 250ms);
  EXPECT_EQ(pacer.due(101'000, kStart), kStart + 1s);
}

TEST(Pacer, DividesPausesBySpeed) {
  Pacer pacer({.speed = 4});
  pacer.due(0, kStart);
  EXPECT_EQ(pacer.due(1000, kStart), kStart + 250ms);
}

TEST(Pacer, DoesNotDriftWhenEventsAreLate) {
  Pacer pacer({.speed = 1});
  pacer.due(0, kStart);
  pacer.due(1000, kStart + 5s);
  EXPECT_EQ(pacer.due(2000, kStart + 6s), kStart + 2s);
}

TEST(Pacer, CutsLongPauses) {
  Pacer pacer({.speed = 1, .longest_pause = 2s});
  pacer.due(0, kStart);
  EXPECT_EQ(pacer.due(3'600'000, kStart), kStart + 2s);
}

TEST(Pacer, MakesNoPauseOfAClockThatWasSetBack) {
  Pacer pacer({.speed = 1});
  pacer.due(10'000, kStart);
  EXPECT_EQ(pacer.due(5000, kStart), kStart);
  EXPECT_EQ(pacer.due(5100, kStart), kStart + 100ms);
}

TEST(Pacer, SpacesEventsEvenlyAtARate) {
  Pacer pacer({.rate = 4});
  EXPECT_EQ(pacer.due(0, kStart), kStart);
  EXPECT_EQ(pacer.due(99'999, kStart), kStart + 250ms);
  EXPECT_EQ(pacer.due(0, kStart), kStart + 500ms);
}

TEST(Pacer, SurvivesAbsurdTimes) {
  Pacer pacer({.speed = 0.000001});
  pacer.due(0, kStart);
  EXPECT_LE(pacer.due(253'402'300'799'999, kStart), kStart + 24h * 365);
}

}  // namespace
}  // namespace sio::cli
