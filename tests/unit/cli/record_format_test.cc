#include "cli/record_format.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace sio::cli {
namespace {

using testing::HasSubstr;

std::string formatted(std::string_view format) {
  static const std::vector<std::string> kRooms = {"shop", "a \"b\""};
  const EventRecord record{.time_ms = 1'769'868'306'123,
                           .ns = "/chat",
                           .event_json = R"("or\u0064er")",
                           .args = R"({"user":{"name":"Ada","age":36}},"two\nlines")",
                           .id = "#k3f9-1042",
                           .rooms = kRooms,
                           .from = "Xk3",
                           .delivery = 2,
                           .group = "workers"};
  std::string out;
  const auto parsed = RecordFormat::parse(format);
  if (!parsed) return "error: " + parsed.error().message;
  parsed->append(out, record);
  return out;
}

TEST(RecordFormat, PrintsFieldsAsText) {
  EXPECT_EQ(formatted("%{event} %{ns} %{id} %{time} %{from} %{group} %{delivery}"),
            "order /chat #k3f9-1042 2026-01-31T14:05:06.123Z Xk3 workers 2");
}

TEST(RecordFormat, PrintsArgumentsAndRoomsAsJson) {
  EXPECT_EQ(formatted("%{rooms}"), R"(["shop","a \"b\""])");
  EXPECT_EQ(formatted("%{args}"), R"([{"user":{"name":"Ada","age":36}},"two\nlines"])");
}

TEST(RecordFormat, PrintsValuesInsideTheArguments) {
  EXPECT_EQ(formatted("%{0.user.name} is %{0.user.age}: %{1}"), "Ada is 36: two\nlines");
  EXPECT_EQ(formatted("%{0.user}"), R"({"name":"Ada","age":36})");
  EXPECT_EQ(formatted("<%{7}%{0.nobody}>"), "<>");
}

TEST(RecordFormat, AddsNothingOfItsOwn) {
  EXPECT_EQ(formatted("%{id}"), "#k3f9-1042");
  EXPECT_EQ(formatted(""), "");
}

TEST(RecordFormat, KnowsEscapes) {
  EXPECT_EQ(formatted(R"(%%\n\t\r\\\0)"), std::string("%\n\t\r\\\0", 6));
}

TEST(RecordFormat, PrintsNothingForWhatIsNotKnown) {
  const EventRecord record{.event_json = "5", .args = ""};
  std::string out;
  RecordFormat::parse("%{event}|%{id}|%{from}|%{delivery}|%{args}|%{rooms}")
      .value()
      .append(out, record);
  EXPECT_EQ(out, "5||||[]|[]");
}

TEST(RecordFormat, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(formatted("%{evnt}"), HasSubstr("%{evnt}: expected event"));
  EXPECT_THAT(formatted("ab%{event"), HasSubstr("at byte 2"));
  EXPECT_THAT(formatted("100%"), HasSubstr("at byte 3"));
  EXPECT_THAT(formatted("a\\"), HasSubstr("at byte 1"));
  EXPECT_THAT(formatted("\\x"), HasSubstr("expected \\n"));
  EXPECT_THAT(formatted("%{0.}"), HasSubstr("empty"));
}

}  // namespace
}  // namespace sio::cli
