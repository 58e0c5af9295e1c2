#include "cli/command_environment.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace sio::cli {
namespace {

using testing::Contains;
using testing::Each;
using testing::Key;
using testing::Not;
using testing::Pair;

Environment of(std::string_view args) {
  static const std::vector<std::string> kRooms = {"shop"};
  return command_environment({.time_ms = 1'769'868'306'123,
                              .event_json = R"("order")",
                              .args = args,
                              .id = "#k3f9-1042",
                              .rooms = kRooms,
                              .from = "Xk3",
                              .delivery = 2,
                              .group = "workers"},
                             "http://127.0.0.1:3000");
}

TEST(CommandEnvironment, TellsWhatIsKnown) {
  const Environment all = of("1");
  EXPECT_THAT(all, Contains(Pair("SIO_EVENT", "order")));
  EXPECT_THAT(all, Contains(Pair("SIO_ID", "#k3f9-1042")));
  EXPECT_THAT(all, Contains(Pair("SIO_TIME", "2026-01-31T14:05:06.123Z")));
  EXPECT_THAT(all, Contains(Pair("SIO_NS", "/")));
  EXPECT_THAT(all, Contains(Pair("SIO_ROOMS", R"(["shop"])")));
  EXPECT_THAT(all, Contains(Pair("SIO_FROM", "Xk3")));
  EXPECT_THAT(all, Contains(Pair("SIO_DELIVERY", "2")));
  EXPECT_THAT(all, Contains(Pair("SIO_GROUP", "workers")));
  EXPECT_THAT(all, Contains(Pair("SIO_URL", "http://127.0.0.1:3000")));
}

TEST(CommandEnvironment, GivesStringsAsTheyAreAndOthersAsJson) {
  const Environment all = of(R"("$(touch x)\n", {"a":1}, 7)");
  EXPECT_THAT(all, Contains(Pair("SIO_0", "$(touch x)\n")));
  EXPECT_THAT(all, Contains(Pair("SIO_1", R"({"a":1})")));
  EXPECT_THAT(all, Contains(Pair("SIO_2", "7")));
  EXPECT_THAT(all, Not(Contains(Key("SIO_3"))));
  EXPECT_THAT(all, Contains(Pair("SIO_ARGS", R"(["$(touch x)\n", {"a":1}, 7])")));
}

TEST(CommandEnvironment, NumbersTenArguments) {
  const Environment all = of("0,1,2,3,4,5,6,7,8,9,10");
  EXPECT_THAT(all, Contains(Pair("SIO_9", "9")));
  EXPECT_THAT(all, Not(Contains(Key("SIO_10"))));
}

TEST(CommandEnvironment, LeavesOutWhatIsTooLong) {
  const std::string fits(kMaxEnvironmentValue, 'a');
  const Environment all = of("\"" + fits + "\",\"" + fits + "a\",3");
  EXPECT_THAT(all, Contains(Pair("SIO_0", fits)));
  EXPECT_THAT(all, Not(Contains(Key("SIO_1"))));
  EXPECT_THAT(all, Contains(Pair("SIO_2", "3")));
  EXPECT_THAT(all, Not(Contains(Key("SIO_ARGS"))));
}

TEST(CommandEnvironment, LeavesOutWhatNoEnvironmentCanHold) {
  EXPECT_THAT(of(R"("a\u0000b")"), Not(Contains(Key("SIO_0"))));
}

TEST(CommandEnvironment, LeavesOutWhatIsNotKnown) {
  const Environment all = command_environment({.event_json = "\"e\"", .args = ""}, "");
  for (const char* const name :
       {"SIO_ID", "SIO_FROM", "SIO_DELIVERY", "SIO_GROUP", "SIO_URL", "SIO_0"})
    EXPECT_THAT(all, Not(Contains(Key(name))));
}

TEST(CommandEnvironment, HasOnlyNamesThatItLists) {
  const std::vector<std::string> names = command_environment_names();
  for (const auto& [name, value] : of("0,1,2,3,4,5,6,7,8,9")) EXPECT_THAT(names, Contains(name));
}

}  // namespace
}  // namespace sio::cli
