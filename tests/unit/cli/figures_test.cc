#include "cli/figures.h"

#include <gtest/gtest.h>

namespace sio::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(Figures, GroupDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(12'345'678), "12,345,678");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Figures, BytesHaveThreeDigitsThatCount) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.00 kB");
  EXPECT_EQ(bytes_text(12'340), "12.3 kB");
  EXPECT_EQ(bytes_text(999'499), "999 kB");
  EXPECT_EQ(bytes_text(999'500), "1.00 MB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "18.4 EB");
}

TEST(Figures, TimesHaveTheUnitThatFits) {
  EXPECT_EQ(duration_text(nanoseconds(250)), "0.25 us");
  EXPECT_EQ(duration_text(microseconds(214)), "214 us");
  EXPECT_EQ(duration_text(microseconds(1530)), "1.53 ms");
  EXPECT_EQ(duration_text(microseconds(999'600)), "1.00 s");
  EXPECT_EQ(duration_text(milliseconds(12'345)), "12.3 s");
}

}  // namespace
}  // namespace sio::cli
