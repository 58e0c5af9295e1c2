#include "server/admin_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Type = AdminCommand::Type;

AdminCommand parsed(std::string_view event, std::string_view args) {
  auto command = parse_admin_command(event, args);
  EXPECT_TRUE(command) << (command ? "" : command.error().message);
  return command ? std::move(*command) : AdminCommand();
}
std::string complaint(std::string_view event, std::string_view args) {
  const auto command = parse_admin_command(event, args);
  return command ? "(none)" : command.error().message;
}

TEST(AdminCommand, SendsAnEventAsItWasWritten) {
  const AdminCommand command =
      parsed("emit",
             R"("/shop", "r", "n\u0065ws" , 12345678901234567890, {"_placeholder":true,"num":0} )");
  EXPECT_EQ(command.type, Type::emit);
  EXPECT_EQ(command.ns, "/shop");
  EXPECT_EQ(command.filter, "r");
  EXPECT_EQ(command.event, "news");
  EXPECT_EQ(command.items, R"("n\u0065ws",12345678901234567890, {"_placeholder":true,"num":0})");
  EXPECT_EQ(command.args(), R"(12345678901234567890, {"_placeholder":true,"num":0})");
  EXPECT_EQ(parsed("emit", R"("/",null,"x")").items, R"("x")");
  EXPECT_EQ(parsed("emit", R"("/",null,"x")").args(), "");
}

TEST(AdminCommand, TakesOneRoomOrSeveral) {
  EXPECT_THAT(parsed("join", R"("/","a","sid")").rooms, ElementsAre("a"));
  EXPECT_THAT(parsed("leave", R"("/",["a","b"])").rooms, ElementsAre("a", "b"));
  EXPECT_EQ(parsed("leave", R"("/",["a","b"])").type, Type::leave);
}

TEST(AdminCommand, KeepsNamesThatHaveNoUtf8) {
  EXPECT_THAT(parsed("join", R"("/","\ud800")").rooms, ElementsAre("\xED\xA0\x80"));
}

TEST(AdminCommand, MeansEverybodyWithoutAFilter) {
  for (const char* args : {R"("/",true,"")", R"("/",true,null)", R"("/",true)"}) {
    const AdminCommand command = parsed("_disconnect", args);
    EXPECT_EQ(command.filter, "") << args;
    EXPECT_TRUE(command.close);
  }
  EXPECT_FALSE(parsed("_disconnect", R"("/",false,"x")").close);
  EXPECT_FALSE(parsed("_disconnect", R"("/")").close);
}

TEST(AdminCommand, SaysWhichArgumentMakesNoSense) {
  EXPECT_THAT(complaint("emit", ""), HasSubstr("namespace"));
  EXPECT_THAT(complaint("emit", R"("shop",null,"x")"), HasSubstr("begins with /"));
  EXPECT_THAT(complaint("emit", "\"/" + std::string(600, 'x') + "\",null,\"x\""),
              HasSubstr("namespace"));
  EXPECT_THAT(complaint("emit", R"("/",{},"x")"), HasSubstr("filter"));
  EXPECT_THAT(complaint("emit", R"("/",null)"), HasSubstr("event"));
  EXPECT_THAT(complaint("emit", R"("/",null,7)"), HasSubstr("event"));
  EXPECT_THAT(complaint("emit", R"("/",null,"disconnect")"), HasSubstr("reserved"));
  EXPECT_THAT(complaint("join", R"("/")"), HasSubstr("room"));
  EXPECT_THAT(complaint("join", R"("/",["a",1])"), HasSubstr("room"));
  EXPECT_THAT(complaint("leave", R"("/","a",7)"), HasSubstr("filter"));
  EXPECT_THAT(complaint("_disconnect", R"("/","yes")"), HasSubstr("true or false"));
  std::string many = "\"/\",[\"r\"";
  for (int i = 0; i < 1000; ++i) many += ",\"r\"";
  EXPECT_THAT(complaint("join", many + "]"), HasSubstr("more than 1000"));
  EXPECT_EQ(parse_admin_command("other", "").error().code, Errc::not_found);
}

}  // namespace
}  // namespace sio::server
