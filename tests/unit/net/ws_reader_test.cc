#include "net/ws_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sio::net {
namespace {

using ::testing::ElementsAre;

constexpr std::size_t kLimit = 100'000;
const MaskKey kKey{{0xa1, 0xb2, 0xc3, 0xd4}};

// Writes down what it is told.
class Journal : public WsSink {
 public:
  bool on_ws_message(MessageKind kind, std::string_view payload) override {
    return note(kind == MessageKind::text ? "text " : "binary ", payload);
  }
  bool on_ws_ping(std::string_view payload) override { return note("ping ", payload); }
  bool on_ws_pong(std::string_view payload) override { return note("pong ", payload); }
  void on_ws_close(std::uint16_t code, std::string_view reason) override {
    note("close " + std::to_string(code) + " ", reason);
  }

  std::vector<std::string> lines;
  bool go_on = true;

 private:
  bool note(const std::string& what, std::string_view payload) {
    lines.push_back(what + std::string(payload));
    return go_on;
  }
};

std::string masked(unsigned char opcode, std::string_view payload) {
  std::string frame;
  append_masked_frame(frame, opcode, payload, kKey);
  return frame;
}

// A frame that is not the last of its message.
std::string unfinished(unsigned char opcode, std::string_view payload) {
  std::string frame = masked(opcode, payload);
  frame[0] = static_cast<char>(frame[0] & 0x7f);
  return frame;
}

class WsReaderTest : public testing::Test {
 protected:
  std::optional<WsViolation> feed(std::string bytes) {
    return reader_.feed(bytes.data(), bytes.size(), journal_);
  }
  std::uint16_t violation_of(const std::string& bytes) {
    const auto violation = feed(bytes);
    return violation ? violation->code : 0;
  }

  WsReader reader_{WsRole::server, kLimit};
  Journal journal_;
};

TEST_F(WsReaderTest, HandsOverEveryMessageOfARead) {
  EXPECT_FALSE(feed(masked(kOpcodeText, "one") + masked(kOpcodeBinary, "two") +
                    masked(kOpcodeText, "") + masked(kOpcodeText, "four")));
  EXPECT_THAT(journal_.lines, ElementsAre("text one", "binary two", "text ", "text four"));
}

TEST_F(WsReaderTest, HandsOverAWholeMessageWithoutCopyingIt) {
  struct Where : Journal {
    bool on_ws_message(MessageKind, std::string_view payload) override {
      data = payload.data();
      return true;
    }
    const char* data = nullptr;
  } where;
  std::string bytes = masked(kOpcodeText, "in place");
  reader_.feed(bytes.data(), bytes.size(), where);
  EXPECT_EQ(where.data, bytes.data() + 6);
}

TEST_F(WsReaderTest, PutsTogetherWhatReadsCutAtAnyPlace) {
  const std::string stream = masked(kOpcodeText, "hello") + masked(kOpcodePing, "p") +
                             masked(kOpcodeBinary, std::string(300, 'b')) +
                             masked(kOpcodeText, "") + masked(kOpcodeText, std::string(70000, 't'));
  for (const std::size_t size : {1u, 2u, 3u, 7u, 100u, 1000u, 65536u}) {
    WsReader reader(WsRole::server, kLimit);
    Journal journal;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      std::string part = stream.substr(at, size);
      ASSERT_FALSE(reader.feed(part.data(), part.size(), journal));
    }
    EXPECT_THAT(journal.lines,
                ElementsAre("text hello", "ping p", "binary " + std::string(300, 'b'), "text ",
                            "text " + std::string(70000, 't')))
        << size;
  }
}

TEST_F(WsReaderTest, JoinsFragmentsWithControlFramesBetweenThem) {
  feed(unfinished(kOpcodeText, "a") + masked(kOpcodePing, "!") +
       unfinished(kOpcodeContinuation, "b") + masked(kOpcodeContinuation, "c") +
       masked(kOpcodeBinary, "next"));
  EXPECT_THAT(journal_.lines, ElementsAre("ping !", "text abc", "binary next"));
}

TEST_F(WsReaderTest, JoinsEmptyFragments) {
  feed(unfinished(kOpcodeText, "") + masked(kOpcodeContinuation, "") + masked(kOpcodeText, "b"));
  EXPECT_THAT(journal_.lines, ElementsAre("text ", "text b"));
}

TEST_F(WsReaderTest, ReportsEveryPing) {
  feed(masked(kOpcodePing, "1") + masked(kOpcodePing, "2") + masked(kOpcodePong, "3"));
  EXPECT_THAT(journal_.lines, ElementsAre("ping 1", "ping 2", "pong 3"));
}

