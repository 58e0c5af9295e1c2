#include "base/coding.h"

#include <gtest/gtest.h>

#include <limits>

namespace sio {
namespace {

TEST(Varint, ComesBackInTheFewestBytes) {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{16'383},
        std::uint64_t{16'384}, std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    std::string bytes;
    append_varint(bytes, value);
    EXPECT_EQ(bytes.size(), varint_size(value));
    ByteReader in(bytes);
    EXPECT_EQ(in.varint(), value);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0u);
  }
  EXPECT_EQ(varint_size(127), 1u);
  EXPECT_EQ(varint_size(128), 2u);
  EXPECT_EQ(varint_size(std::numeric_limits<std::uint64_t>::max()), kMaxVarintSize);
}

TEST(Varint, MoreThanSixtyFourBitsAreRefused) {
  ByteReader too_large(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
  too_large.varint();
  EXPECT_FALSE(too_large.ok());
  ByteReader too_long(std::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11));
  too_long.varint();
  EXPECT_FALSE(too_long.ok());
}

TEST(ByteReader, AReadBeyondTheEndGivesNothingForGood) {
  ByteReader in(
      std::string_view("\x05"
                       "abc"));
  EXPECT_EQ(in.string(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.fixed<std::uint32_t>(), 0u);
  EXPECT_EQ(in.varint(), 0u);
  EXPECT_EQ(in.rest(), "");
}

TEST(ByteReader, ReadsWhatWasPut) {
  std::string bytes;
  append_fixed(bytes, std::uint32_t{0x01020304});
  append_string(bytes, "name");
  append_fixed(bytes, std::int64_t{-2});
  bytes += "rest";
  EXPECT_EQ(bytes.substr(0, 4), "\x04\x03\x02\x01");
  ByteReader in(bytes);
  EXPECT_EQ(in.fixed<std::uint32_t>(), 0x01020304u);
  EXPECT_EQ(in.string(), "name");
  EXPECT_EQ(in.fixed<std::int64_t>(), -2);
  EXPECT_EQ(in.rest(), "rest");
  EXPECT_TRUE(in.ok());
}

}  // namespace
}  // namespace sio
