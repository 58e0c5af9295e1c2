#include "proto/stored_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/limits.h"

namespace sio::proto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string body_of(const StoredEvent& event) {
  std::string body;
  append_stored_head(body, event);
  return body.append(event.args);
}

std::string problem(std::string_view body) {
  const auto event = decode_stored(body);
  return event ? "" : event.error().message;
}

TEST(StoredEvent, IsReadBack) {
  const std::string large(70'000, '\xff');
  const StoredEvent event{.from = "Xk3",
                          .except = {"a", "", "b"},
                          .key = "key",
                          .numeric_name = true,
                          .attachments = {large, ""},
                          .args = R"(1,{"_placeholder":true,"num":0})"};
  const std::string body = body_of(event);
  const auto read = decode_stored(body);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->from, "Xk3");
  EXPECT_THAT(read->except, ElementsAre("a", "", "b"));
  EXPECT_EQ(read->key, "key");
  EXPECT_TRUE(read->numeric_name);
  EXPECT_THAT(read->attachments, ElementsAre(large, ""));
  EXPECT_EQ(read->args, event.args);
}

TEST(StoredEvent, RemembersWhichGroupGaveItUp) {
  const std::string body = body_of(
      {.except = {}, .dead_group = "w", .dead_rooms = {"a", "b"}, .attachments = {}, .args = "1"});
  const auto read = decode_stored(body);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->dead_group, "w");
  EXPECT_THAT(read->dead_rooms, ElementsAre("a", "b"));
  EXPECT_EQ(read->args, "1");
}

TEST(StoredEvent, IsSmallWhenItHasNothing) {
  EXPECT_EQ(body_of(StoredEvent{}), std::string("\1\0\0\0\0\0", 6));
  const auto read = decode_stored(std::string_view("\1\0\0\0\0\0", 6));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->from, "");
  EXPECT_THAT(read->except, IsEmpty());
  EXPECT_FALSE(read->numeric_name);
  EXPECT_EQ(read->args, "");
}

TEST(StoredEvent, IsRefusedWhenItsHeadIsCut) {
  const std::string head =
      body_of({.from = "Xk3", .except = {"a"}, .key = "key", .attachments = {"bytes"}, .args = {}});
  for (std::size_t size = 0; size < head.size(); ++size)
    EXPECT_EQ(problem(head.substr(0, size)), "stored event: it ends too early") << size;
  EXPECT_EQ(problem(head), "");
}

TEST(StoredEvent, IsRefusedInAnotherVersion) {
  EXPECT_EQ(problem(std::string_view("\2\0\0\0\0\0", 6)), "stored event: unknown version");
}

TEST(StoredEvent, IsRefusedWithAbsurdCounts) {
  EXPECT_THAT(problem(std::string_view("\1\0\0\xff\xff\xff\x7f", 7)), HasSubstr("too long"));
  EXPECT_THAT(problem(std::string_view("\1\0\0\0\0\x0b", 6)), HasSubstr("too long"));
  EXPECT_THAT(problem(std::string("\1\0", 2) + std::string(20, '\xff')), HasSubstr("too long"));
  EXPECT_THAT(problem(std::string("\1\0", 2) + std::string(8, '\xff') + '\x7f'),
              HasSubstr("ends too early"));
}

}  // namespace
}  // namespace sio::proto
