#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace sio {
namespace {

TEST(Utf8, KnowsTheLengthOfCharacters) {
  EXPECT_EQ(utf8_length("a"), 1u);
  EXPECT_EQ(utf8_length(std::string_view("\0", 1)), 1u);
  EXPECT_EQ(utf8_length("é"), 2u);
  EXPECT_EQ(utf8_length("€ and more"), 3u);
  EXPECT_EQ(utf8_length("😀"), 4u);
}

TEST(Utf8, KnowsTheFirstAndLastOfEachLength) {
  EXPECT_EQ(utf8_length("\xc2\x80"), 2u);
  EXPECT_EQ(utf8_length("\xdf\xbf"), 2u);
  EXPECT_EQ(utf8_length("\xe0\xa0\x80"), 3u);
  EXPECT_EQ(utf8_length("\xed\x9f\xbf"), 3u);
  EXPECT_EQ(utf8_length("\xee\x80\x80"), 3u);
  EXPECT_EQ(utf8_length("\xef\xbf\xbf"), 3u);
  EXPECT_EQ(utf8_length("\xf0\x90\x80\x80"), 4u);
  EXPECT_EQ(utf8_length("\xf4\x8f\xbf\xbf"), 4u);
}

TEST(Utf8, RefusesWhatIsNone) {
  for (const std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff", "\xc3", "\xc3z",
        "\xe2\x82", "\xe2\x82z", "\xf0\x9f\x98", "\xf0\x9f\x98z"})
    EXPECT_EQ(utf8_length(bad), 0u);
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(find_bad_utf8(""), std::string_view::npos);
  EXPECT_EQ(find_bad_utf8("aé€😀"), std::string_view::npos);
  EXPECT_EQ(find_bad_utf8("aé\xff"), 3u);
  EXPECT_EQ(find_bad_utf8("a\xe2\x82"), 1u);
}

}  // namespace
}  // namespace sio
