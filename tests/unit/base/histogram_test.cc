#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace sio {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(Histogram, HasNothingToSayOfNothing) {
  const Histogram none;
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.min(), Duration::zero());
  EXPECT_EQ(none.max(), Duration::zero());
  EXPECT_EQ(none.mean(), Duration::zero());
  EXPECT_EQ(none.percentile(99), Duration::zero());
  EXPECT_EQ(none.below(milliseconds(1)), 0u);
}

TEST(Histogram, KnowsTheExtremesAndTheMeanExactly) {
  Histogram histogram;
  for (const int us : {250, 1, 7'777'777}) histogram.add(microseconds(us));
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.min(), microseconds(1));
  EXPECT_EQ(histogram.max(), microseconds(7'777'777));
  EXPECT_EQ(histogram.percentile(100), histogram.max());
  EXPECT_EQ(histogram.percentile(0), histogram.min());
  EXPECT_EQ(histogram.mean(), nanoseconds((250 + 1 + 7'777'777) * 1000LL / 3));
}

TEST(Histogram, OneValueIsEveryPercentile) {
  Histogram histogram;
  histogram.add(nanoseconds(123'456'789));
  for (const double percent : {0.0, 50.0, 99.9, 100.0})
    EXPECT_EQ(histogram.percentile(percent), nanoseconds(123'456'789)) << percent;
}

TEST(Histogram, TakesWhatTimeItselfCannotReach) {
  Histogram histogram;
  histogram.add(Duration::max());
  histogram.add(nanoseconds(-5));
  EXPECT_EQ(histogram.max(), Duration::max());
  EXPECT_EQ(histogram.min(), Duration::zero());
  EXPECT_EQ(histogram.percentile(50), Duration::zero());
}

// Against the sorted values themselves, over sizes from nanoseconds to hours.
TEST(Histogram, PercentilesAreWithinOnePartIn128) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(0, 13);
  std::vector<std::int64_t> values(20'000);
  Histogram histogram;
  for (std::int64_t& value : values) {
    value = static_cast<std::int64_t>(std::pow(10.0, exponent(random)));
    histogram.add(Duration(value));
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * 20'000));
    const auto exact = static_cast<double>(values[rank - 1]);
    const auto told = static_cast<double>(histogram.percentile(percent).count());
    EXPECT_GE(told, exact) << percent;
    EXPECT_LE(told, exact * (1 + 1.0 / 128)) << percent;
  }
}

TEST(Histogram, CountsWhatIsBelowALimit) {
  Histogram histogram;
  for (int ms = 1; ms <= 100; ++ms) histogram.add(milliseconds(ms));
  EXPECT_EQ(histogram.below(Duration::zero()), 0u);
  EXPECT_EQ(histogram.below(Duration::max()), 100u);
  EXPECT_NEAR(static_cast<double>(histogram.below(milliseconds(51))), 50, 1);
}

}  // namespace
}  // namespace sio
