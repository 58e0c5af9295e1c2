#include "store/redis_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sio::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Fields = std::vector<std::string_view>;

const RedisKeys kKeys("q");

// The strings of a command, as Redis reads it.
std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  const std::size_t count = std::stoul(std::string(command.substr(1)));
  command.remove_prefix(command.find("\r\n") + 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t size = std::stoul(std::string(command.substr(1)));
    command.remove_prefix(command.find("\r\n") + 2);
    words.emplace_back(command.substr(0, size));
    command.remove_prefix(size + 2);
  }
  EXPECT_TRUE(command.empty());
  return words;
}

TEST(RedisEntry, IsStoredUnderTheNumberOfItsRecord) {
  const std::string_view rooms[] = {"a", "", "b,2:x"};
  const Record record{.seq = 17,
                      .time_ms = -5,
                      .ns = "/shop",
                      .event = "order",
                      .rooms = rooms,
                      .key = "k",
                      .body = std::string_view("a\0b", 3)};
  std::string command;
  append_xadd(command, kKeys, record);
  const std::vector<std::string> words = words_of(command);
  EXPECT_THAT(words,
              ElementsAre("XADD", "q:events", "17-0", "time", "-5", "ns", "/shop", "event", "order",
                          "rooms", "1:a,0:,5:b,2:x,", "key", "k", "body", std::string("a\0b", 3)));
  EntryDecoder decoder;
  const Entry* const entry = decoder.decode(words[2], Fields(words.begin() + 3, words.end()));
  ASSERT_NE(entry, nullptr);
  ASSERT_EQ(entry->kind, Entry::Kind::record);
  EXPECT_EQ(entry->record.seq, 17u);
  EXPECT_EQ(entry->record.time_ms, -5);
  EXPECT_EQ(entry->record.ns, "/shop");
  EXPECT_EQ(entry->record.event, "order");
  EXPECT_THAT(entry->record.rooms, ElementsAre("a", "", "b,2:x"));
  EXPECT_EQ(entry->record.key, "k");
  EXPECT_EQ(entry->record.body, std::string_view("a\0b", 3));
}

TEST(RedisEntry, NotesALossInFrontOfTheRecordBehindIt) {
  std::string command;
  append_loss(command, kKeys, 10, 20);
  EXPECT_THAT(words_of(command), ElementsAre("XADD", "q:events", "19-1", "lost", "10"));
  EntryDecoder decoder;
  const Entry* const entry = decoder.decode("19-1", Fields{"lost", "10"});
  ASSERT_EQ(entry->kind, Entry::Kind::loss);
  EXPECT_EQ(entry->lost_first, 10u);
  EXPECT_EQ(entry->id.seq, 19u);
}

TEST(RedisEntry, IsUnknownWhenAFieldIsMissingDoubledOrForeign) {
  const Fields whole = {"time", "1", "ns", "/", "event", "e", "rooms", "", "key", "", "body", "b"};
  EntryDecoder decoder;
  EXPECT_EQ(decoder.decode("1-0", whole)->kind, Entry::Kind::record);
  for (std::size_t i = 0; i < whole.size(); i += 2) {
    Fields missing = whole;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i),
                  missing.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    EXPECT_EQ(decoder.decode("1-0", missing)->kind, Entry::Kind::unknown);
    Fields foreign = whole;
    foreign[i] = "foreign";
    EXPECT_EQ(decoder.decode("1-0", foreign)->kind, Entry::Kind::unknown);
    Fields doubled = whole;
    doubled[i] = whole[(i + 2) % whole.size()];
    doubled[i + 1] = whole[(i + 3) % whole.size()];
    EXPECT_EQ(decoder.decode("1-0", doubled)->kind, Entry::Kind::unknown);
  }
  EXPECT_EQ(decoder.decode("1-2", whole)->kind, Entry::Kind::unknown);
  EXPECT_EQ(decoder.decode("1-0", {})->kind, Entry::Kind::unknown);
  EXPECT_EQ(decoder.decode("5-1", Fields{"lost", "x"})->kind, Entry::Kind::unknown);
}

TEST(RedisEntry, IsUnknownWhenItsRoomsOrItsTimeMakeNoSense) {
  EntryDecoder decoder;
  for (const std::string_view rooms : {"1", "1:", "1:a", "2:a,", "x:a,", "1:a;", "-1:a,",
                                       "99999999999999999999:a,", "18446744073709551615:a,"}) {
    const Fields fields = {"time",  "1",   "ns",  "/", "event", "e",
                           "rooms", rooms, "key", "",  "body",  "b"};
    EXPECT_EQ(decoder.decode("1-0", fields)->kind, Entry::Kind::unknown) << rooms;
  }
  const Fields late = {"time", "1s", "ns", "/", "event", "e", "rooms", "", "key", "", "body", "b"};
  EXPECT_EQ(decoder.decode("1-0", late)->kind, Entry::Kind::unknown);
}

TEST(RedisEntry, HasAnIdOfTwoNumbers) {
  EXPECT_EQ(parse_stream_id("18446744073709551615-3"), (StreamId{.seq = UINT64_MAX, .part = 3}));
  for (const std::string_view wrong : {"", "1", "-", "1-", "-1", "1-a", "18446744073709551616-0"})
    EXPECT_FALSE(parse_stream_id(wrong)) << wrong;
  EntryDecoder decoder;
  EXPECT_EQ(decoder.decode("one", {}), nullptr);
}

}  // namespace
}  // namespace sio::store
