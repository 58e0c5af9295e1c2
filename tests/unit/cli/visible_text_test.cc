#include "cli/visible_text.h"

#include <gtest/gtest.h>

namespace sio::cli {
namespace {

std::string visible(std::string_view text, Breaks breaks = Breaks::show) {
  std::string out;
  append_visible(out, text, breaks);
  return out;
}

TEST(VisibleText, ShowsControlCharactersOfBothSets) {
  EXPECT_EQ(visible("a\x1b[31m\x7f\xc2\x9b"
                    "b"),
            "a\\x1b[31m\\x7f\\x9bb");
}

TEST(VisibleText, LeavesEverythingElse) {
  EXPECT_EQ(visible("zwölf \xc2\xa0 \xf0\x9f\x98\x80 \\ \xc2"),
            "zwölf \xc2\xa0 \xf0\x9f\x98\x80 \\ \xc2");
}

TEST(VisibleText, KeepsBreaksWhenAsked) {
  EXPECT_EQ(visible("a\tb\nc\r", Breaks::keep), "a\tb\nc\\x0d");
  EXPECT_EQ(visible("a\tb\nc"), "a\\x09b\\x0ac");
}

TEST(VisibleText, SpellsThemInJsonSoThatTheyMeanTheSame) {
  std::string json = "{\"a\":\"x\x7f\xc2\x80y\"}\n";
  make_json_visible(json);
  EXPECT_EQ(json, "{\"a\":\"x\\u007f\\u0080y\"}\n");
}

}  // namespace
}  // namespace sio::cli
