#include "server/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/record_filter.h"

namespace sio::server {
namespace {

using testing::HasSubstr;

std::unique_ptr<Access> access_to(std::string_view ns, std::vector<Grant> grants) {
  return Access::in(ns, grants);
}
std::string complaint(const Status& status) {
  return status ? "(none)" : status.error().message;
}

TEST(Access, LeadsOnlyIntoGrantedNamespaces) {
  EXPECT_EQ(access_to("/b", {{"/a", "*", true, true}}), nullptr);
  EXPECT_NE(access_to("/b", {{"/a", "*", true, true}, {"/b*", "*", true, true}}), nullptr);
  EXPECT_EQ(access_to("/", {}), nullptr);
}

TEST(Access, CountsEachGrantByItself) {
  const auto access = access_to("/", {{"/", "in", true, false}, {"/", "out-*", false, true}});
  EXPECT_TRUE(access->reads("in"));
  EXPECT_FALSE(access->writes("in"));
  EXPECT_TRUE(access->writes("out-1"));
  EXPECT_FALSE(access->reads("out-1"));
  EXPECT_TRUE(access->reads());
  EXPECT_TRUE(access->writes());
  EXPECT_FALSE(access->reads_all());
  EXPECT_FALSE(access->writes_all());
}

TEST(Access, OnlyTheStarIncludesTheWholeNamespace) {
  EXPECT_TRUE(access_to("/", {{"/", "*", true, true}})->check_publish({}));
  EXPECT_THAT(complaint(access_to("/", {{"/", "**", true, true}})->check_publish({})),
              HasSubstr("rooms only"));
  EXPECT_THAT(complaint(access_to("/", {{"/", "*", true, false}})->check_publish({})),
              HasSubstr("may not publish here"));
}

TEST(Access, ChecksEveryRoomOfAnEvent) {
  const auto access = access_to("/", {{"/", "a*", true, true}});
  const std::vector<std::string_view> good{"a", "ab"};
  const std::vector<std::string_view> bad{"a", "b"};
  EXPECT_TRUE(access->check_publish(good));
  EXPECT_EQ(complaint(access->check_publish(bad)), "this token may not publish to room b");
}

TEST(Access, LetsWritersAskForNothingToRead) {
  const auto writer = access_to("/", {{"/", "*", false, true}});
  EXPECT_TRUE(writer->check("/", {}, nullptr));
  proto::Hello hello;
  hello.publisher = "p";
  hello.meta = true;
  EXPECT_TRUE(writer->check("/", hello, nullptr));
  EXPECT_FALSE(writer->check("/", {.rooms = {"a"}}, nullptr));
  EXPECT_FALSE(writer->check("/", {.since = "all"}, nullptr));
  EXPECT_FALSE(writer->check("/", {.tail = 1}, nullptr));
  EXPECT_FALSE(writer->check("/", {.group = "g"}, nullptr));
  EXPECT_FALSE(writer->check("/", {.inspect = "g"}, nullptr));
}

TEST(Access, AsksForEverythingBeforeSomebodyAnswersOrReadsAllRooms) {
  proto::Hello answers;
  answers.respond = {"*"};
  proto::Hello everything;
  everything.all_rooms = true;
  const auto boss = access_to("/", {{"*", "*", true, true}});
  EXPECT_TRUE(boss->check("/", answers, nullptr));
  EXPECT_TRUE(boss->check("/", everything, nullptr));
  const auto reader = access_to("/", {{"*", "*", true, false}});
  EXPECT_FALSE(reader->check("/", answers, nullptr));
  EXPECT_TRUE(reader->check("/", everything, nullptr));
  const auto team = access_to("/", {{"*", "a*", true, true}});
  EXPECT_FALSE(team->check("/", answers, nullptr));
  EXPECT_FALSE(team->check("/", everything, nullptr));
}

TEST(Access, HoldsTheFilterOfAGroupAgainstTheGrants) {
  store::Groups groups;
  const RecordFilter filter("/", {}, {"secret"});
  ASSERT_TRUE(groups.create("g", {.filter = filter.encode()}, 1));
  const auto team = access_to("/", {{"*", "a*", true, true}});
  const auto boss = access_to("/", {{"*", "*", true, true}});
  EXPECT_TRUE(boss->check("/", {.group = "g"}, &groups));
  EXPECT_THAT(complaint(team->check("/", {.group = "g"}, &groups)), HasSubstr("room secret"));
  EXPECT_THAT(complaint(team->check("/", {.inspect = "g"}, &groups)), HasSubstr("room secret"));
  EXPECT_THAT(complaint(boss->check("/other", {.inspect = "g"}, &groups)),
              HasSubstr("another namespace"));
}

}  // namespace
}  // namespace sio::server
