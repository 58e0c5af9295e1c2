#include "cli/preferences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "cli/applet.h"
#include "cli/command_line.h"

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Stands in for the commands that a config file is shared by.
int other_main(const Arguments& arguments) {
  std::string value;
  CommandLine line("other", "usage: sio other");
  line.option("-s,--server", "URL", value, "talks to one");
  line.option("--spool", "DIR", value, "only here");
  return line.parse(arguments).value_or(0);
}
int server_main(const Arguments& arguments) {
  std::string value;
  CommandLine line("server", "usage: sio server");
  line.option("--store", "WHERE", value, "talks to nobody");
  return line.parse(arguments).value_or(0);
}
constexpr std::array kCommands = {Applet{"other", "", other_main},
                                  Applet{"server", "", server_main}};

class PreferencesTest : public testing::Test {
 protected:
  PreferencesTest() {
    directory_ = std::filesystem::path(testing::TempDir()) / "sio_preferences_test";
    std::filesystem::create_directories(directory_);
    setenv("SIO_CONFIG", (directory_ / "config").c_str(), 1);
    for (const char* name : {"SIO_URL", "SIO_AUTH", "SIO_TEST_HIDES"}) unsetenv(name);
  }
  ~PreferencesTest() override { std::filesystem::remove_all(directory_); }

  // Nothing: go on.
  std::optional<int> parse(const std::string& config, std::vector<std::string> words) {
    std::ofstream(directory_ / "config") << config;
    line_.emplace("test", "usage: sio test");
    server_ = auth_ = color_ = "";
    rooms_ = headers_ = more_headers_ = {};
    insecure_ = false;
    line_->option("-s,--server", "URL", server_, "");
    line_->option("-A,--auth", "JSON|@FILE", auth_, "");
    line_->option("-r,--room", "ROOM", rooms_, "");
    line_->option("-H,--header", "LINE|@FILE", headers_, "");
    line_->flag("-k,--insecure", insecure_, "");
    line_->choice("--color", "WHEN", {"auto", "never"}, color_, "");
    line_->option("--cacert", "FILE", cacert_, "");
    line_->counter("-v,--verbose", verbose_, "");
    line_->variable("--server", "SIO_URL");
    line_->variable("--auth", "SIO_AUTH");
    line_->hidden_by("--color", {"SIO_TEST_HIDES"});
    line_->may_be_empty("--room");
    line_->more("--header", more_headers_);
    Arguments arguments(std::move(words));
    arguments.commands = kCommands;
    testing::internal::CaptureStderr();
    const auto status = line_->parse(arguments);
    stderr_ = testing::internal::GetCapturedStderr();
    return status;
  }
  void take(const std::string& config, std::vector<std::string> words) {
    EXPECT_EQ(parse(config, std::move(words)), std::nullopt) << stderr_;
  }
  void expect_complaint(const std::string& config, const std::string& what,
                        std::vector<std::string> words = {}) {
    EXPECT_EQ(parse(config, std::move(words)), 2) << config;
    EXPECT_THAT(stderr_, HasSubstr(what)) << config;
  }

  std::filesystem::path directory_;
  std::optional<CommandLine> line_;
  std::string server_, auth_, color_, cacert_;
  std::vector<std::string> rooms_, headers_, more_headers_;
  bool insecure_ = false;
  int verbose_ = 0;
  std::string stderr_;
};

TEST_F(PreferencesTest, PreferOptionThenEnvironmentThenProfileThenConfig) {
  const std::string config = "server h:1\nauth config\n[p]\nserver h:2\nauth profile";
  take(config, {});
  EXPECT_EQ(server_ + auth_, "h:1config");
  take(config, {"-s", "@p"});
  EXPECT_EQ(server_ + auth_, "h:2profile");
  setenv("SIO_AUTH", "environment", 1);
  setenv("SIO_URL", "h:3", 1);
  take(config, {});
  EXPECT_EQ(server_ + auth_, "h:3environment");
  take(config, {"-s", "@p"});
  EXPECT_EQ(server_ + auth_, "h:2environment");
  take(config, {"-s", "h:4", "-A", "option"});
  EXPECT_EQ(server_ + auth_, "h:4option");
}

TEST_F(PreferencesTest, ChooseAProfileByOptionOperandEnvironmentOrFile) {
  const std::string config = "[p]\nserver h:2\nauth profile";
  take(config, {"--server=@p"});
  EXPECT_EQ(server_ + auth_, "h:2profile");
  take(config, {"@p", "@alice"});
  EXPECT_EQ(server_ + auth_, "h:2profile");
  EXPECT_THAT(line_->operands(), ElementsAre("@alice"));
  take("server @p\n" + config, {});
  EXPECT_EQ(server_ + auth_, "h:2profile");
  setenv("SIO_URL", "@p", 1);
  take(config, {});
  EXPECT_EQ(server_ + auth_, "h:2profile");
}

