#include "client/schedule.h"

#include <gtest/gtest.h>

namespace sio::client {
namespace {

constexpr TimePoint kStart = TimePoint{} + std::chrono::seconds(5);

TEST(Schedule, TheFirstIsDueAtTheStart) {
  EXPECT_EQ(Schedule(kStart, 3).due(), kStart);
}

TEST(Schedule, IsExactHoweverLongItRuns) {
  for (const std::uint64_t rate : {1u, 3u, 7u, 999'983u, 1'000'000'000u}) {
    Schedule schedule(kStart, rate);
    TimePoint before = kStart - Duration(1);
    for (std::uint64_t n = 0; n < 1'000'000; ++n) {
      if (n % rate == 0) {
        ASSERT_EQ(schedule.due(), kStart + std::chrono::seconds(n / rate)) << rate;
      }
      ASSERT_GT(schedule.due(), before) << rate;
      before = schedule.due();
      schedule.advance();
    }
  }
}

TEST(Schedule, SpreadsASecondEvenly) {
  Schedule schedule(kStart, 3);
  schedule.advance();
  EXPECT_EQ(schedule.due(), kStart + std::chrono::nanoseconds(333'333'333));
  schedule.advance();
  EXPECT_EQ(schedule.due(), kStart + std::chrono::nanoseconds(666'666'666));
}

}  // namespace
}  // namespace sio::client
