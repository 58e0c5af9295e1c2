#include "cli/units.h"

#include <gtest/gtest.h>

namespace sio::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Durations, HaveUnits) {
  EXPECT_EQ(parse_duration("250ms"), Duration(milliseconds(250)));
  EXPECT_EQ(parse_duration("10s"), Duration(seconds(10)));
  EXPECT_EQ(parse_duration("5m"), Duration(seconds(300)));
  EXPECT_EQ(parse_duration("2h"), Duration(hours(2)));
  EXPECT_EQ(parse_duration("7d"), Duration(hours(7 * 24)));
}

TEST(Durations, AreSecondsWithoutAUnit) {
  EXPECT_EQ(parse_duration("10"), Duration(seconds(10)));
  EXPECT_EQ(parse_duration("0"), Duration(0));
  EXPECT_EQ(parse_duration("0.5"), Duration(milliseconds(500)));
  EXPECT_EQ(parse_duration("1.5h"), Duration(seconds(5400)));
}

TEST(Durations, AreRefusedWithAnExample) {
  for (const char* text : {"", "ms", "s", "-1s", "10x", "10 s", " 10s", "1e3", "0x10", "inf", "nan",
                           "10S", "5mm", "36501d", "999999999999999999999"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().code, Errc::usage);
    EXPECT_EQ(duration.error().message,
              '"' + std::string(text) + "\" is not a duration (write 250ms, 10s, 5m, 2h or 7d)");
  }
}

TEST(Sizes, HaveUnits) {
  EXPECT_EQ(parse_size("64k"), 64'000u);
  EXPECT_EQ(parse_size("10M"), 10'000'000u);
  EXPECT_EQ(parse_size("1G"), 1'000'000'000u);
  EXPECT_EQ(parse_size("1.5K"), 1500u);
  EXPECT_EQ(parse_size("64Ki"), 65'536u);
  EXPECT_EQ(parse_size("1Mi"), 1'048'576u);
  EXPECT_EQ(parse_size("1gi"), 1'073'741'824u);
}

TEST(Sizes, AreBytesWithoutAUnit) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("1000"), 1000u);
  EXPECT_EQ(parse_size("1000b"), 1000u);
}

TEST(Sizes, AreRefusedWithAnExample) {
  for (const char* text : {"", "k", "-1", "1T", "1kk", "1 k", "9999999G"}) {
    const auto size = parse_size(text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().message,
              '"' + std::string(text) + "\" is not a size (write 64k, 10M or 1G)");
  }
}

}  // namespace
}  // namespace sio::cli
