#include "cli/event_match.h"

#include <gmock/gmock.h>

namespace sio::cli {
namespace {

EventMatch match(std::initializer_list<const char*> conditions) {
  EventMatch all;
  for (const char* const condition : conditions) EXPECT_TRUE(all.add(condition)) << condition;
  return all;
}

TEST(EventMatch, ComparesStringsAsTheyAre) {
  EXPECT_TRUE(match({"0.status=done"}).matches(R"({"status":"done"})"));
  EXPECT_FALSE(match({"0.status=done"}).matches(R"({"status":"open"})"));
}

TEST(EventMatch, TakesGlobs) {
  EXPECT_TRUE(match({"0=order-*"}).matches(R"("order-17")"));
  EXPECT_FALSE(match({"0=order-*"}).matches(R"("17")"));
}

TEST(EventMatch, ComparesOtherValuesAsJson) {
  EXPECT_TRUE(match({"0.n=7"}).matches(R"({"n":7})"));
  EXPECT_TRUE(match({"0.ok=true"}).matches(R"({"ok":true})"));
  EXPECT_FALSE(match({"0.n=7"}).matches(R"({"n":70})"));
}

TEST(EventMatch, WantsAllConditionsMet) {
  const EventMatch both = match({"0.a=1", "0.b=2"});
  EXPECT_TRUE(both.matches(R"({"a":1,"b":2})"));
  EXPECT_FALSE(both.matches(R"({"a":1,"b":3})"));
}

TEST(EventMatch, IsNotMetWhereThereIsNoValue) {
  EXPECT_FALSE(match({"0.a=*"}).matches("{}"));
  EXPECT_FALSE(match({"0=*"}).matches(""));
}

TEST(EventMatch, KeepsEverythingBehindTheFirstEqualsSign) {
  EXPECT_TRUE(match({"0=a=b"}).matches(R"("a=b")"));
}

TEST(EventMatch, RefusesWhatIsNoCondition) {
  EventMatch all;
  EXPECT_FALSE(all.add("0.status"));
  EXPECT_FALSE(all.add("=x"));
  EXPECT_FALSE(all.add("status=x"));
  EXPECT_FALSE(all.add("0=" + std::string(513, 'a')));
}

}  // namespace
}  // namespace sio::cli
