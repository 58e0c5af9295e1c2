#include "store/stretches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::store {
namespace {

constexpr Seq kForever = static_cast<Seq>(-1);
constexpr std::uint64_t kSmall = 32u << 10;  // of a stretch, when little may be kept

// Records of half a stretch each, one a millisecond.
Stretches filled(Seq count, RetentionLimits limits = {.max_bytes = 4 * kSmall, .max_age = {}}) {
  Stretches stretches(limits);
  for (Seq seq = 1; seq <= count; ++seq)
    stretches.add(seq, kSmall / 2, static_cast<std::int64_t>(seq));
  return stretches;
}

TEST(Stretches, HoldSoMuchEach) {
  Stretches stretches({.max_bytes = 0, .max_age = {}});
  EXPECT_FALSE(stretches.add(5, kSmall / 2, 100));
  EXPECT_FALSE(stretches.add(6, kSmall / 2, 90));
  const auto finished = stretches.add(7, 1, 110);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->first, 5u);
  EXPECT_EQ(finished->next, 7u);
  EXPECT_EQ(finished->bytes, kSmall);
  EXPECT_EQ(finished->newest_ms, 100);
  EXPECT_EQ(stretches.bytes(), kSmall + 1);
}

TEST(Stretches, EndAfterAPartOfTheAgeThatIsKept) {
  Stretches stretches({.max_age = std::chrono::milliseconds(800)});
  EXPECT_FALSE(stretches.add(1, 1, 0));
  EXPECT_FALSE(stretches.add(2, 1, 100));
  EXPECT_TRUE(stretches.add(3, 1, 101));
}

TEST(Stretches, GoWhenThereIsTooMuch) {
  const Stretches stretches = filled(10);
  EXPECT_EQ(stretches.all().size(), 5u);
  EXPECT_EQ(stretches.too_old(0, kForever, 10), 2u);
  EXPECT_EQ(stretches.too_old(0, kForever, 3), 1u) << "what is not durable stays";
  EXPECT_EQ(stretches.too_old(0, kForever, 0), 0u);
  EXPECT_EQ(filled(1).too_old(0, kForever, 10), 0u) << "the newest stays";
}

TEST(Stretches, GoWhenTheyAreOldAndNobodyNeedsThem) {
  const Stretches stretches =
      filled(10, {.max_bytes = 1u << 20, .max_age = std::chrono::milliseconds(100)});
  EXPECT_EQ(stretches.too_old(104, kForever, 10), 1u);
  EXPECT_EQ(stretches.too_old(105, kForever, 10), 2u);
  EXPECT_EQ(stretches.too_old(105, 4, 10), 1u);
}

TEST(Stretches, AreDroppedOnlyWhole) {
  Stretches stretches = filled(10);
  EXPECT_EQ(stretches.whole_before(4, 10), 1u);
  EXPECT_EQ(stretches.whole_before(5, 10), 2u);
  EXPECT_EQ(stretches.whole_before(100, 10), 4u);
  stretches.drop_oldest();
  EXPECT_EQ(stretches.all().front().first, 3u);
  EXPECT_EQ(stretches.bytes(), 8 * kSmall / 2);
}

TEST(Stretches, AreCutAtBothEnds) {
  Stretches stretches = filled(10);
  stretches.cut(8);
  EXPECT_EQ(stretches.all().back().next, 8u);
  stretches.cut(7);
  EXPECT_EQ(stretches.all().back().first, 5u);
  stretches.drop_before(4);
  EXPECT_EQ(stretches.all().front().first, 4u);
  stretches.drop_before(50);
  EXPECT_TRUE(stretches.all().empty());
  EXPECT_EQ(stretches.bytes(), 0u);
}

TEST(Stretches, KnowWhereATimeMayBe) {
  const Stretches stretches = filled(10);
  EXPECT_EQ(stretches.find_time(0)->first, 1u);
  EXPECT_EQ(stretches.find_time(3)->first, 3u);
  EXPECT_EQ(stretches.find_time(10)->first, 9u);
  EXPECT_EQ(stretches.find_time(11), nullptr);
}

TEST(Stretches, AreReadAsTheyWereWritten) {
  const Stretch stretch{.first = 5, .next = 9, .bytes = 100, .oldest_ms = -1, .newest_ms = 7};
  const auto again = decode_stretch("5", encode_stretch(stretch));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->next, 9u);
  EXPECT_EQ(again->bytes, 100u);
  EXPECT_EQ(again->oldest_ms, -1);
  EXPECT_EQ(again->newest_ms, 7);
}

TEST(Stretches, AreNotReadFromAnythingElse) {
  for (const auto& [first, value] :
       {std::pair("", "9 1 1 1"), std::pair("0", "9 1 1 1"), std::pair("x", "9 1 1 1"),
        std::pair("5", "5 1 1 1"), std::pair("5", "9 1 1"), std::pair("5", "9 1 1 1 1"),
        std::pair("5", "9 -1 1 1"), std::pair("5", "9 1000000000000000 1 1"),
        std::pair("5 5", "9 1 1 1"), std::pair("5", "")})
    EXPECT_FALSE(decode_stretch(first, value)) << first << ": " << value;
}

}  // namespace
}  // namespace sio::store
