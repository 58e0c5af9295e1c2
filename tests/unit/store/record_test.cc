#include "store/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sio::store {
namespace {

using ::testing::ElementsAre;

const RecordSeal kSeal(0x1234);

std::string record_bytes(Seq seq, const NewRecord& record) {
  std::string bytes(record_size(record), '\0');
  EXPECT_EQ(write_record(bytes.data(), seq, 3, record), bytes.data() + bytes.size());
  kSeal.seal(bytes.data());
  return bytes;
}

std::string sample() {
  static constexpr std::string_view kRooms[] = {"a", "b"};
  return record_bytes(7, {.time_ms = -5,
                          .ns = "/n",
                          .event = "e",
                          .rooms = kRooms,
                          .key = "k",
                          .body_head = "head",
                          .body_tail = "tail"});
}

TEST(Record, ComesBackAsItWas) {
  const std::string bytes = sample();
  ASSERT_TRUE(kSeal.holds(bytes));
  RecordDecoder decoder;
  const Record* record = decoder.decode(bytes);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->seq, 7u);
  EXPECT_EQ(record->time_ms, -5);
  EXPECT_EQ(record->ns, "/n");
  EXPECT_EQ(record->event, "e");
  EXPECT_EQ(record->key, "k");
  EXPECT_THAT(record->rooms, ElementsAre("a", "b"));
  EXPECT_EQ(record->body, "headtail");
}

TEST(Record, EveryFlippedBitIsNoticed) {
  const std::string good = sample();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(kSeal.holds(bad)) << "bit " << bit;
  }
}

TEST(Record, LayoutIsTheOneThatIsDocumented) {
  const std::string bytes = sample();
  EXPECT_EQ(bytes.substr(8, 4), std::string("\x34\0\0\0", 4));
  EXPECT_EQ(bytes.substr(12, 4), std::string("\x03\0\0\0", 4));
  EXPECT_EQ(bytes.substr(16, 8), std::string("\x07\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(bytes.substr(24, 8), "\xfb\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(bytes.substr(32),
            "\x02/n\x01"
            "e\x01k\x02\x01"
            "a\x01"
            "bheadtail");
}

TEST(RecordSeal, AnotherStoresSeedDoesNotFit) {
  EXPECT_FALSE(RecordSeal(0x1235).holds(sample()));
}

TEST(RecordDecoder, RefusesStringsThatPassTheEnd) {
  const std::string good = sample();
  RecordDecoder decoder;
  for (std::size_t at = kRecordHeaderSize; at < good.size() - 8; ++at) {
    std::string bad = good.substr(0, at);
    EXPECT_EQ(decoder.decode(bad), nullptr) << at;
  }
}

TEST(RecordDecoder, ARoomCountThatIsALieCostsNoMemory) {
  std::string bytes = sample().substr(0, kRecordHeaderSize) + std::string("\0\0\0", 3);
  bytes += "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  RecordDecoder decoder;
  EXPECT_EQ(decoder.decode(bytes), nullptr);
}

}  // namespace
}  // namespace sio::store
