#include "server/app_command.h"

#include <gmock/gmock.h>

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Type = AppCommand::Type;

TEST(AppCommand, ReadsAnEvent) {
  const auto command = parse_app_command(
      R"({"type":"event","event":"e","args":[1,{"a":"b"}],"to":["r",1],"except":"x"})");
  ASSERT_FALSE(command) << "a number is no room";
  EXPECT_THAT(command.error().message, HasSubstr("\"to\""));

  const auto good = parse_app_command(
      R"({"type":"event","event":"e","args":[1,{"a":"b"}],"to":["r","s"],"except":"x","ack":7,"ns":"/n","volatile":true,"more":1})");
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->type, Type::event);
  EXPECT_EQ(good->event, "e");
  EXPECT_EQ(good->args, R"(1,{"a":"b"})");
  EXPECT_THAT(good->to, ElementsAre("r", "s"));
  EXPECT_THAT(good->except, ElementsAre("x"));
  EXPECT_EQ(good->ack, 7u);
  EXPECT_EQ(good->ns, "/n");
  EXPECT_TRUE(good->is_volatile);
}

TEST(AppCommand, AnEventNeedsOnlyItsName) {
  const auto command = parse_app_command(R"( {"type":"event","event":"e"} )");
  ASSERT_TRUE(command) << command.error().message;
  EXPECT_EQ(command->args, "");
  EXPECT_EQ(command->ns, "/");
  EXPECT_TRUE(command->to.empty());
  EXPECT_FALSE(command->ack);
}

TEST(AppCommand, LiftsBinaryOutOfArguments) {
  const auto command =
      parse_app_command(R"({"type":"event","event":"e","args":[{"$binary":"AQID"}]})");
  ASSERT_TRUE(command) << command.error().message;
  EXPECT_EQ(command->args, R"({"_placeholder":true,"num":0})");
  EXPECT_THAT(command->attachments, ElementsAre("\x01\x02\x03"));
}

TEST(AppCommand, ReadsTheOthers) {
  EXPECT_EQ(parse_app_command(R"({"type":"ack","from":"S","ack":3,"args":[1]})")->sid, "S");
  EXPECT_THAT(parse_app_command(R"({"type":"join","sid":"S","rooms":"r"})")->rooms,
              ElementsAre("r"));
  EXPECT_EQ(parse_app_command(R"({"type":"leave","sid":"S","rooms":["r"]})")->type, Type::leave);
  EXPECT_TRUE(parse_app_command(R"({"type":"disconnect","sid":"S","close":true})")->close);
  EXPECT_EQ(parse_app_command(R"({"type":"accept","sid":"S"})")->type, Type::accept);
  const auto refuse =
      parse_app_command(R"({"type":"refuse","sid":"S","message":"no","data":{"code":1}})");
  EXPECT_EQ(refuse->message, "no");
  EXPECT_EQ(refuse->data, R"({"code":1})");
  EXPECT_TRUE(parse_app_command(R"({"type":"options","decide":true})")->decide);
}

struct Bad {
  const char* line;
  const char* says;
};
class BadCommandTest : public testing::TestWithParam<Bad> {};

TEST_P(BadCommandTest, SaysWhatIsWrong) {
  const auto command = parse_app_command(GetParam().line);
  ASSERT_FALSE(command);
  EXPECT_THAT(command.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BadCommandTest,
    testing::Values(Bad{"", "byte 1"}, Bad{"nonsense", "byte 1"}, Bad{"[]", "object"},
                    Bad{"{}", "\"type\""}, Bad{R"({"type":7})", "\"type\""},
                    Bad{R"({"type":"evnt"})", "evnt"}, Bad{R"({"type":"event"})", "\"event\""},
                    Bad{R"({"type":"event","event":"connect"})", "reserved"},
                    Bad{R"({"type":"event","event":"e","args":1})", "\"args\""},
                    Bad{R"({"type":"event","event":"e","args":[{"$binary":"*"}]})", "\"args\""},
                    Bad{R"({"type":"event","event":"e","ack":-1})", "\"ack\""},
                    Bad{R"({"type":"event","event":"e","ack":1.5})", "\"ack\""},
                    Bad{R"({"type":"event","event":"e","volatile":1})", "\"volatile\""},
                    Bad{R"({"type":"ack","from":"S"})", "\"ack\""},
                    Bad{R"({"type":"ack","ack":1})", "\"from\""},
                    Bad{R"({"type":"join","sid":"S"})", "\"rooms\""},
                    Bad{R"({"type":"join","rooms":["r"]})", "\"sid\""},
                    Bad{R"({"type":"disconnect"})", "\"sid\""}));

}  // namespace
}  // namespace sio::server
