#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sio {
namespace {

using testing::EndsWith;
using testing::StartsWith;

class Log : public testing::Test {
 protected:
  ~Log() override {
    set_log_level(LogLevel::warning);
    set_log_format(LogFormat::text);
  }

  static std::string written(LogLevel level, std::string_view message) {
    testing::internal::CaptureStderr();
    log(level, message);
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, SaysWhoIsTalkingAndHowSeriousItIs) {
  EXPECT_EQ(written(LogLevel::error, "it broke"), "sio: error: it broke\n");
  EXPECT_EQ(written(LogLevel::warning, "it bends"), "sio: warning: it bends\n");
  set_log_level(LogLevel::info);
  EXPECT_EQ(written(LogLevel::info, "it works"), "sio: it works\n");
}

TEST_F(Log, IsSilentBelowItsLevel) {
  EXPECT_EQ(written(LogLevel::info, "x"), "");
  EXPECT_FALSE(log_enabled(LogLevel::info));
  set_log_level(LogLevel::trace);
  EXPECT_TRUE(log_enabled(LogLevel::trace));
  EXPECT_EQ(written(LogLevel::trace, "x"), "sio: x\n");
}

TEST_F(Log, LetsNobodyForgeALineOrMoveTheCursor) {
  EXPECT_EQ(written(LogLevel::error, "a\nsio: error: b\r\x1b[2J\x7f"),
            "sio: error: a\\x0asio: error: b\\x0d\\x1b[2J\\x7f\n");
  EXPECT_EQ(written(LogLevel::error,
                    "\xc2\x9b"
                    "2J"),
            "sio: error: \\x9b2J\n");
}

TEST_F(Log, KeepsTextAndShowsBytesThatAreNone) {
  EXPECT_EQ(written(LogLevel::error, "é€😀 \"q\" \\ \xff\xe2\x82"),
            "sio: error: é€😀 \"q\" \\ \\xff\\xe2\\x82\n");
}

TEST_F(Log, IsJsonWhenAsked) {
  set_log_format(LogFormat::json);
  const std::string line = written(LogLevel::warning, "say \"é\"\\\n\xff\xc2\x9b");
  EXPECT_THAT(line, StartsWith("{\"time_ms\":1"));
  EXPECT_THAT(line, EndsWith(R"(,"level":"warning","message":"say \"é\"\\\u000a\u00ff\u009b"})"
                             "\n"));
}

}  // namespace
}  // namespace sio
