#include "base/percent.h"

#include <gtest/gtest.h>

namespace sio {
namespace {

TEST(Percent, IsDecoded) {
  EXPECT_EQ(percent_decoded(""), "");
  EXPECT_EQ(percent_decoded("a%20b%2fC%2F"), "a b/C/");
  EXPECT_EQ(percent_decoded("%c3%a9%00"), std::string("é\0", 3));
  EXPECT_EQ(percent_decoded("a+b"), "a+b");
  EXPECT_EQ(percent_decoded("%2541"), "%41");
}

TEST(Percent, StandsForItselfWhenMalformed) {
  EXPECT_EQ(percent_decoded("%"), "%");
  EXPECT_EQ(percent_decoded("%4"), "%4");
  EXPECT_EQ(percent_decoded("%zz%4g%41"), "%zz%4gA");
}

}  // namespace
}  // namespace sio
