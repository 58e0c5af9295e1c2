#include "base/backoff.h"

#include <gtest/gtest.h>

namespace sio {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr BackoffLimits kLimits = {.first = milliseconds(500), .longest = seconds(30)};
constexpr double kNearlyOne = 0.999999;

TEST(Backoff, DoublesFromFirstToLongest) {
  Backoff backoff(kLimits);
  for (const int half_ms : {250, 500, 1000, 2000, 4000, 8000, 15000, 15000})
    EXPECT_EQ(backoff.next(0.0), milliseconds(half_ms));
}

TEST(Backoff, LeavesHalfOfTheDelayToChance) {
  Backoff low(kLimits);
  Backoff high(kLimits);
  for (int i = 0; i < 10; ++i) {
    const Duration shortest = low.next(0.0);
    const Duration longest = high.next(kNearlyOne);
    EXPECT_GT(longest, shortest);
    EXPECT_LE(longest, 2 * shortest);
  }
}

TEST(Backoff, NeverPassesTheLongest) {
  Backoff backoff(kLimits);
  for (int i = 0; i < 100; ++i) EXPECT_LE(backoff.next(kNearlyOne), seconds(30));
}

TEST(Backoff, StartsAgainAfterAConnectionStood) {
  Backoff backoff(kLimits);
  backoff.next(0.0);
  backoff.next(0.0);
  backoff.reset();
  EXPECT_EQ(backoff.next(0.0), milliseconds(250));
}

}  // namespace
}  // namespace sio
