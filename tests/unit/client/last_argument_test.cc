#include "client/last_argument.h"

#include <gtest/gtest.h>

#include <string>

#include "support/random_json.h"

namespace sio::client {
namespace {

void expect_split(std::string_view args, std::string_view before, std::string_view last) {
  const LastArgument cut = split_last_argument(args);
  EXPECT_EQ(cut.before, before) << args;
  EXPECT_EQ(cut.last, last) << args;
}

TEST(LastArgument, IsCutOffBehindTheLastComma) {
  expect_split(R"(1,"a",{"b":[1,2]})", R"(1,"a")", R"({"b":[1,2]})");
  expect_split(R"({"a":1},"offset")", R"({"a":1})", R"("offset")");
}

TEST(LastArgument, MayBeTheOnlyOne) {
  expect_split("17", "", "17");
  expect_split(R"({"a":[1,{"b":","}]})", "", R"({"a":[1,{"b":","}]})");
  expect_split("", "", "");
}

TEST(LastArgument, IsNotFooledByWhatStandsInStrings) {
  expect_split(R"("x,\"y",2)", R"("x,\"y")", "2");
  expect_split(R"(1,"]},\\")", "1", R"("]},\\")");
  expect_split(R"(1,"\\\",{[")", "1", R"("\\\",{[")");
  expect_split(R"(["a\\","b"],{"k,\"":","})", R"(["a\\","b"])", R"({"k,\"":","})");
}

TEST(LastArgument, HasNoSpaceAroundIt) {
  expect_split("1 , [ 2 ] ", "1", "[ 2 ]");
}

TEST(LastArgument, IsWhatTheLastElementOfTheArrayIs) {
  test::RandomJson random(7);
  for (int i = 0; i < 5000; ++i) {
    const std::string front = random.values(3);
    const std::string last = random.value(3);
    const std::string args = front.empty() ? last : front + "," + last;
    expect_split(args, front, last);
  }
}

}  // namespace
}  // namespace sio::client
