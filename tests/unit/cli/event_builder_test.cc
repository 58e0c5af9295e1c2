#include "cli/event_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EventBuilderTest : public testing::Test {
 protected:
  EventTemplate common_{.ns = "/n", .event = "e", .args = "1", .rooms = {"r"}};

  InputRecord record(std::string_view line) {
    auto parsed = parse_input_record(line);
    EXPECT_TRUE(parsed.has_value()) << line;
    return parsed.value_or(InputRecord{});
  }
};

TEST_F(EventBuilderTest, BuildsTheEventThatWasTyped) {
  EventBuilder builder(common_);
  const auto event = builder.plain();
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ((*event)->ns, "/n");
  EXPECT_EQ((*event)->event, "e");
  EXPECT_EQ((*event)->args, "1");
  EXPECT_THAT(*(*event)->rooms, ElementsAre("r"));
  EXPECT_EQ((*event)->attachments, nullptr);
}

TEST_F(EventBuilderTest, AddsALineAsLastArgument) {
  EventBuilder builder(common_);
  const auto json = builder.with_line("{\"a\":2}", 7);
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ((*json)->args, R"(1,{"a":2})");
  EXPECT_EQ((*json)->line, 7U);
  EXPECT_EQ((*builder.with_line("", 8))->args, R"(1,"")");
  EXPECT_FALSE(builder.with_line("{oops", 9).has_value());
  common_.mode = ArgumentMode::string;
  common_.args.clear();
  EXPECT_EQ((*EventBuilder(common_).with_line("{oops \"$x\" \\", 1))->args, R"("{oops \"$x\" \\")");
}

TEST_F(EventBuilderTest, TurnsBinaryIntoAttachments) {
  common_.args = R"({"a":[{"$binary":"aGk="}]})";
  EventBuilder builder(common_);
  const auto event = builder.with_line("{\"\\u0024binary\":\"eHk=\"}", 1);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ((*event)->args,
            R"({"a":[{"_placeholder":true,"num":0}]},{"_placeholder":true,"num":1})");
  ASSERT_NE((*event)->attachments, nullptr);
  EXPECT_THAT(*(*event)->attachments, ElementsAre("hi", "xy"));
  const auto next = builder.with_line("2", 2);
  EXPECT_THAT(*(*next)->attachments, ElementsAre("hi"));
}

TEST_F(EventBuilderTest, LetsARecordSpeakForItself) {
  EventBuilder builder(common_);
  const auto full = builder.from_record(
      record(R"({"event":"x","args":[1,2],"ns":"/m","rooms":["s"],"id":"#a1b2-7"})"), "k3f9", 3);
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ((*full)->ns, "/m");
  EXPECT_EQ((*full)->event, "x");
  EXPECT_EQ((*full)->args, "1,2");
  EXPECT_THAT(*(*full)->rooms, ElementsAre("s"));
  EXPECT_EQ((*full)->key, "#a1b2-7");
  const auto bare = builder.from_record(record(R"({"event":"x"})"), "k3f9", 4);
  EXPECT_EQ((*bare)->ns, "/n");
  EXPECT_EQ((*bare)->args, "");
  EXPECT_THAT(*(*bare)->rooms, ElementsAre("r"));
}

TEST_F(EventBuilderTest, TakesNoKeyFromARecordOfTheSameStore) {
  EventBuilder builder(common_);
  const auto same = builder.from_record(record(R"({"event":"x","id":"#k3f9-7"})"), "k3f9", 1);
  EXPECT_EQ((*same)->key, "");
  EXPECT_EQ((*builder.from_record(record(R"({"event":"x","id":"#7"})"), "k3f9", 1))->key, "");
}

TEST_F(EventBuilderTest, RefusesNamesThatCannotBe) {
  EventBuilder builder(common_);
  const Status reserved = check_event_name("disconnect");
  ASSERT_FALSE(reserved.has_value());
  EXPECT_THAT(reserved.error().message, HasSubstr("reserves"));
  EXPECT_FALSE(builder.from_record(record(R"({"event":"x","rooms":[""]})"), "", 1).has_value());
  EXPECT_FALSE(check_event_name(std::string(5000, 'x')).has_value());
  EXPECT_FALSE(check_room_name(std::string(1000, 'x')).has_value());
  EXPECT_FALSE(check_namespace_name("/a,b").has_value());
  EXPECT_FALSE(check_namespace_name("/" + std::string(1000, 'x')).has_value());
}

}  // namespace
}  // namespace sio::cli
