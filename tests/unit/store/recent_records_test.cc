#include "store/recent_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/records.h"

namespace sio::store {
namespace {

using namespace sio::test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Seq kNone = 999;

RecentRecords::Added add(RecentRecords& recent, Seq seq, const std::string& body) {
  const NewRecord record{
      .time_ms = static_cast<std::int64_t>(seq * 10), .ns = "/", .event = "e", .body_head = body};
  return recent.add(record, seq, record_size(record));
}

Collector shown(const RecentRecords& recent, Seq from) {
  Collector collector;
  const Filter everything{.all_rooms = true};
  Reading reading(from, everything, 1'000, collector);
  recent.show(reading);
  return collector;
}

TEST(RecentRecords, ShowWhatWasAddedAlsoBehindAJump) {
  RecentRecords recent(0);
  EXPECT_EQ(recent.first_or(kNone), kNone);
  add(recent, 5, "five");
  add(recent, 6, "six");
  add(recent, 100, "hundred");
  EXPECT_EQ(recent.first_or(kNone), 5u);
  EXPECT_THAT(shown(recent, 5).bodies(), ElementsAre("five", "six", "hundred"));
  EXPECT_THAT(shown(recent, 6).seqs, ElementsAre(6u, 100u));
  EXPECT_THAT(shown(recent, 101).seqs, IsEmpty());
  EXPECT_EQ(recent.find_time(60, kNone), 6u);
  EXPECT_EQ(recent.find_time(61, kNone), 100u);
  EXPECT_EQ(recent.find_time(1'001, kNone), kNone);
}

TEST(RecentRecords, TellWhereTheBytesOfARecordAre) {
  RecentRecords recent(0);
  add(recent, 1, "one");
  const RecentRecords::Added two = add(recent, 2, "two");
  RecordDecoder decoder;
  const Record* const record = decoder.decode(two.block->bytes_between(two.begin, two.end));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->seq, 2u);
  EXPECT_EQ(record->body, "two");
}

TEST(RecentRecords, LetGoOfWhatIsDurableBeyondWhatTheyKeep) {
  const std::string large(1u << 20, 'x');
  RecentRecords recent(0);
  for (Seq seq = 1; seq <= 3; ++seq) add(recent, seq, large);
  EXPECT_GT(recent.bytes_after(0), 3 * large.size());
  recent.evict(0);
  EXPECT_EQ(recent.first_or(kNone), 1u);
  recent.evict(1);
  EXPECT_EQ(recent.first_or(kNone), 2u);
  recent.evict(3);
  EXPECT_EQ(recent.first_or(kNone), 3u) << "the newest stay";
  EXPECT_EQ(recent.bytes_after(3), 0u);
}

TEST(RecentRecords, ForgetWhatIsLostAndGoOnBehindIt) {
  RecentRecords recent(1u << 20);
  for (Seq seq = 1; seq <= 4; ++seq) add(recent, seq, std::to_string(seq));
  recent.cut(3);
  add(recent, 5, "5");
  EXPECT_THAT(shown(recent, 1).bodies(), ElementsAre("1", "2", "5"));
  recent.cut(1);
  EXPECT_EQ(recent.first_or(kNone), kNone);
}

}  // namespace
}  // namespace sio::store
