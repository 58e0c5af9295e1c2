// WebSocket connections of the server over real sockets, on both loops and with threads: a peer in
// exact bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "raw_client.h"
#include "test_server.h"

namespace sio::net {
namespace {

using test::masked_frame;
using test::RawClient;
using test::server_frame;
using test::TestServer;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class WebSocketServerTest : public testing::TestWithParam<test::ServerKind> {
 protected:
  void SetUp() override { client_.upgrade(); }
  void expect_frame(unsigned char opcode, std::string_view payload) {
    const std::string frame = server_frame(opcode, payload);
    EXPECT_EQ(client_.read_exactly(frame.size()), frame);
  }

  TestServer server_{GetParam(), {.max_message = 1'000'000}};
  RawClient client_{server_.url()};
};

INSTANTIATE_TEST_SUITE_P(Loops, WebSocketServerTest, testing::ValuesIn(test::kServerKinds),
                         [](const auto& test) { return test::name_of(test.param); });

TEST_P(WebSocketServerTest, EchoesTextAndBinaryOfEverySize) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 1'000'000u}) {
    const std::string payload(size, 'p');
    client_.send(masked_frame(kOpcodeText, payload));
    expect_frame(kOpcodeText, payload);
    client_.send(masked_frame(kOpcodeBinary, payload));
    expect_frame(kOpcodeBinary, payload);
  }
}

TEST_P(WebSocketServerTest, JoinsFragmentsThatComeOneByOne) {
  std::string first = masked_frame(kOpcodeText, "frag");
  first[0] = static_cast<char>(first[0] & 0x7f);
  for (const char c : first + masked_frame(kOpcodeContinuation, "mented")) client_.send({&c, 1});
  expect_frame(kOpcodeText, "fragmented");
}

TEST_P(WebSocketServerTest, TakesFramesThatComeWithTheHandshake) {
  RawClient eager(server_.url());
  eager.send("GET /ws HTTP/1.1\r\n" + std::string(test::kUpgradeHeaders) +
             masked_frame(kOpcodeText, "early"));
  eager.read_until("\r\n\r\n");
  EXPECT_EQ(eager.read_exactly(7), server_frame(kOpcodeText, "early"));
}

// Of several in one read libwebsockets answers the first only.
TEST_P(WebSocketServerTest, AnswersPings) {
  for (const std::string payload : {"", "1", "two"}) {
    client_.send(masked_frame(kOpcodePing, payload));
    expect_frame(kOpcodePong, payload);
  }
  client_.send(masked_frame(kOpcodePing, "first") + masked_frame(kOpcodePing, "second") +
               masked_frame(kOpcodeText, "text"));
  const std::string both = server_frame(kOpcodePong, "first") + server_frame(kOpcodeText, "text");
  EXPECT_THAT(
      client_.read_exactly(both.size()),
      testing::AnyOf(both, server_frame(kOpcodeText, "text") + server_frame(kOpcodePong, "first")));
}

TEST_P(WebSocketServerTest, LearnsFromAPongThatItsPingArrived) {
  client_.send(masked_frame(kOpcodeText, "ping") + masked_frame(kOpcodeText, "ping"));
  for (int i = 0; i < 2; ++i)  // the second is sent when the first has been answered
    client_.send(masked_frame(kOpcodePong, client_.read_exactly(6).substr(2)));
  client_.send(masked_frame(kOpcodeText, "note end"));
  ASSERT_TRUE(server_.journal().wait_for("note end"));
  EXPECT_THAT(server_.journal().lines(),
              testing::ElementsAre("open 0", "pong", "pong", "note end"));
}