TEST_F(WsReaderTest, ReportsACloseFrameAndNothingAfterIt) {
  feed(masked(kOpcodeClose, close_payload(1001, "bye")) + masked(kOpcodeText, "late"));
  EXPECT_THAT(journal_.lines, ElementsAre("close 1001 bye"));
}

TEST_F(WsReaderTest, ReportsACloseFrameWithoutACode) {
  feed(masked(kOpcodeClose, ""));
  EXPECT_THAT(journal_.lines, ElementsAre("close 0 "));
}

TEST_F(WsReaderTest, StopsWhenItsSinkHasEnough) {
  journal_.go_on = false;
  EXPECT_FALSE(feed(masked(kOpcodeText, "one") + masked(kOpcodeText, "two")));
  EXPECT_THAT(journal_.lines, ElementsAre("text one"));
}

TEST_F(WsReaderTest, RefusesUnmaskedFramesFromAClient) {
  std::string frame;
  append_frame(frame, kOpcodeText, "plain");
  EXPECT_EQ(violation_of(frame), 1002);
  EXPECT_TRUE(journal_.lines.empty());
}

TEST_F(WsReaderTest, RefusesMaskedFramesFromAServer) {
  WsReader reader(WsRole::client, kLimit);
  std::string frame = masked(kOpcodeText, "masked");
  EXPECT_TRUE(reader.feed(frame.data(), frame.size(), journal_));
}

TEST_F(WsReaderTest, AcceptsUnmaskedFramesFromAServer) {
  WsReader reader(WsRole::client, kLimit);
  std::string frame;
  append_frame(frame, kOpcodeText, "plain");
  EXPECT_FALSE(reader.feed(frame.data(), frame.size(), journal_));
  EXPECT_THAT(journal_.lines, ElementsAre("text plain"));
}

TEST_F(WsReaderTest, AcceptsAMessageAsLargeAsTheLimit) {
  EXPECT_EQ(violation_of(masked(kOpcodeBinary, std::string(kLimit, 'x'))), 0);
  EXPECT_EQ(journal_.lines.size(), 1u);
}

TEST_F(WsReaderTest, RefusesALargerMessageAtItsHeader) {
  EXPECT_EQ(violation_of(masked(kOpcodeBinary, std::string(kLimit + 1, 'x')).substr(0, 14)), 1009);
}

TEST_F(WsReaderTest, CountsAllFragmentsTowardsTheLimit) {
  EXPECT_EQ(violation_of(unfinished(kOpcodeText, std::string(kLimit, 'x'))), 0);
  EXPECT_EQ(violation_of(masked(kOpcodeContinuation, "y")), 1009);
}

struct Malformed {
  const char* what;
  std::string bytes;
};
class MalformedFrames : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedFrames, AreAViolation) {
  WsReader reader(WsRole::server, kLimit);
  Journal journal;
  std::string bytes = GetParam().bytes;
  const auto violation = reader.feed(bytes.data(), bytes.size(), journal);
  ASSERT_TRUE(violation) << GetParam().what;
  EXPECT_EQ(violation->code, 1002) << GetParam().what;
}

std::string with_first_byte(std::string frame, unsigned char byte) {
  frame[0] = static_cast<char>(byte);
  return frame;
}

INSTANTIATE_TEST_SUITE_P(
    All, MalformedFrames,
    testing::Values(
        Malformed{"reserved bit", with_first_byte(masked(kOpcodeText, "x"), 0xc1)},
        Malformed{"reserved opcode", with_first_byte(masked(kOpcodeText, "x"), 0x83)},
        Malformed{"reserved control opcode", with_first_byte(masked(kOpcodeText, "x"), 0x8b)},
        Malformed{"fragmented ping", unfinished(kOpcodePing, "x")},
        Malformed{"long ping", masked(kOpcodePing, std::string(126, 'x'))},
        Malformed{"continuation of nothing", masked(kOpcodeContinuation, "x")},
        Malformed{"message inside a message",
                  unfinished(kOpcodeText, "x") + masked(kOpcodeText, "y")},
        Malformed{"negative length", std::string("\x82\xff\x80\0\0\0\0\0\0\0....", 14)},
        Malformed{"close with one byte", masked(kOpcodeClose, "x")},
        Malformed{"close with code 1005", masked(kOpcodeClose, close_payload(1005, ""))},
        Malformed{"close with code 999", masked(kOpcodeClose, close_payload(999, ""))}));

}  // namespace
}  // namespace sio::net
