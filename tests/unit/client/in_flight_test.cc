#include "client/in_flight.h"

#include <gtest/gtest.h>

namespace sio::client {
namespace {

TimePoint at(int ms) {
  return TimePoint{} + std::chrono::milliseconds(ms);
}

TEST(InFlight, TellsWhenEachBegan) {
  InFlight events;
  EXPECT_EQ(events.add(at(1)), 0u);
  EXPECT_EQ(events.add(at(2)), 1u);
  EXPECT_EQ(events.add(at(3)), 2u);
  EXPECT_EQ(events.size(), 3u);

  EXPECT_EQ(events.settle(1), at(2));
  EXPECT_EQ(events.settle(0), at(1));
  EXPECT_EQ(events.oldest_number(), 2u);
  EXPECT_EQ(events.settle(2), at(3));
  EXPECT_EQ(events.size(), 0u);
  EXPECT_EQ(events.add(at(4)), 3u);
}

TEST(InFlight, DoesNotSettleTwiceOrWhatNeverWas) {
  InFlight events;
  for (int i = 0; i < 10; ++i) events.settle(events.add(at(0)));
  events.add(at(1));
  events.add(at(1));
  EXPECT_FALSE(events.settle(9));
  EXPECT_FALSE(events.settle(12));
  EXPECT_TRUE(events.settle(11));
  EXPECT_FALSE(events.settle(11));
  EXPECT_TRUE(events.settle(10));
  EXPECT_FALSE(events.settle(10));
  EXPECT_EQ(events.size(), 0u);
}

TEST(InFlight, GivesUpWhatIsTooOldAndNothingElse) {
  InFlight events;
  for (int ms = 1; ms <= 4; ++ms) events.add(at(ms));
  events.settle(1);
  int given_up = 0;
  while (events.give_up_oldest(at(4))) ++given_up;
  EXPECT_EQ(given_up, 2);
  EXPECT_EQ(events.size(), 1u);
  EXPECT_EQ(events.oldest_number(), 3u);
  EXPECT_FALSE(events.settle(0));  // it comes too late
}

}  // namespace
}  // namespace sio::client
