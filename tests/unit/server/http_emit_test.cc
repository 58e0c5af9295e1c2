#include "server/http_emit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<PostedEvent> posted(std::string_view type, std::string body,
                                EmitQuery query = {.event = "e"}) {
  auto events = parse_posted(query, type, std::move(body));
  EXPECT_TRUE(events) << events.error().message;
  return events ? std::move(*events) : std::vector<PostedEvent>();
}
std::string items(std::string_view type, std::string body) {
  return posted(type, std::move(body)).at(0).items;
}
std::string complaint(std::string_view type, std::string body,
                      const EmitQuery& query = {.event = "e"}) {
  const auto events = parse_posted(query, type, std::move(body));
  return events ? "(none)" : events.error().message;
}

TEST(HttpEmit, TakesABodyForOneArgument) {
  EXPECT_EQ(items("application/json", R"({"a":9007199254740993})"),
            R"("e",{"a":9007199254740993})");
  EXPECT_EQ(items("application/json; charset=utf-8", ""), R"("e")");
  EXPECT_EQ(items("Text/Plain;charset=utf-8", "a\"b\n"), R"("e","a\"b\n")");
  EXPECT_EQ(items("image/png", ""), R"("e")");
}

TEST(HttpEmit, TakesOtherBodiesForBytes) {
  const auto events = posted("image/png", std::string("\0\xff", 2));
  EXPECT_EQ(events[0].items, R"("e",{"_placeholder":true,"num":0})");
  EXPECT_THAT(events[0].attachments, ElementsAre(std::string("\0\xff", 2)));
  EXPECT_EQ(posted("application/json", R"({"$binary":"aGk="})")[0].attachments,
            std::vector<std::string>{"hi"});
}

TEST(HttpEmit, ReadsRecordsAsListenPrintsThem) {
  const auto events = posted("application/x-ndjson",
                             "{\"type\":\"connect\",\"sid\":\"x\"}\n"
                             "{\"type\":\"event\",\"event\":\"a\",\"args\":[ 1 , {\"b\":2} "
                             "],\"ns\":\"/n\",\"rooms\":[\"r\"],"
                             "\"id\":\"#k-1\",\"more\":0}\r\n\n"
                             "{\"event\":\"b\",\"args\":[ ]}\n{}",
                             {.event = "c", .rooms = {"q"}, .key = "k"});
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].event, "a");
  EXPECT_EQ(events[0].ns, "/n");
  EXPECT_THAT(events[0].rooms, ElementsAre("r"));
  EXPECT_EQ(events[0].id, "#k-1");
  EXPECT_EQ(events[0].items.substr(0, 4), "\"a\",");
  EXPECT_EQ(events[1].items, "\"b\"");
  EXPECT_EQ(events[1].key, "k:4");
  EXPECT_EQ(events[2].event, "c");
  EXPECT_THAT(events[2].rooms, ElementsAre("q"));
}

TEST(HttpEmit, SaysWhatIsWrongAndWhere) {
  constexpr std::string_view kRecords = "application/x-ndjson";
  EXPECT_THAT(complaint("application/json", "{"), HasSubstr("the body: byte"));
  EXPECT_THAT(complaint("text/plain", "\xff"), HasSubstr("not UTF-8"));
  EXPECT_THAT(complaint("text/plain", "x", {}), HasSubstr("which event?"));
  EXPECT_THAT(complaint(kRecords, "{}\n{\"args\":1}"), HasSubstr("line 2: \"args\""));
  EXPECT_THAT(complaint(kRecords, "{}", {}), HasSubstr("line 1: \"event\" is missing"));
  EXPECT_THAT(complaint(kRecords, "[]"), HasSubstr("line 1: expected a JSON object"));
  EXPECT_THAT(complaint(kRecords, R"({"rooms":["a",1]})"), HasSubstr("\"rooms\""));
  EXPECT_THAT(complaint(kRecords, R"({"ns":"n"})"), HasSubstr("\"ns\""));
  EXPECT_THAT(complaint(kRecords, R"({"event":"connect"})"), HasSubstr("reserved"));
  EXPECT_THAT(complaint(kRecords, R"({"args":[{"$binary":"?"}]})"), HasSubstr("line 1"));
  std::string many;
  for (std::size_t i = 0; i <= kMaxPostedEvents; ++i) many += "{}\n";
  EXPECT_THAT(complaint(kRecords, many), HasSubstr("more than 10000 records"));
}

}  // namespace
}  // namespace sio::server
