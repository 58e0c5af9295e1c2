#include "net/frame.h"

#include <gtest/gtest.h>

#include "net/ws_frame.h"

namespace sio::net {
namespace {

TEST(FrameArena, BuildsAHeaderOfTwoBytesForShortTexts) {
  FrameArena arena;
  const Frame frame = arena.text({"42", "[\"a\"]"});
  EXPECT_EQ(frame.bytes(), std::string_view("\x81\x07"
                                            "42[\"a\"]"));
  EXPECT_EQ(frame.payload(), "42[\"a\"]");
  EXPECT_FALSE(frame.binary);
}

TEST(FrameArena, WritesMiddlingLengthsInTwoBytes) {
  FrameArena arena;
  EXPECT_EQ(arena.text({std::string(125, 'x')}).header_size, 2);
  const Frame first = arena.text({std::string(126, 'x')});
  EXPECT_EQ(first.bytes().substr(0, 4), std::string_view("\x81\x7e\x00\x7e", 4));
  const Frame last = arena.text({std::string(65535, 'x')});
  EXPECT_EQ(last.bytes().substr(0, 4), std::string_view("\x81\x7e\xff\xff", 4));
}

TEST(FrameArena, WritesGreatLengthsInEightBytes) {
  FrameArena arena;
  const Frame frame = arena.binary(std::string(65536, 'x'));
  EXPECT_EQ(frame.bytes().substr(0, 10), std::string_view("\x82\x7f\0\0\0\0\0\x01\0\0", 10));
  EXPECT_EQ(frame.payload().size(), 65536u);
  EXPECT_TRUE(frame.binary);
}

TEST(FrameArena, BuildsAnEmptyMessage) {
  FrameArena arena;
  EXPECT_EQ(arena.text({}).bytes(), std::string_view("\x81\x00", 2));
  EXPECT_EQ(arena.binary("").bytes(), std::string_view("\x82\x00", 2));
}

TEST(FrameArena, PutsFramesBehindEachOther) {
  FrameArena arena;
  const Frame first = arena.text({"a"});
  const Frame second = arena.binary("b");
  EXPECT_TRUE(FrameArena::adjacent(first, second));
  EXPECT_FALSE(FrameArena::adjacent(second, first));
}

TEST(FrameArena, KeepsEveryFrameOfATurnWhateverIsBuiltLater) {
  FrameArena arena;
  std::vector<Frame> frames;
  for (int i = 0; i < 300; ++i)
    frames.push_back(arena.text({std::to_string(i), std::string(10000, '.')}));
  for (int i = 0; i < 300; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(frames[static_cast<std::size_t>(i)].payload().substr(0, number.size()), number);
  }
}

TEST(FrameArena, CountsWhatWasBuiltUntilReset) {
  FrameArena arena;
  arena.text({"abc"});
  EXPECT_EQ(arena.size(), 5u);
  arena.reset();
  EXPECT_EQ(arena.size(), 0u);
}

TEST(FrameArena, UsesTheSameMemoryInEveryTurn) {
  FrameArena arena;
  const char* first = arena.text({"abc"}).data;
  arena.reset();
  EXPECT_EQ(arena.text({"def"}).data, first);
}

TEST(FrameArena, HoldsAFrameThatIsLargerThanABlock) {
  FrameArena arena;
  const std::string huge(3 << 20, 'h');
  EXPECT_EQ(arena.binary(huge).payload(), huge);
  arena.reset();
  EXPECT_EQ(arena.text({"after"}).payload(), "after");
}

TEST(MaskedFrame, IsUndoneByTheSameKeyAtAnyPhase) {
  std::string data = "The quick brown fox jumps over the lazy dog";
  const std::string original = data;
  const MaskKey key{{0x12, 0x34, 0x56, 0x78}};
  apply_mask(data.data(), data.size(), key);
  EXPECT_NE(data, original);
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    std::string copy = data;
    apply_mask(copy.data(), cut, key, 0);
    apply_mask(copy.data() + cut, copy.size() - cut, key, cut);
    EXPECT_EQ(copy, original) << cut;
  }
}

TEST(MaskedFrame, CarriesItsKeyBehindTheLength) {
  std::string frame;
  append_masked_frame(frame, kOpcodeText, "Hello", MaskKey{{0x37, 0xfa, 0x21, 0x3d}});
  EXPECT_EQ(frame, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");  // RFC 6455 §5.7
}

TEST(ClosePayload, IsEmptyWithoutACode) {
  EXPECT_EQ(close_payload(0, "ignored"), "");
  EXPECT_EQ(close_payload(1000, "bye"),
            "\x03\xe8"
            "bye");
  EXPECT_EQ(close_payload(1000, std::string(200, 'x')).size(), kMaxControlPayload);
}

TEST(FrameArena, FramesThatAreLentOutliveTheirTurn) {
  FrameArena arena;
  const Frame before = arena.text({"before"});
  const FrameLease lease = arena.lend();
  const Frame after = arena.text({"after"});
  arena.reset();
  const Frame next = arena.text({"the next turn's"});
  EXPECT_EQ(before.payload(), "before");
  EXPECT_EQ(after.payload(), "after");
  EXPECT_EQ(next.payload(), "the next turn's");
}

TEST(FrameArena, UsesTheMemoryOfFramesThatWereLentAgain) {
  FrameArena arena;
  const char* const memory = arena.text({"a"}).data;
  FrameLease lease = arena.lend();
  arena.reset();
  EXPECT_NE(arena.text({"b"}).data, memory);
  lease.reset();
  FrameLease another = arena.lend();
  arena.reset();
  EXPECT_EQ(arena.text({"c"}).data, memory);
}

}  // namespace
}  // namespace sio::net
