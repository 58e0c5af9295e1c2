#include "store/segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fault_fs.h"

namespace sio::store {
namespace {

using sio::test::FaultFs;
using ::testing::ElementsAre;

const RecordSeal kSeal(77);

TEST(SegmentHeader, ComesBackAsItWas) {
  const std::string bytes =
      encode_segment_header({.seed = 1, .base = 2, .previous_next = 3, .created_ms = -4});
  ASSERT_EQ(bytes.size(), kSegmentHeaderSize);
  const SegmentHeader header = *decode_segment_header(bytes);
  EXPECT_EQ(header.seed, 1u);
  EXPECT_EQ(header.base, 2u);
  EXPECT_EQ(header.previous_next, 3u);
  EXPECT_EQ(header.created_ms, -4);
}

TEST(SegmentHeader, EveryFlippedBitIsNoticed) {
  const std::string good = encode_segment_header({.seed = 1, .base = 2});
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_segment_header(bad)) << bit;
  }
}

TEST(SegmentName, SortsLikeItsNumber) {
  EXPECT_EQ(segment_name(1042), "00000000000000001042.log");
  EXPECT_EQ(parse_segment_name("00000000000000001042.log"), Seq{1042});
  for (const char* other : {"1042.log", "00000000000000001042.idx", "00000000000000000000.log",
                            "0000000000000000104x.log", "99999999999999999999.log"}) {
    EXPECT_EQ(parse_segment_name(other), std::nullopt) << other;
  }
}

// A file of records written by hand.
class RecordStreamTest : public testing::Test {
 protected:
  std::size_t add(Seq seq, std::uint32_t unsynced, const std::string& body) {
    const NewRecord record{.body_head = body};
    std::string bytes(record_size(record), '\0');
    write_record(bytes.data(), seq, unsynced, record);
    kSeal.seal(bytes.data());
    content_ += bytes;
    return content_.size() - bytes.size();
  }
  void damage(std::size_t at) { content_[at + 33] = static_cast<char>(content_[at + 33] ^ 1); }

  const File& file() {
    fs_.set_content("/f", content_);
    file_ = *fs_.open_to_read("/f");
    return *file_;
  }
  RecordStream::Range range(Seq limit = 1000) const {
    return {.begin = 0, .end = content_.size(), .first = 1, .limit = limit};
  }
  std::vector<Seq> seqs(Seq limit = 1000) {
    RecordStream stream(file(), kSeal, range(limit));
    std::vector<Seq> found;
    while (const RecordStream::Item* item = *stream.next()) found.push_back(item->head.seq);
    return found;
  }
  SegmentScan scan() {
    class Ignore final : public ScanVisitor {
      void on_scanned(const RecordStream::Item&) override {}
    } ignore;
    return *scan_segment(file(), kSeal, range(), ignore);
  }

  FaultFs fs_;
  std::unique_ptr<File> file_;
  std::string content_;
};

TEST_F(RecordStreamTest, FindsItsPlaceBehindDamage) {
  add(1, 0, "one");
  damage(add(2, 0, "two"));
  damage(add(3, 0, std::string(100'000, 'x')));
  add(4, 0, "four");
  EXPECT_THAT(seqs(), ElementsAre(1, 4));
}

TEST_F(RecordStreamTest, ARecordInsideADamagedRecordIsNotBelievedWithoutTheSeed) {
  const NewRecord inner{.body_head = "I am a record"};
  std::string bytes(record_size(inner), '\0');
  write_record(bytes.data(), 2, 0, inner);
  RecordSeal(1).seal(bytes.data());
  add(1, 0, "one");
  damage(add(2, 0, bytes));
  add(3, 0, "three");
  EXPECT_THAT(seqs(), ElementsAre(1, 3));
}

TEST_F(RecordStreamTest, NumbersOnlyGrowAndStayBelowTheLimit) {
  for (const auto seq : std::vector<Seq>{1, 5, 3, 6, 9, 7}) add(seq, 0, "body");
  EXPECT_THAT(seqs(8), ElementsAre(1, 5, 6, 7));
}

TEST_F(RecordStreamTest, GivesUpOnBytesThatAreMadeToCostALongSearch) {
  damage(add(1, 0, "one"));
  // Each of these claims to be a long record, and none is.
  const NewRecord empty{};
  std::string fake(record_size(empty), '\0');
  write_record(fake.data(), 2, 0, empty);
  for (int i = 0; i < 30'000; ++i) {
    const auto length =
        static_cast<std::uint32_t>(fake.size() * (30'000 - static_cast<unsigned>(i)));
    fake.replace(8, 4, reinterpret_cast<const char*>(&length), 4);
    content_ += fake;
  }
  add(3, 0, "behind them");
  EXPECT_THAT(seqs(), ElementsAre());
}

TEST_F(RecordStreamTest, AHoleThatWasSyncedIsDamage) {
  add(1, 0, "one");
  damage(add(2, 0, "two"));
  add(3, 0, "three");
  EXPECT_EQ(scan().next, 4u);
  EXPECT_EQ(scan().end, content_.size());
  EXPECT_GT(scan().damaged_bytes, 30u);
}

TEST_F(RecordStreamTest, AHoleThatWasNotSyncedIsTheEnd) {
  add(1, 0, "one");
  const std::size_t end = add(2, 0, "two");
  damage(end);
  add(3, 1, "three");
  EXPECT_EQ(scan().next, 2u);
  EXPECT_EQ(scan().end, end);
  EXPECT_EQ(scan().cut_bytes, content_.size() - end);
}

TEST_F(RecordStreamTest, OfTwoHolesOnlyTheOneThatWasSyncedIsDamage) {
  add(1, 0, "one");
  damage(add(2, 0, "two"));
  add(3, 0, "three");
  const std::size_t end = add(4, 0, "four");
  damage(end);
  add(5, 2, "five");
  EXPECT_EQ(scan().next, 4u);
  EXPECT_EQ(scan().end, end);
}

}  // namespace
}  // namespace sio::store
