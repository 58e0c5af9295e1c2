#include "net/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "net/ws_frame.h"

namespace sio::net {
namespace {

// Takes as many bytes as it has room for.
class FakeSink : public ByteSink {
 public:
  Written write(const char* data, std::size_t size) override {
    ++writes;
    first_pointer = writes == 1 ? data : first_pointer;
    if (broken) return {Outcome::broken, 0};
    const std::size_t part = std::min(size, room);
    taken.append(data, part);
    room -= part;
    return {part < size ? Outcome::blocked : Outcome::taken, part};
  }

  std::string taken;
  std::size_t room = static_cast<std::size_t>(-1);
  int writes = 0;
  bool broken = false;
  const char* first_pointer = nullptr;
};

class OutboxTest : public testing::Test {
 protected:
  ByteSink::Outcome flush() { return outbox_.flush(sink_, scratch_); }
  void unblock(std::size_t room) {
    sink_.room = room;
    outbox_.unblock();
  }
  Outbox outbox_;
  FakeSink sink_;
  std::vector<char> scratch_ = std::vector<char>(64);
};

TEST_F(OutboxTest, WritesASinglePieceFromWhereItLies) {
  const std::string piece = "abc";
  outbox_.add(piece);
  EXPECT_EQ(flush(), ByteSink::Outcome::taken);
  EXPECT_EQ(sink_.taken, "abc");
  EXPECT_EQ(sink_.first_pointer, piece.data());
  EXPECT_TRUE(outbox_.empty());
}

TEST_F(OutboxTest, JoinsPiecesThatLieBehindEachOther) {
  const std::string memory = "abcdef";
  outbox_.add(std::string_view(memory).substr(0, 2));
  outbox_.add(std::string_view(memory).substr(2, 4));
  flush();
  EXPECT_EQ(sink_.taken, "abcdef");
  EXPECT_EQ(sink_.first_pointer, memory.data());
  EXPECT_EQ(sink_.writes, 1);
}

TEST_F(OutboxTest, GathersScatteredPiecesIntoOneWrite) {
  const std::string a = "aa", b = "bb", c = "cc";
  outbox_.add(a);
  outbox_.add(b);
  outbox_.add(c);
  EXPECT_EQ(outbox_.size(), 6u);
  flush();
  EXPECT_EQ(sink_.taken, "aabbcc");
  EXPECT_EQ(sink_.writes, 1);
}

TEST_F(OutboxTest, SendsCopiesAndReferencesInTheOrderTheyCame) {
  const std::string a = "a", c = "c", e = "e";
  outbox_.add(a);
  outbox_.add_copy(std::string_view("b"));
  outbox_.add(c);
  outbox_.add_copy(std::string("d"));
  outbox_.add(e);
  flush();
  EXPECT_EQ(sink_.taken, "abcde");
}

TEST_F(OutboxTest, CopiesWhatTheSinkDoesNotTakeBeforeTheTurnIsOver) {
  {
    std::string gone = "0123456789";
    sink_.room = 4;
    outbox_.add(gone);
    EXPECT_EQ(flush(), ByteSink::Outcome::blocked);
    gone.assign(10, '?');
  }
  EXPECT_EQ(outbox_.size(), 6u);
  unblock(100);
  EXPECT_EQ(flush(), ByteSink::Outcome::taken);
  EXPECT_EQ(sink_.taken, "0123456789");
}

TEST_F(OutboxTest, TriesNothingWhileBlocked) {
  const std::string a = "aaaa", b = "bb";
  sink_.room = 1;
  outbox_.add(a);
  flush();
  const int writes = sink_.writes;
  outbox_.add(b);
  EXPECT_EQ(flush(), ByteSink::Outcome::blocked);
  EXPECT_EQ(sink_.writes, writes);
  EXPECT_EQ(outbox_.size(), 5u);
}

TEST_F(OutboxTest, CopiesTheRestOfScatteredPieces) {
  const std::string a = "aaaa", b = "bbbb", c = "cccc";
  sink_.room = 6;
  outbox_.add(a);
  outbox_.add(b);
  outbox_.add(c);
  flush();
  EXPECT_EQ(outbox_.size(), 6u);
  unblock(100);
  flush();
  EXPECT_EQ(sink_.taken, "aaaabbbbcccc");
}

TEST_F(OutboxTest, KeepsWhatIsMoreThanTheScratchBufferForTheNextTime) {
  std::vector<std::string> pieces;
  std::string all;
  for (int i = 0; i < 50; ++i) pieces.push_back("piece " + std::to_string(i));
  for (const std::string& piece : pieces) {
    outbox_.add(piece);
    all += piece;
  }
  while (flush() == ByteSink::Outcome::blocked) outbox_.unblock();
  EXPECT_EQ(sink_.taken, all);
}

// Takes all it is given, once after each time that it has said that it can.
class FrameSink : public ByteSink {
 public:
  Written write(const char* data, std::size_t size) override {
    writes.emplace_back(data, size);
    return {full ? Outcome::blocked : Outcome::taken, size};
  }
  std::vector<std::string> writes;
  bool full = true;
};

TEST(OutboxOfFrames, EndsEveryWriteBetweenFrames) {
  Outbox outbox(Outbox::Cut::between_frames);
  FrameSink sink;
  std::vector<char> scratch(100);
  std::string small, large;
  append_frame(small, kOpcodeText, std::string(60, 's'));
  append_frame(large, kOpcodeText, std::string(300'000, 'l'));
  outbox.add(small);
  outbox.add(large);
  outbox.add(std::string_view(small));
  outbox.flush(sink, scratch);
  for (int i = 0; i < 3; ++i) outbox.add(large);
  while (!outbox.empty()) {
    outbox.unblock();
    outbox.flush(sink, scratch);
  }
  EXPECT_THAT(sink.writes, testing::ElementsAre(small, large, small, large, large, large));
}

TEST(OutboxOfFrames, GathersThemAsLongAsTheyFit) {
  Outbox outbox(Outbox::Cut::between_frames);
  FrameSink sink;
  sink.full = false;
  std::vector<char> scratch(100);
  std::vector<std::string> frames(5);
  for (std::string& frame : frames) {
    append_frame(frame, kOpcodeText, std::string(30, 's'));
    outbox.add(frame);
  }
  EXPECT_EQ(outbox.flush(sink, scratch), ByteSink::Outcome::taken);
  EXPECT_THAT(sink.writes, testing::ElementsAre(testing::SizeIs(96), testing::SizeIs(64)));
}

TEST_F(OutboxTest, TellsOfABrokenSink) {
  sink_.broken = true;
  outbox_.add_copy(std::string_view("abc"));
  EXPECT_EQ(flush(), ByteSink::Outcome::broken);
}

TEST_F(OutboxTest, LosesAndReordersNothingWhateverTheSinkTakes) {
  std::mt19937 random(3);
  std::string all;
  for (int turn = 0; turn < 3000; ++turn) {
    std::vector<std::string> memory(random() % 4);
    for (std::string& piece : memory) {
      piece.assign(random() % 90, static_cast<char>('a' + turn % 26));
      all += piece;
      if (random() % 4 == 0)
        outbox_.add_copy(std::string(piece));
      else
        outbox_.add(piece);
    }
    if (random() % 3 == 0) unblock(random() % 200);
    flush();
    ASSERT_EQ(outbox_.size(), all.size() - sink_.taken.size());
  }
  unblock(static_cast<std::size_t>(-1));
  while (flush() == ByteSink::Outcome::blocked) outbox_.unblock();
  EXPECT_EQ(sink_.taken, all);
}

}  // namespace
}  // namespace sio::net
