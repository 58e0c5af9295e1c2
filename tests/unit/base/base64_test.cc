#include "base/base64.h"

#include <gtest/gtest.h>

#include <random>

namespace sio {
namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

TEST(Base64, AgreesWithTheRfc) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xfb\xff"), "+/8=");
}

TEST(Base64, Appends) {
  std::string out = "b";
  append_base64(out, "foo");
  append_base64(out, "f");
  EXPECT_EQ(out, "bZm9vZg==");
}

TEST(Base64, DecodesWhatItEncodedAtEveryLength) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(decode_base64(encoded(bytes)), bytes);
  }
}

// Longer than the slices that the library is given.
TEST(Base64, DecodesWhatItEncodedWhenItIsLarge) {
  std::string bytes((10 << 20) + 1, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + (i >> 8));
  EXPECT_EQ(decode_base64(encoded(bytes)), bytes);
}

TEST(Base64, AcceptsMissingPadding) {
  EXPECT_EQ(decode_base64("Zg"), "f");
  EXPECT_EQ(decode_base64("Zm8"), "fo");
}

TEST(Base64, RefusesEverythingElse) {
  for (const std::string_view text :
       {"Z", "Zm9vY", "=", "==", "====", "Zg=", "Zg===", "Zg==Zg==", "Z===", "Zm9v====", "Zm 9v",
        "Zm9v\n", "Zm9_", "Zm9-", "Zh==", "Zm9=", "Zm\xc3\xa9", "Zm9vZ=g="})
    EXPECT_FALSE(decode_base64(text)) << text;
}

}  // namespace
}  // namespace sio