TEST_F(PreferencesTest, LetAProfileInheritTheLinesAboveIt) {
  const std::string config =
      "server h:1\nauth config\nroom a\nroom b\nheader X: 1\ninsecure\n"
      "[p]\nroom c\nheader Y: 2\ninsecure no\n[q]\nauth q";
  take(config, {"-s", "@p"});
  EXPECT_EQ(server_ + auth_, "h:1config");
  EXPECT_THAT(rooms_, ElementsAre("c"));
  EXPECT_THAT(more_headers_, ElementsAre("Y: 2", "X: 1"));
  EXPECT_FALSE(insecure_);
  take(config, {});
  EXPECT_THAT(rooms_, ElementsAre("a", "b"));
  EXPECT_TRUE(insecure_);
  take(config, {"-r", "d"});
  EXPECT_THAT(rooms_, ElementsAre("d"));
}

TEST_F(PreferencesTest, AddHeadersToThoseOfTheCommandLine) {
  take("header X: 1", {"-H", "Y: 2"});
  EXPECT_THAT(headers_, ElementsAre("Y: 2"));
  EXPECT_THAT(more_headers_, ElementsAre("X: 1"));
}

TEST_F(PreferencesTest, FindFilesBesideTheConfigFile) {
  setenv("HOME", "/somebody", 1);
  take("auth @token.json\ncacert ~/ca.pem", {});
  EXPECT_EQ(auth_, "@" + (directory_ / "token.json").string());
  EXPECT_EQ(cacert_, "/somebody/ca.pem");
  take("auth @/run/token", {});
  EXPECT_EQ(auth_, "@/run/token");
}

TEST_F(PreferencesTest, HideLinesBehindTheirVariables) {
  take("color never", {});
  EXPECT_EQ(color_, "never");
  setenv("SIO_TEST_HIDES", "1", 1);
  take("color never", {});
  EXPECT_EQ(color_, "");
}

TEST_F(PreferencesTest, TakeAnEmptyValueThatMeansNone) {
  take("room a\n[p]\nroom\n", {"-s", "@p"});
  EXPECT_THAT(rooms_, ElementsAre(""));
}

TEST_F(PreferencesTest, CountWhatCounts) {
  take("verbose 2", {});
  EXPECT_EQ(verbose_, 2);
}

TEST_F(PreferencesTest, PassOverOptionsOfOtherCommands) {
  take("spool /var/spool/sio\n[p]\nspool x", {});
  EXPECT_EQ(server_, "");
}

TEST_F(PreferencesTest, NameTheLineThatIsWrong) {
  const std::string path = (directory_ / "config").string();
  expect_complaint("quiet2\n", path + ":1: no option `quiet2`");
  expect_complaint("[p]\nservr h:1",
                   ":2: no option `servr` of a command that talks to a server: "
                   "did you mean `server`?");
  expect_complaint("store x", ":1: no option `store`");
  expect_complaint("help", ":1: help: only on the command line");
  expect_complaint("auth", ":1: auth: write JSON|@FILE behind it");
  expect_complaint("color blue", ":1: color: expected auto, never");
  expect_complaint("insecure maybe", ":1: insecure: takes no value, or yes or no");
  expect_complaint("[p]\nserver @q", ":2: server: a profile cannot lead to another one");
  expect_complaint("verbose\nserver=x", ":2: server: write a blank");
}

TEST_F(PreferencesTest, NameTheProfileThatWasMeant) {
  expect_complaint("[prod]", "no profile `prd` in", {"-s", "@prd"});
  EXPECT_THAT(stderr_, HasSubstr("did you mean @prod?"));
  expect_complaint("[prod]\n[test]", "it has prod, test", {"-s", "@elsewhere"});
  expect_complaint("[prod]", "@prdo: did you mean @prod?", {"@prdo"});
  take("[prod]", {"--", "@prdo"});
  EXPECT_THAT(line_->operands(), ElementsAre("@prdo"));
}

TEST_F(PreferencesTest, NeedNoFileUnlessItIsNamed) {
  std::filesystem::remove_all(directory_);
  setenv("SIO_CONFIG", "/does/not/exist", 1);
  EXPECT_EQ(Preferences::read().error().message,
            "$SIO_CONFIG: read /does/not/exist: No such file or directory");
  setenv("SIO_CONFIG", "", 1);
  EXPECT_THAT(Preferences::read()->profiles(), IsEmpty());
  unsetenv("SIO_CONFIG");
  for (const char* home : {"/does/not/exist", "/dev/null"}) {
    setenv("XDG_CONFIG_HOME", home, 1);
    EXPECT_THAT(Preferences::read()->profiles(), IsEmpty()) << home;
  }
}

TEST_F(PreferencesTest, ReadTheFileOfTheUser) {
  std::filesystem::create_directories(directory_ / "sio");
  std::ofstream(directory_ / "sio" / "config") << "[mine]";
  unsetenv("SIO_CONFIG");
  setenv("XDG_CONFIG_HOME", directory_.c_str(), 1);
  EXPECT_TRUE(Preferences::read()->has_profile("mine"));
}

}  // namespace
}  // namespace sio::cli
