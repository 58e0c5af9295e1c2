#include "cli/line_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// All lines of input that comes in these chunks; a refused one shows as its error.
std::vector<std::string> split(LineSplitter& splitter, const std::vector<std::string>& chunks) {
  std::vector<std::string> lines;
  for (const std::string& chunk : chunks) {
    splitter.feed(chunk);
    for (;;) {
      const auto line = splitter.next();
      if (!line)
        lines.push_back("! " + line.error().message);
      else if (*line)
        lines.emplace_back(**line);
      else
        break;
    }
  }
  if (const auto last = splitter.finish()) lines.emplace_back(*last);
  return lines;
}

std::vector<std::string> split(const std::vector<std::string>& chunks, char delimiter = '\n') {
  LineSplitter splitter(delimiter);
  return split(splitter, chunks);
}

TEST(LineSplitter, GivesTheLinesOfAChunk) {
  EXPECT_THAT(split({"one\ntwo\nthree\n"}), ElementsAre("one", "two", "three"));
}

TEST(LineSplitter, JoinsLinesAcrossChunks) {
  EXPECT_THAT(split({"o", "ne\ntw", "", "o", "\n"}), ElementsAre("one", "two"));
}

TEST(LineSplitter, CountsALastLineWithoutNewline) {
  EXPECT_THAT(split({"one\ntwo"}), ElementsAre("one", "two"));
  EXPECT_THAT(split({"one\n"}), ElementsAre("one"));
}

TEST(LineSplitter, CountsEmptyLines) {
  EXPECT_THAT(split({"\n\none\n\n"}), ElementsAre("", "", "one", ""));
  EXPECT_THAT(split({"", ""}), IsEmpty());
}

TEST(LineSplitter, KeepsCarriageReturns) {
  EXPECT_THAT(split({"one\r\ntwo\r"}), ElementsAre("one\r", "two\r"));
}

TEST(LineSplitter, SplitsAtNulWhenAsked) {
  EXPECT_THAT(split({std::string("one\ntwo\0three\0", 14)}, '\0'),
              ElementsAre("one\ntwo", "three"));
}

TEST(LineSplitter, CopiesNothingThatLiesInsideAChunk) {
  LineSplitter splitter;
  const std::string chunk = "one\ntwo\n";
  splitter.feed(chunk);
  EXPECT_EQ((*splitter.next())->data(), chunk.data());
  EXPECT_EQ((*splitter.next())->data(), chunk.data() + 4);
}

TEST(LineSplitter, NumbersItsLines) {
  LineSplitter splitter('\n', 5);
  splitter.feed("a\n");
  EXPECT_TRUE(splitter.next()->has_value());
  EXPECT_EQ(splitter.line_number(), 1u);
  EXPECT_FALSE(splitter.next()->has_value());
  EXPECT_EQ(splitter.line_number(), 1u);
  splitter.feed("too long\nb");
  EXPECT_FALSE(splitter.next());
  EXPECT_EQ(splitter.line_number(), 2u);
  EXPECT_FALSE(splitter.next()->has_value());
  EXPECT_EQ(splitter.finish(), "b");
  EXPECT_EQ(splitter.line_number(), 3u);
}

TEST(LineSplitter, RefusesALineBeyondTheLimitAndGoesOn) {
  LineSplitter whole('\n', 3);
  EXPECT_THAT(split(whole, {"abc\nabcd\nabc\n"}),
              ElementsAre("abc", "! a line of more than 3 bytes", "abc"));
  LineSplitter pieces('\n', 3);
  EXPECT_THAT(split(pieces, {"ab", "cd", "ef", "g\nok", "\n"}),
              ElementsAre("! a line of more than 3 bytes", "ok"));
  LineSplitter unfinished('\n', 3);
  EXPECT_THAT(split(unfinished, {"abcd", "ef"}), ElementsAre("! a line of more than 3 bytes"));
}

TEST(LineSplitter, HoldsWhatWasNotAskedFor) {
  LineSplitter splitter;
  {
    std::string chunk = "one\ntwo\nthr";
    splitter.feed(chunk);
    EXPECT_EQ(**splitter.next(), "one");
    splitter.hold();
    chunk.assign(chunk.size(), 'x');
  }
  splitter.feed("ee\nfour");  // one more read that was under way
  splitter.hold();
  EXPECT_EQ(**splitter.next(), "two");
  EXPECT_EQ(**splitter.next(), "three");
  EXPECT_FALSE(splitter.next()->has_value());
  EXPECT_EQ(splitter.finish(), "four");
  EXPECT_EQ(splitter.finish(), std::nullopt);
}

TEST(LineSplitter, DoesNotCareWhereChunksEnd) {
  std::mt19937 random(8);
  for (int i = 0; i < 500; ++i) {
    std::string input;
    for (std::size_t n = random() % 200; n > 0; --n) input += "ab\n\r"[random() % 4];
    std::vector<std::string> chunks;
    for (std::size_t at = 0; at < input.size();) {
      const std::size_t size = 1 + random() % 20;
      chunks.push_back(input.substr(at, size));
      at += size;
    }
    EXPECT_EQ(split(chunks), split({input}));
  }
}

}  // namespace
}  // namespace sio::cli
