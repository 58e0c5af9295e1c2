#include "store/segment_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sio::store {
namespace {

const RecordSeal kSeal(5);

// Records of 1000 bytes, number 1 at the front, at times 10, 20, 30, …
SegmentIndex make_index(int records) {
  SegmentIndex index(1);
  for (int i = 0; i < records; ++i) {
    const auto seq = static_cast<Seq>(i) + 1;
    index.add(kSegmentHeaderSize + static_cast<std::uint64_t>(i) * 1000, 1000,
              {.seq = seq, .time_ms = 10 * (i + 1), .ns = "/", .event = "e"});
  }
  return index;
}

TEST(SegmentIndex, LeadsToAPlaceShortlyBeforeARecord) {
  const SegmentIndex index = make_index(200);
  for (Seq seq = 1; seq <= 200; ++seq) {
    const std::uint64_t at = kSegmentHeaderSize + (seq - 1) * 1000;
    EXPECT_LE(index.offset_for(seq), at);
    EXPECT_GE(index.offset_for(seq) + 20'000, at);
  }
}

TEST(SegmentIndex, LeadsToAPlaceBeforeATimeEvenIfClocksJump) {
  SegmentIndex index = make_index(100);
  index.add(kSegmentHeaderSize + 100'000, 50'000, {.seq = 101, .time_ms = 5});
  index.add(kSegmentHeaderSize + 150'000, 50'000, {.seq = 102, .time_ms = 2000});
  EXPECT_EQ(index.newest_ms(), 2000);
  EXPECT_LE(index.offset_for_time(500), kSegmentHeaderSize + 49 * 1000u);
  EXPECT_GT(index.offset_for_time(1500), kSegmentHeaderSize + 90'000u);
}

TEST(SegmentIndex, ComesBackAsItWas) {
  const SegmentIndex index = make_index(200);
  const SegmentIndex read = *SegmentIndex::decode(index.encode(kSeal), kSeal);
  EXPECT_EQ(read.next(), index.next());
  EXPECT_EQ(read.end(), index.end());
  EXPECT_EQ(read.newest_ms(), index.newest_ms());
  EXPECT_EQ(read.offset_for(150), index.offset_for(150));
  EXPECT_FALSE(read.may_hold({.ns = "/other", .all_rooms = true}));
}

TEST(SegmentIndex, DamageAndForeignSealsAreRefused) {
  const std::string good = make_index(50).encode(kSeal);
  EXPECT_FALSE(SegmentIndex::decode(good, RecordSeal(6)));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    EXPECT_FALSE(SegmentIndex::decode(bad, kSeal)) << at;
    EXPECT_FALSE(SegmentIndex::decode(good.substr(0, at), kSeal)) << at;
  }
}

TEST(SegmentIndex, ForgetsWhatIsCut) {
  SegmentIndex index = make_index(200);
  index.cut(101, kSegmentHeaderSize + 100'000);
  EXPECT_EQ(index.next(), 101u);
  EXPECT_EQ(index.end(), kSegmentHeaderSize + 100'000u);
  EXPECT_LT(index.offset_for(150), kSegmentHeaderSize + 100'000u);
}

TEST(WordSummary, SaysNoOnlyToWhatDoesNotOccur) {
  WordSummary words;
  const std::vector<std::string_view> room = {"a"};
  const std::vector<std::string_view> other = {"b"};
  words.add("/x", "e", {});
  words.add("/y", "f", room);
  EXPECT_TRUE(words.may_hold({.ns = "/x"}));
  EXPECT_FALSE(words.may_hold({.ns = "/y"}));
  EXPECT_TRUE(words.may_hold({.ns = "/y", .rooms = room}));
  EXPECT_FALSE(words.may_hold({.ns = "/y", .rooms = other}));
  EXPECT_TRUE(words.may_hold({.ns = "/y", .all_rooms = true}));
  EXPECT_TRUE(words.may_hold({}));
  const std::vector<std::string_view> event = {"f", "g"};
  EXPECT_TRUE(words.may_hold({.all_rooms = true, .events = event}));
  const std::vector<std::string_view> no_event = {"g"};
  EXPECT_FALSE(words.may_hold({.all_rooms = true, .events = no_event}));
}

TEST(WordSummary, WithTooManyWordsEverythingMayOccur) {
  WordSummary words;
  for (int i = 0; i < 10'000; ++i) words.add("/", "event " + std::to_string(i), {});
  const std::vector<std::string_view> unheard_of = {"never"};
  EXPECT_TRUE(words.may_hold({.ns = "/nowhere", .events = unheard_of}));
  std::string bytes;
  words.encode(bytes);
  EXPECT_LT(bytes.size(), 10u);
}

TEST(WordSummary, ARoomBesideTheLastOneIsNotTakenForIt) {
  WordSummary words;
  const std::vector<std::string_view> a = {"a"};
  const std::vector<std::string_view> b = {"b"};
  words.add("/", "e", a);
  words.add("/", "e", b);
  words.add("/", "e", b);
  EXPECT_TRUE(words.may_hold({.ns = "/", .rooms = b}));
  EXPECT_FALSE(words.may_hold({.ns = "/"}));
}

}  // namespace
}  // namespace sio::store
