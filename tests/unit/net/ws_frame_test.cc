#include "net/ws_frame.h"

#include <gtest/gtest.h>

namespace sio::net {
namespace {

std::string plain(std::size_t size) {
  std::string frame;
  append_frame(frame, kOpcodeText, std::string(size, 'p'));
  return frame;
}

std::string masked(std::size_t size) {
  std::string frame;
  append_masked_frame(frame, kOpcodeText, std::string(size, 'p'), MaskKey{{1, 2, 3, 4}});
  return frame;
}

TEST(WholeFrames, AreAllThatFit) {
  EXPECT_EQ(whole_frames(plain(10) + plain(10), 24), 24u);
  EXPECT_EQ(whole_frames(plain(10) + plain(10), 1000), 24u);
}

TEST(WholeFrames, EndWhereTheNextWouldNotFit) {
  EXPECT_EQ(whole_frames(plain(10) + plain(10), 23), 12u);
  EXPECT_EQ(whole_frames(plain(10) + plain(10) + plain(10), 25), 24u);
}

TEST(WholeFrames, AreOneAtLeast) {
  EXPECT_EQ(whole_frames(plain(10) + plain(10), 1), 12u);
  EXPECT_EQ(whole_frames(plain(10), 1), 12u);
}

TEST(WholeFrames, HaveLengthsOfAllThreeKindsAndMasks) {
  for (const std::size_t size : {0u, 125u, 126u, 65535u, 65536u}) {
    EXPECT_EQ(whole_frames(plain(size) + plain(1), 1), plain(size).size()) << size;
    EXPECT_EQ(whole_frames(masked(size) + masked(1), 1), masked(size).size()) << size;
  }
}

}  // namespace
}  // namespace sio::net
