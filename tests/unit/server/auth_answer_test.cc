#include "server/auth_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Grant> granted(std::string_view output) {
  const auto grants = parse_granted(output);
  EXPECT_TRUE(grants) << grants.error().message;
  return grants.value_or(std::vector<Grant>());
}
std::string complaint(std::string_view output) {
  const auto grants = parse_granted(output);
  return grants ? "(none)" : grants.error().message;
}

TEST(AuthAnswer, GrantsEverythingWhenNothingIsSaid) {
  EXPECT_THAT(granted(""), ElementsAre(Grant()));
  EXPECT_THAT(granted(" \n"), ElementsAre(Grant()));
  EXPECT_THAT(granted("{}\n"), ElementsAre(Grant()));
}

TEST(AuthAnswer, CrossesNamespacesWithRooms) {
  EXPECT_THAT(granted(R"({"ns":["/a","/b"],"rooms":"x*","mode":"r"})"),
              ElementsAre(Grant{"/a", "x*", true, false}, Grant{"/b", "x*", true, false}));
  EXPECT_THAT(granted(R"({"rooms":[]})"), ElementsAre());
}

TEST(AuthAnswer, GrantsNothingWhenItMakesNoSense) {
  EXPECT_THAT(complaint("yes"), HasSubstr("byte"));
  EXPECT_THAT(complaint("true"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(complaint(R"({"room":"x"})"), HasSubstr("no such member: \"room\""));
  EXPECT_THAT(complaint(R"({"rooms":[1]})"), HasSubstr("\"rooms\": expected"));
  EXPECT_THAT(complaint(R"({"mode":"x"})"), HasSubstr("\"mode\": expected"));
  EXPECT_THAT(complaint(R"({"ns":")" + std::string(600, 'x') + "\"}"), HasSubstr("shorter"));
}

TEST(AuthAnswer, PassesOnWhyAClientIsRefused) {
  const AuthRefusal refusal = parse_refused(R"({"message":"banned","data":{"until":1}})");
  EXPECT_EQ(refusal.message, "banned");
  EXPECT_EQ(refusal.data, R"({"until":1})");
  EXPECT_EQ(parse_refused("").message, "refused");
  EXPECT_EQ(parse_refused("no, because").message, "refused");
  EXPECT_EQ(parse_refused(R"({"message":5})").message, "refused");
}

}  // namespace
}  // namespace sio::server
