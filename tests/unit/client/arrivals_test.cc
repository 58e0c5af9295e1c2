#include "client/arrivals.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace sio::client {
namespace {

TEST(Arrivals, TakesEachOnce) {
  Arrivals arrivals;
  for (std::uint64_t n = 0; n < 100; ++n) EXPECT_TRUE(arrivals.take(n));
  for (std::uint64_t n = 0; n < 100; ++n) EXPECT_FALSE(arrivals.take(n));
}

TEST(Arrivals, KnowsNothingOfWhatWasBeforeTheFirst) {
  Arrivals arrivals(5);
  EXPECT_FALSE(arrivals.take(4));
  EXPECT_TRUE(arrivals.take(5));
}

TEST(Arrivals, TakesWhatIsLateOnce) {
  Arrivals arrivals;
  EXPECT_TRUE(arrivals.take(9));
  for (const std::uint64_t n : {4u, 0u, 8u, 5u}) {
    EXPECT_TRUE(arrivals.take(n)) << n;
    EXPECT_FALSE(arrivals.take(n)) << n;
  }
  EXPECT_FALSE(arrivals.take(9));
  EXPECT_TRUE(arrivals.take(10));
}

TEST(Arrivals, ForgetsTheOldestOfVeryManyGaps) {
  Arrivals arrivals;
  for (std::uint64_t n = 0; n < 2 * Arrivals::kMaxGaps; ++n) EXPECT_TRUE(arrivals.take(2 * n + 1));
  EXPECT_FALSE(arrivals.take(0));
  EXPECT_TRUE(arrivals.take(4 * Arrivals::kMaxGaps - 2));
}

TEST(Arrivals, AgreesWithASetInAnyOrder) {
  std::mt19937 random(3);
  Arrivals arrivals;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t n = random() % 1000;
    ASSERT_EQ(arrivals.take(n), seen.insert(n).second) << n;
  }
}

}  // namespace
}  // namespace sio::client
