#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    setenv("SIO_CONFIG", "", 1);  // nobody's preferences
    unsetenv("SIO_URL");
  }
  // Nothing: go on.
  std::optional<int> parse(const Arguments& arguments) {
    line_.emplace("test", "usage: sio test");
    line_->flag("-l,--lines", lines_, "a flag");
    line_->counter("-v,--verbose", verbose_, "counts");
    line_->option("-r,--room", "ROOM", rooms_, "repeatable");
    line_->option("-s,--server", "URL", server_, "the last one counts");
    line_->duration("-W,--timeout", timeout_, "a duration");
    line_->count("-c,--count", "N", count_, "a number");
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const auto status = line_->parse(arguments);
    stdout_ = testing::internal::GetCapturedStdout();
    stderr_ = testing::internal::GetCapturedStderr();
    return status;
  }
  void expect_complaint(const Arguments& arguments, const std::string& part) {
    EXPECT_EQ(parse(arguments), 2);
    EXPECT_THAT(stderr_, HasSubstr(part));
    EXPECT_THAT(stderr_, HasSubstr("sio test: "));
  }

  std::optional<CommandLine> line_;
  bool lines_ = false;
  int verbose_ = 0;
  std::vector<std::string> rooms_;
  std::string server_;
  std::optional<Duration> timeout_;
  std::optional<std::uint64_t> count_;
  std::string stdout_;
  std::string stderr_;
};

TEST_F(CommandLineTest, TakesOptionsBehindOperands) {
  EXPECT_EQ(parse({"a", "-l", "b", "-r", "x", "c", "--room=y", "-vv", "-W5", "-c", "3"}),
            std::nullopt);
  EXPECT_TRUE(lines_);
  EXPECT_EQ(verbose_, 2);
  EXPECT_THAT(rooms_, ElementsAre("x", "y"));
  EXPECT_EQ(timeout_, std::chrono::seconds(5));
  EXPECT_EQ(count_, 3U);
  EXPECT_THAT(line_->operands(), ElementsAre("a", "b", "c"));
}

TEST_F(CommandLineTest, TakesLettersTogether) {
  EXPECT_EQ(parse({"-lvr", "x", "a"}), std::nullopt);
  EXPECT_TRUE(lines_);
  EXPECT_EQ(verbose_, 1);
  EXPECT_THAT(rooms_, ElementsAre("x"));
}

TEST_F(CommandLineTest, TakesEverythingBehindDashesAsOperand) {
  EXPECT_EQ(parse({"a", "--", "-l", "--", "-"}), std::nullopt);
  EXPECT_FALSE(lines_);
  EXPECT_THAT(line_->operands(), ElementsAre("a", "-l", "--", "-"));
  EXPECT_FALSE(line_->take_dash());
}

TEST_F(CommandLineTest, LeavesOperandsAsTheyWereTyped) {
  const Arguments typed = {"[1,2]",
                           "{}",
                           "",
                           "[]",
                           "-5",
                           "-1.5e3",
                           "{\"a\":[1]}",
                           "\x01n",
                           "a=b",
                           "%%",
                           "+x",
                           "/x",
                           "\x01"
                           "b"};
  EXPECT_EQ(parse(typed), std::nullopt);
  EXPECT_EQ(line_->operands(), typed.words);
}

TEST_F(CommandLineTest, LeavesValuesAsTheyWereTyped) {
  EXPECT_EQ(parse({"-r", "[a,b]", "--room=[c]", "-r[d]", "-r", "{}", "-r", "", "-r", "-l", "-r-5"}),
            std::nullopt);
  EXPECT_THAT(rooms_, ElementsAre("[a,b]", "[c]", "[d]", "{}", "", "-l", "-5"));
  EXPECT_FALSE(lines_);
}

TEST_F(CommandLineTest, TakesTheLastOfTwoValues) {
  EXPECT_EQ(parse({"-s", "a", "-s", "b"}), std::nullopt);
  EXPECT_EQ(server_, "b");
}

TEST_F(CommandLineTest, TakesTheDashThatStandsLast) {
  EXPECT_EQ(parse({"a", "-"}), std::nullopt);
  EXPECT_TRUE(line_->take_dash());
  EXPECT_THAT(line_->operands(), ElementsAre("a"));
  EXPECT_FALSE(line_->take_dash());
}

TEST_F(CommandLineTest, TakesAServerInFront) {
  EXPECT_EQ(parse({"http://h:1/n", "a"}), std::nullopt);
  EXPECT_EQ(server_, "http://h:1/n");
  EXPECT_TRUE(line_->given("--server"));
  EXPECT_THAT(line_->operands(), ElementsAre("a"));
}

TEST_F(CommandLineTest, TakesNoServerInFrontWhenItIsNamed) {
  EXPECT_EQ(parse({"-s", "h:2", "http://h:1/n"}), std::nullopt);
  EXPECT_EQ(server_, "h:2");
  EXPECT_THAT(line_->operands(), ElementsAre("http://h:1/n"));
}

TEST_F(CommandLineTest, TakesNoServerBehindDashes) {
  EXPECT_EQ(parse({"--", "http://h:1/n"}), std::nullopt);
  EXPECT_EQ(server_, "");
  EXPECT_FALSE(line_->given("--server"));
}

TEST_F(CommandLineTest, NamesWhatWasProbablyMeant) {
  expect_complaint({"--lnes"}, "unknown option --lnes: did you mean --lines?");
  expect_complaint({"--sever=x"}, "unknown option --sever: did you mean --server?");
}

TEST_F(CommandLineTest, RefusesUnknownOptions) {
  expect_complaint({"--nothing-like-it"}, "unknown option --nothing-like-it");
  expect_complaint({"-Z"}, "unknown option -Z");
  expect_complaint({"-lZ"}, "unknown option -Z");
  expect_complaint({"-0"}, "unknown option -0");
}

TEST_F(CommandLineTest, SaysWhichValueIsWrong) {
  expect_complaint({"-r"}, "--room");
  expect_complaint({"-W", "soon"}, "--timeout soon: ");
  expect_complaint({"-c", "0"}, "--count 0: expected a whole number from 1 on");
  expect_complaint({"-c", "1x"}, "--count 1x: ");
  expect_complaint({"-c", "-1"}, "--count -1: ");
}

TEST_F(CommandLineTest, AnswersHelpWithEveryOption) {
  EXPECT_EQ(parse({"-h"}), 0);
  EXPECT_THAT(stdout_, HasSubstr("usage: sio test"));
  for (const char* part :
       {"  -l, --lines ", "  -r, --room ROOM ", "  -h, --help ", "      --version "})
    EXPECT_THAT(stdout_, HasSubstr(part));
  EXPECT_THAT(stderr_, IsEmpty());
}

TEST_F(CommandLineTest, AnswersVersion) {
  EXPECT_EQ(parse({"--version"}), 0);
  EXPECT_EQ(stdout_, "sio " + std::string(version()) + "\n");
}

}  // namespace
}  // namespace sio::cli
