#include "server/door_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kNow = 1'769'868'306'123;

std::string complaint_of_emit(std::string_view target) {
  const auto query = parse_emit_target(target);
  return query ? "(none)" : query.error().message;
}
std::string complaint_of_events(std::string_view target, std::string_view id = "") {
  const auto query = parse_events_target(target, id, kNow);
  return query ? "(none)" : query.error().message;
}

TEST(DoorRequest, ReadsWhereAnEventGoes) {
  const auto query = parse_emit_target(
      "/sio/emit/dish%20of%2Fday?room=a&room=b%26c&except=d&ns=chat&id=k&volatile=1");
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_EQ(query->event, "dish of/day");
  EXPECT_EQ(query->ns, "/chat");
  EXPECT_THAT(query->rooms, ElementsAre("a", "b&c"));
  EXPECT_THAT(query->except, ElementsAre("d"));
  EXPECT_EQ(query->key, "k");
  EXPECT_TRUE(query->is_volatile);
  EXPECT_EQ(parse_emit_target("/sio/emit")->event, "");
  EXPECT_EQ(parse_emit_target("/sio/emit/")->event, "");
}

TEST(DoorRequest, RefusesEventsThatCannotBe) {
  EXPECT_THAT(complaint_of_emit("/sio/emit/disconnect"), HasSubstr("reserved"));
  EXPECT_THAT(complaint_of_emit("/sio/emit/sio:x"), HasSubstr("reserved"));
  EXPECT_THAT(complaint_of_emit("/sio/emit/%ff"), HasSubstr("not UTF-8"));
  EXPECT_THAT(complaint_of_emit("/sio/emit/" + std::string(5000, 'x')), HasSubstr("bytes"));
}

TEST(DoorRequest, RefusesParametersThatNobodyKnows) {
  EXPECT_THAT(complaint_of_emit("/sio/emit/x?rom=a"), HasSubstr("unknown parameter rom"));
  EXPECT_THAT(complaint_of_emit("/sio/emit/x?room="), HasSubstr("room: expected 1 to"));
  EXPECT_THAT(complaint_of_emit("/sio/emit/x?volatile=yes"), HasSubstr("volatile=yes"));
  EXPECT_THAT(complaint_of_emit("/sio/emit/x?ns=/a,b"), HasSubstr("ns=/a,b"));
  EXPECT_THAT(complaint_of_events("/sio/events?follow=1"), HasSubstr("unknown parameter follow"));
  EXPECT_THAT(complaint_of_events("/sio/events?tail=-1"), HasSubstr("tail=-1"));
  EXPECT_THAT(complaint_of_events("/sio/events?since=soon"), HasSubstr("since=soon"));
  EXPECT_THAT(complaint_of_events("/sio/events", "what"), HasSubstr("Last-Event-ID"));
}

TEST(DoorRequest, ReadsWhatAStreamShows) {
  const auto query = parse_events_target(
      "/sio/events?event=a.*&event=b&room=r&since=%23k3f9-7&tail=3&poll=1", "", kNow);
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_TRUE(query->poll && query->hello.meta);
  EXPECT_THAT(query->hello.events, ElementsAre("a.*", "b"));
  EXPECT_THAT(query->hello.rooms, ElementsAre("r"));
  EXPECT_EQ(query->hello.since, "#k3f9-7");
  EXPECT_EQ(query->hello.tail, 3U);
  EXPECT_EQ(query->hello.until, "now");
}

TEST(DoorRequest, GoesOnWhereABrowserWas) {
  const auto query = parse_events_target("/sio/events?since=all&tail=3", "#k3f9-7", kNow);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->hello.since, "#k3f9-7");
  EXPECT_FALSE(query->hello.tail);
}

TEST(DoorRequest, UnderstandsTimes) {
  EXPECT_EQ(parse_since("all", kNow), "all");
  EXPECT_EQ(parse_since("now", kNow), "now");
  EXPECT_EQ(parse_since("10m", kNow), std::to_string(kNow - 600'000));
  EXPECT_EQ(parse_since("2d", kNow), std::to_string(kNow - 2 * 86'400'000));
  EXPECT_EQ(parse_since("k3f9-7", kNow), "#k3f9-7");
  EXPECT_EQ(parse_since("2026-01-31T14:05:06Z", kNow), "2026-01-31T14:05:06Z");
  EXPECT_EQ(parse_since("1769868306123", kNow), "1769868306123");
  EXPECT_EQ(parse_since("4000000000d", kNow), std::nullopt);
  EXPECT_EQ(parse_since("99999d", kNow), std::nullopt);
  EXPECT_EQ(parse_since("m", kNow), std::nullopt);
  EXPECT_EQ(parse_since("", kNow), std::nullopt);
}

}  // namespace
}  // namespace sio::server
