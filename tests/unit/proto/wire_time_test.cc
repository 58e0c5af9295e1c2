#include "proto/wire_time.h"

#include <gtest/gtest.h>

namespace sio::proto {
namespace {

TEST(WireTime, ReadsMilliseconds) {
  EXPECT_EQ(parse_wire_time("0"), 0);
  EXPECT_EQ(parse_wire_time("1769868306123"), 1769868306123);
}

TEST(WireTime, ReadsRfc3339InAnyZone) {
  EXPECT_EQ(parse_wire_time("2026-01-31T14:05:06Z"), 1769868306000);
  EXPECT_EQ(parse_wire_time("2026-01-31T14:05:06.123Z"), 1769868306123);
  EXPECT_EQ(parse_wire_time("2026-01-31t14:05:06.1239999z"), 1769868306123);
  EXPECT_EQ(parse_wire_time("2026-01-31T15:35:06.1+01:30"), 1769868306100);
  EXPECT_EQ(parse_wire_time("2026-01-31 11:05:06-03:00"), 1769868306000);
  EXPECT_EQ(parse_wire_time("1969-12-31T23:59:59Z"), -1000);
}

TEST(WireTime, IsNothingElse) {
  for (const char* text :
       {"", "x", "-5", "99999999999999999999", "2026-02-30T00:00:00Z", "2026-01-31",
        "2026-01-31T14:05:06", "2026-01-31T14:05:06.Z", "2026-01-31T24:05:06Z",
        "2026-01-31T14:05:06Z ", "2026-01-31T14:05:06+1:00"})
    EXPECT_EQ(parse_wire_time(text), std::nullopt) << text;
}

TEST(WireTime, WritesWhatItReads) {
  std::string text;
  append_wire_time(text, 1769868306003);
  EXPECT_EQ(text, "2026-01-31T14:05:06.003Z");
  text.clear();
  append_wire_time(text, -5);
  EXPECT_EQ(text, "1970-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace sio::proto