TEST_P(WebSocketServerTest, PutsPongsBetweenTheFramesOfABacklog) {
  RawClient slow(server_.url(), 4096);
  slow.upgrade();
  server_.push(1, 100, 100'000);
  slow.send(masked_frame(kOpcodePing, "?"));
  const std::string pong = server_frame(kOpcodePong, "?");
  bool seen = false;
  for (int i = 0; i < 100; ++i) {
    std::string head = slow.read_exactly(pong.size());
    if (head == pong) {
      seen = true;
      head = slow.read_exactly(pong.size());
    }
    ASSERT_EQ(head.substr(0, 2), "\x81\x7f") << i;
    slow.read_exactly(100'010 - pong.size());
  }
  if (!seen) seen = slow.read_exactly(pong.size()) == pong;
  EXPECT_TRUE(seen);
}

TEST_P(WebSocketServerTest, ClosesWith1002OnAnUnmaskedFrame) {
  client_.send(server_frame(kOpcodeText, "unmasked"));
  expect_frame(kOpcodeClose, close_payload(1002, ""));
  client_.send(masked_frame(kOpcodeClose, close_payload(1002, "")));
  EXPECT_EQ(client_.read_to_end(), "");
  EXPECT_TRUE(server_.journal().wait_for("closed 0 violation 0"));
}

TEST_P(WebSocketServerTest, ClosesWith1002OnAnUnmaskedFrameAmongMaskedOnes) {
  client_.send(masked_frame(kOpcodeText, "masked") +
               server_frame(kOpcodeText, std::string(300, 'u')));
  // Threads close before anybody else has answered what came in front.
  if (GetParam() != test::ServerKind::threads) expect_frame(kOpcodeText, "masked");
  expect_frame(kOpcodeClose, close_payload(1002, ""));
  EXPECT_TRUE(server_.journal().wait_for("closed 0 violation 0"));
}

TEST_P(WebSocketServerTest, TakesHeadersThatAreCutAnywhere) {
  for (const std::size_t size : {5u, 300u, 70'000u}) {
    const std::string frame = masked_frame(kOpcodeText, std::string(size, 'c'));
    for (std::size_t cut = 1; cut <= std::min<std::size_t>(15, frame.size() - 1); ++cut) {
      client_.send(frame.substr(0, cut));
      client_.send(frame.substr(cut));
      expect_frame(kOpcodeText, std::string(size, 'c'));
    }
  }
}

TEST_P(WebSocketServerTest, ClosesWith1009OnAMessageThatIsTooLarge) {
  client_.send(masked_frame(kOpcodeBinary, std::string(1'000'001, 'x')));
  expect_frame(kOpcodeClose, close_payload(1009, ""));
  client_.finish_sending();
  EXPECT_EQ(client_.read_to_end(), "");
  EXPECT_TRUE(server_.journal().wait_for("closed 0 violation 0"));
}

TEST_P(WebSocketServerTest, ClosesWithoutAStatusAfterEverythingWasSent) {
  client_.send(masked_frame(kOpcodeText, "last") + masked_frame(kOpcodeText, "close"));
  expect_frame(kOpcodeText, "last");
  expect_frame(kOpcodeClose, "");
  client_.send(masked_frame(kOpcodeClose, ""));
  EXPECT_EQ(client_.read_to_end(), "");
  EXPECT_TRUE(server_.journal().wait_for("closed 0 local 0"));
}

TEST_P(WebSocketServerTest, ClosesWithAStatusIfThereIsOne) {
  client_.send(masked_frame(kOpcodeText, "close 4000"));
  expect_frame(kOpcodeClose, close_payload(4000, ""));
}

TEST_P(WebSocketServerTest, ClosesOnAPeerThatDoesNotAnswerTheCloseFrame) {
  client_.send(masked_frame(kOpcodeText, "close"));
  expect_frame(kOpcodeClose, "");
  client_.finish_sending();
  EXPECT_EQ(client_.read_to_end(), "");
  EXPECT_TRUE(server_.journal().wait_for("closed 0 local 0"));
}

TEST_P(WebSocketServerTest, AnswersACloseFrameWithItsCode) {
  client_.send(masked_frame(kOpcodeClose, close_payload(1001, "going")));
  expect_frame(kOpcodeClose, close_payload(1001, "going"));
  EXPECT_EQ(client_.read_to_end(), "");
  EXPECT_TRUE(server_.journal().wait_for("closed 0 remote 1001"));
}

TEST_P(WebSocketServerTest, DropsTheConnectionOnAbort) {
  client_.send(masked_frame(kOpcodeText, "abort"));
  EXPECT_EQ(client_.read_to_end(), "");
  EXPECT_TRUE(server_.journal().wait_for("closed 0 local 0"));
}

TEST_P(WebSocketServerTest, NoticesAClientThatIsGone) {
  client_.close();
  EXPECT_TRUE(server_.journal().wait_for("closed 0 lost 0"));
}

// A client that emits and leaves at once: all of it in one segment, then the end.
TEST_P(WebSocketServerTest, HearsAClientThatSendsAndClosesAtOnce) {
  for (int i = 1; i <= 20; ++i) {
    RawClient leaver(server_.url());
    leaver.upgrade();
    std::string farewell;
    for (int n = 0; n < 100; ++n)
      farewell += masked_frame(kOpcodeText, "note " + std::to_string(n));
    farewell += masked_frame(kOpcodeText, "note last of " + std::to_string(i));
    leaver.send(farewell + masked_frame(kOpcodeClose, ""));
    leaver.close();
    ASSERT_TRUE(server_.journal().wait_for("note last of " + std::to_string(i)));
    ASSERT_TRUE(server_.journal().wait_for("closed " + std::to_string(i) + " remote 0"));
  }
}

TEST_P(WebSocketServerTest, HearsAClientThatSendsAndResetsAtOnce) {
  for (int i = 1; i <= 20; ++i) {
    RawClient leaver(server_.url());
    leaver.upgrade();
    const std::string mark = "note last of " + std::to_string(i);
    leaver.send(masked_frame(kOpcodeText, mark));
    leaver.reset();
    ASSERT_TRUE(server_.journal().wait_for(mark));
    ASSERT_TRUE(server_.journal().wait_for("closed " + std::to_string(i) + " lost 0"));
  }
}

TEST_P(WebSocketServerTest, HearsWhatWasSentWhileItHadPausedReading) {
  server_.with_transport(0, [](Transport& transport) { transport.pause_reading(); });
  client_.send(masked_frame(kOpcodeText, "note behind the pause"));
  client_.close();
  server_.with_transport(0, [](Transport& transport) { transport.resume_reading(); });
  EXPECT_TRUE(server_.journal().wait_for("note behind the pause"));
  EXPECT_TRUE(server_.journal().wait_for("closed 0 lost 0"));
}

TEST_P(WebSocketServerTest, SlowsThePeerDownWhileReadingIsPaused) {
  server_.with_transport(0, [](Transport& transport) { transport.pause_reading(); });
  const std::string frame = masked_frame(kOpcodeText, std::string(100'000, 'x'));
  std::string stream;
  for (int i = 0; i < 400; ++i) stream += frame;  // more than all socket buffers on the way
  stream += masked_frame(kOpcodeText, "note all of it");
  std::size_t sent = 0;
  while (sent < stream.size()) {
    const std::size_t n = client_.send_what_fits(std::string_view(stream).substr(sent));
    sent += n;
    if (n == 0) break;
  }
  ASSERT_LT(sent, stream.size());
  server_.with_transport(0, [](Transport& transport) { transport.resume_reading(); });
  std::thread reader([this] { client_.read_exactly(400 * (100'000 + 10)); });
  client_.send(std::string_view(stream).substr(sent));
  EXPECT_TRUE(server_.journal().wait_for("note all of it"));
  reader.join();
}

// Partial writes at every place: the stream is compared byte for byte.
TEST_P(WebSocketServerTest, SendsASlowReaderEveryByteInOrder) {
  RawClient slow(server_.url(), 4096);
  slow.upgrade();
  constexpr int kCount = 20'000;
  constexpr std::size_t kSize = 701;
  server_.push(1, kCount, kSize);
  // With threads it is known a moment later.
  const auto backlog = [&] {
    return server_.with_transport(1, [](Transport& t) { return t.backlog(); });
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (backlog() <= 1'000'000u) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  std::string expected;
  for (int i = 0; i < kCount; ++i) {
    std::string text = std::to_string(i) + " ";
    text.resize(kSize, '.');
    expected += server_frame(kOpcodeText, text);
  }
  // Reads little at a time, and writes in between, which must not disturb what is being sent.
  std::string got;
  while (got.size() < expected.size()) {
    got += slow.read_exactly(std::min<std::size_t>(99'991, expected.size() - got.size()));
    slow.send(masked_frame(kOpcodePong, ""));
  }
  EXPECT_TRUE(got == expected);
  slow.send(masked_frame(kOpcodeText, "after"));
  EXPECT_EQ(slow.read_exactly(7), server_frame(kOpcodeText, "after"));
}

TEST_P(WebSocketServerTest, TellsWhenItsBacklogHasFallenToTheMark) {
  RawClient slow(server_.url(), 4096);
  slow.upgrade();
  server_.push(1, 10'000, 1000);
  // That the kernel takes no more is known at once, or with threads a moment later.
  while (server_.with_transport(1, [](Transport& transport) { return transport.writable(); }))
    std::this_thread::yield();
  server_.with_transport(1, [](Transport& transport) { transport.set_drain_mark(1000); });
  EXPECT_THAT(server_.journal().lines(), testing::Not(testing::Contains("drained")));
  slow.read_exactly(10'000 * 1004);
  EXPECT_TRUE(server_.journal().wait_for("drained"));
}

TEST_P(WebSocketServerTest, GoesOnReadingAPeerThatDoesNotRead) {
  RawClient deaf(server_.url(), 4096);
  deaf.upgrade();
  server_.push(1, 10'000, 1000);
  deaf.send(masked_frame(kOpcodeText, "note from a deaf peer"));
  EXPECT_TRUE(server_.journal().wait_for("note from a deaf peer"));
}

TEST_P(WebSocketServerTest, BoundsTheAnswersToPingsOfAPeerThatDoesNotRead) {
  // Not over TCP: where a receiver's memory is full, it drops the segments that would acknowledge
  // its own, too.
  RawClient flooder(server_.listen("unix:@sio-flood-" + std::to_string(::getpid())));
  flooder.upgrade();
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += masked_frame(kOpcodePing, std::string(125, 'p'));
  for (int i = 0; i < 100; ++i) flooder.send(pings);
  flooder.send(masked_frame(kOpcodeText, "note after the flood"));
  ASSERT_TRUE(server_.journal().wait_for("note after the flood"));
  EXPECT_LT(server_.with_transport(1, [](Transport& t) { return t.backlog(); }), 70'000u);
}

TEST_P(WebSocketServerTest, ServesTheOthersWhileOneBreaksTheRules) {
  RawClient bad(server_.url());
  bad.upgrade();
  bad.send("this is not a frame at all");
  ASSERT_TRUE(server_.journal().wait_for("closed 1 violation 0"));
  client_.send(masked_frame(kOpcodeText, "fine"));
  expect_frame(kOpcodeText, "fine");
}

class UpgradeTest : public testing::TestWithParam<test::ServerKind> {
 protected:
  TestServer server_{GetParam()};
  RawClient client_{server_.url()};
};
INSTANTIATE_TEST_SUITE_P(Loops, UpgradeTest, testing::ValuesIn(test::kServerKinds),
                         [](const auto& test) { return test::name_of(test.param); });

TEST_P(UpgradeTest, CarriesTheHeadersOfTheHandler) {
  client_.send("GET /ws HTTP/1.1\r\n" + std::string(test::kUpgradeHeaders));
  const std::string head = client_.read_until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Extra: given\r\n"));
}

TEST_P(UpgradeTest, IsRefusedWithAStatusAndABody) {
  client_.send("GET /no HTTP/1.1\r\n" + std::string(test::kUpgradeHeaders));
  const std::string response = client_.read_to_end();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(response, testing::EndsWith("\r\n\r\nnot you"));
}

TEST_P(UpgradeTest, DoesNotFailOnAnUnknownSubprotocol) {
  client_.send("GET /ws HTTP/1.1\r\nSec-WebSocket-Protocol: chat, superchat\r\n" +
               std::string(test::kUpgradeHeaders));
  EXPECT_THAT(client_.read_until("\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 101 "), HasSubstr("Sec-WebSocket-Protocol: chat\r\n")));
}

TEST_P(UpgradeTest, DoesNotNegotiateDeflate) {
  client_.send("GET /ws HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" +
               std::string(test::kUpgradeHeaders));
  EXPECT_THAT(client_.read_until("\r\n\r\n"), testing::Not(HasSubstr("xtensions")));
}

TEST_P(UpgradeTest, AnswersAnOldVersionWith426) {
  client_.send(
      "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_THAT(client_.read_to_end(),
              AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("Sec-WebSocket-Version: 13\r\n")));
}

}  // namespace
}  // namespace sio::net
