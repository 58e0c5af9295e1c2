#include "cli/units.h"

#include <gmock/gmock.h>

#include <cstdlib>

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

// Local time is two hours ahead of UTC here.
class WhenTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "XST-2", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static constexpr std::int64_t kNow = 1'769'868'306'123;  // 2026-01-31T14:05:06.123Z
  static std::string when(std::string_view text) {
    const auto position = parse_when(text, kNow);
    return position ? format_position(*position) : "error";
  }
};

TEST_F(WhenTest, KnowsTheEndsOfTheQueueAndRecords) {
  EXPECT_EQ(when("all"), "all");
  EXPECT_EQ(when("now"), "now");
  EXPECT_EQ(when("#k3f9-1042"), "#k3f9-1042");
  EXPECT_EQ(when("#1042"), "#1042");
}

TEST_F(WhenTest, TakesADurationAsThatLongAgo) {
  EXPECT_EQ(when("10m"), std::to_string(kNow - 600'000));
  EXPECT_EQ(when("10m ago"), std::to_string(kNow - 600'000));
  EXPECT_EQ(when("90"), std::to_string(kNow - 90'000));
  EXPECT_EQ(when("36500d"), "0");
}

TEST_F(WhenTest, TakesTimesWithTheirZone) {
  EXPECT_EQ(when("2026-01-31T14:05:06.123Z"), std::to_string(kNow));
  EXPECT_EQ(when("2026-01-31T15:05:06.123+01:00"), std::to_string(kNow));
}

TEST_F(WhenTest, TakesDatesAndTimesOfHere) {
  EXPECT_EQ(when("2026-01-31"), "1769810400000");  // 2026-01-30T22:00Z
  EXPECT_EQ(when("2026-01-31T16:05"), "1769868300000");
  EXPECT_EQ(when("2026-01-31 16:05:06"), "1769868306000");
}

TEST_F(WhenTest, TakesATimeOfDayAsTheLastOne) {
  EXPECT_EQ(when("16:05"), "1769868300000");
  EXPECT_EQ(when("16:06"), "1769781960000");  // yesterday
}

TEST_F(WhenTest, TakesUnixTime) {
  EXPECT_EQ(when("@1769868306"), "1769868306000");
  EXPECT_EQ(when("@1769868306.5"), "1769868306500");
}

TEST_F(WhenTest, RefusesTheRest) {
  for (const char* const text :
       {"", "yesterday", "#", "#x-", "@", "@-1", "@x", "25:00", "2026-13-01", "2026-02-30",
        "2026-01-31T", "10 parsecs", "-5m", "@1e400"})
    EXPECT_EQ(when(text), "error") << text;
  EXPECT_THAT(parse_when("soon", kNow).error().message, testing::HasSubstr("\"soon\""));
}

TEST_F(WhenTest, IsReadByTheServerAsItIsFormatted) {
  for (const char* const text : {"all", "now", "#k3f9-1042", "#1042", "@1769868306.5"}) {
    const auto position = parse_when(text, kNow);
    const auto read = proto::parse_position(format_position(*position));
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(format_position(*read), format_position(*position));
  }
}

}  // namespace
}  // namespace sio::cli
