#include "cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ConfigFile parsed(std::string_view text) {
  auto file = parse_config(text, "f");
  EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().message);
  return file ? std::move(*file) : ConfigFile{};
}

void expect_complaint(std::string_view text, const std::string& what) {
  const auto file = parse_config(text, "/etc/sio config");
  ASSERT_FALSE(file.has_value()) << text;
  EXPECT_THAT(file.error().message, HasSubstr(what)) << text;
  EXPECT_EQ(file.error().code, Errc::usage);
}

TEST(ConfigFile, TakesTheRestOfALineAsTheValue) {
  const ConfigFile file = parsed("header X-Team:  a # b = [c]\t \r\n");
  ASSERT_THAT(file.common, SizeIs(1));
  EXPECT_EQ(file.common[0].option, "header");
  EXPECT_EQ(file.common[0].value, "X-Team:  a # b = [c]");
}

TEST(ConfigFile, TakesALineWithoutValue) {
  const ConfigFile file = parsed("  no-reconnect  ");
  ASSERT_THAT(file.common, SizeIs(1));
  EXPECT_EQ(file.common[0].option, "no-reconnect");
  EXPECT_EQ(file.common[0].value, "");
}

TEST(ConfigFile, PassesOverCommentsAndEmptyLines) {
  EXPECT_THAT(parsed("").common, IsEmpty());
  EXPECT_THAT(parsed("\n# one\n\t# two\r\n   \n#").common, IsEmpty());
}

TEST(ConfigFile, KeepsTheLinesOfEachProfile) {
  const ConfigFile file = parsed("quiet\n[prod]\nserver h:1\n\n[ test-2.x ]\nserver h:2\nquiet no");
  EXPECT_THAT(file.common, SizeIs(1));
  ASSERT_NE(file.find("prod"), nullptr);
  EXPECT_EQ(file.find("prod")->lines[0].value, "h:1");
  ASSERT_NE(file.find("test-2.x"), nullptr);
  EXPECT_THAT(file.find("test-2.x")->lines, SizeIs(2));
  EXPECT_EQ(file.find("test-2.x")->lines[1].number, 7U);
  EXPECT_EQ(file.find("pro"), nullptr);
}

TEST(ConfigFile, SaysWhichLineIsWrong) {
  expect_complaint("quiet\n\n--server x", "/etc/sio config:3: --server: name the long option");
  expect_complaint("-s x", "without dashes");
  expect_complaint("server=http://x", "server: write a blank, not `=`");
  expect_complaint("server: http://x", "server: write a blank, not `:`");
  expect_complaint("\xc3\xa9 x", "expected the long name of an option");
  expect_complaint("server \x1b[31m", "a control character");
  expect_complaint(std::string_view("server a\0b", 10), "a control character");
}

TEST(ConfigFile, RefusesProfilesThatCannotBeNamed) {
  for (const char* text : {"[", "[]", "[a", "[a] b", "[a b]", "[@a]", "[a]]"})
    expect_complaint(text, "expected [NAME]");
  expect_complaint("[" + std::string(65, 'a') + "]", "expected [NAME]");
  expect_complaint("[a]\n[b]\n[a]", ":3: profile a was opened in line 1");
}

}  // namespace
}  // namespace sio::cli
