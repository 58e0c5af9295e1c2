#include "cli/payload.h"

#include <gtest/gtest.h>

namespace sio::cli {
namespace {

std::string appended(std::string_view text, ArgumentMode mode = ArgumentMode::json_or_string) {
  std::string args;
  const Status status = append_argument(args, text, mode);
  return status ? args : "! " + status.error().message;
}

TEST(Argument, IsJsonIfAllOfItIs) {
  EXPECT_EQ(appended(R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(appended("[1,2]"), "[1,2]");
  EXPECT_EQ(appended("\"text\""), "\"text\"");
  EXPECT_EQ(appended("12345678901234567890"), "12345678901234567890");
  EXPECT_EQ(appended("true"), "true");
  EXPECT_EQ(appended("null"), "null");
  EXPECT_EQ(appended(R"("\ud800")"), R"("\ud800")");
  EXPECT_EQ(appended(R"({"$binary":"AA=="})"), R"({"$binary":"AA=="})");
  EXPECT_EQ(appended(" 7\n"), "7");
}

TEST(Argument, IsAStringOtherwise) {
  EXPECT_EQ(appended("hello"), "\"hello\"");
  EXPECT_EQ(appended(""), "\"\"");
  EXPECT_EQ(appended("1 2"), "\"1 2\"");
  EXPECT_EQ(appended("007"), "\"007\"");
  EXPECT_EQ(appended("say \"hi\"\n"), R"("say \"hi\"\n")");
  EXPECT_EQ(appended("nullify"), "\"nullify\"");
  EXPECT_EQ(appended("$(touch /x)"), "\"$(touch /x)\"");
}

TEST(Argument, IsNeverSilentlyAStringWhenItBeginsLikeJson) {
  EXPECT_EQ(
      appended("{a:1}"),
      "! {a:1} is not JSON: byte 2: expected a member name in quotes (with -S it is a string)");
  EXPECT_EQ(
      appended("[1,"),
      "! [1, is not JSON: byte 4: expected a value, but the text ends (with -S it is a string)");
  EXPECT_EQ(
      appended("\"half"),
      "! \"half is not JSON: byte 6: expected the closing quote of a string, but the text ends "
      "(with -S it is a string)");
  std::string args;
  const Status status = append_argument(args, "{", ArgumentMode::json_or_string);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::usage);
  EXPECT_EQ(args, "");
}

TEST(Argument, IsShownOnlyInPart) {
  EXPECT_EQ(appended("{" + std::string(37, 'x') + "éé" + std::string(1000, 'y')),
            "! {" + std::string(37, 'x') +
                "é… is not JSON: byte 2: expected a member name in quotes "
                "(with -S it is a string)");
}

TEST(Argument, IsAlwaysAStringWhenAsked) {
  EXPECT_EQ(appended("{a:1}", ArgumentMode::string), "\"{a:1}\"");
  EXPECT_EQ(appended("7", ArgumentMode::string), "\"7\"");
  EXPECT_EQ(appended("\"x\"", ArgumentMode::string), R"("\"x\"")");
}

TEST(Argument, IsJoinedToTheOthers) {
  std::string args;
  ASSERT_TRUE(append_argument(args, "1", ArgumentMode::json_or_string));
  ASSERT_TRUE(append_argument(args, "two", ArgumentMode::json_or_string));
  append_binary_argument(args, std::string_view("\0\1", 2));
  EXPECT_EQ(args, R"(1,"two",{"$binary":"AAE="})");
}

TEST(Argument, SaysWhenBytesHadToBeReplaced) {
  std::string args;
  bool replaced = false;
  ASSERT_TRUE(append_argument(args, "caf\xe9", ArgumentMode::string, &replaced));
  EXPECT_TRUE(replaced);
  EXPECT_EQ(args, "\"caf\uFFFD\"");
}

}  // namespace
}  // namespace sio::cli
