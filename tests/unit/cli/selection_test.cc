#include "cli/selection.h"

#include <gmock/gmock.h>

namespace sio::cli {
namespace {

using Kind = proto::Position::Kind;

proto::Position at(std::string_view text) {
  return *proto::parse_position(text);
}

TEST(Selection, TakesEverythingUnlessToldOtherwise) {
  const Selection all;
  EXPECT_TRUE(all.names_match("/any", "event"));
  EXPECT_TRUE(all.is_between("", 0));
  EXPECT_TRUE(all.wants({.event = "e", .rooms = {"room"}}, 5));
}

TEST(Selection, ChoosesByNamespaceAndEvent) {
  const Selection some{.namespaces = {"/", "/chat"}, .events = {"order.*"}};
  EXPECT_TRUE(some.names_match("/chat", "order.new"));
  EXPECT_FALSE(some.names_match("/admin", "order.new"));
  EXPECT_FALSE(some.names_match("/", "bill"));
  EXPECT_TRUE(some.wants({.event = "order.new"}, 0));
}

TEST(Selection, BeginsBehindARecordAndEndsWithOne) {
  const Selection some{.since = at("#k3f9-10"), .until = at("#12")};
  EXPECT_FALSE(some.is_between("#k3f9-10", 0));
  EXPECT_TRUE(some.is_between("#k3f9-11", 0));
  EXPECT_TRUE(some.is_between("#k3f9-12", 0));
  EXPECT_FALSE(some.is_between("#k3f9-13", 0));
}

TEST(Selection, LeavesOutWhatCannotBeComparedWithARecord) {
  const Selection some{.since = at("#k3f9-10")};
  EXPECT_FALSE(some.is_between("#abcd-11", 0));
  EXPECT_FALSE(some.is_between("", 0));
}

TEST(Selection, IncludesBothEndsOfATime) {
  const Selection some{.since = at("1000"), .until = at("2000")};
  EXPECT_FALSE(some.is_between("", 999));
  EXPECT_TRUE(some.is_between("", 1000));
  EXPECT_TRUE(some.is_between("", 2000));
  EXPECT_FALSE(some.is_between("", 2001));
}

TEST(Selection, HasNothingFromNowOn) {
  const Selection none{.since = {.kind = Kind::now}};
  EXPECT_FALSE(none.is_between("#k3f9-10", 1000));
}

TEST(Selection, AddsRoomsToWhatGoesToAll) {
  const Selection some{.rooms = {"shop"}};
  EXPECT_TRUE(some.wants({.event = "e"}, 0));
  EXPECT_TRUE(some.wants({.event = "e", .rooms = {"kitchen", "shop"}}, 0));
  EXPECT_FALSE(some.wants({.event = "e", .rooms = {"kitchen"}}, 0));
}

}  // namespace
}  // namespace sio::cli
