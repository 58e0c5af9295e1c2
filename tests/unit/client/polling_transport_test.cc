#include "client/polling_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_server.h"

namespace sio::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Listener final : public net::WebSocketEvents {
 public:
  void on_open(net::Transport& transport) override { opened = &transport; }
  void on_message(net::MessageKind kind, std::string_view bytes) override {
    messages.push_back(kind == net::MessageKind::binary ? "<" + std::string(bytes) + ">"
                                                        : std::string(bytes));
  }
  void on_drained() override { ++drained; }
  void on_pong() override { ++pongs; }
  void on_closed(const net::TransportClosed& why) override { closed = why; }
  void on_failed(const net::ConnectFailure& why) override { failed = why; }

  net::Transport* opened = nullptr;
  std::vector<std::string> messages;
  int drained = 0;
  int pongs = 0;
  std::optional<net::TransportClosed> closed;
  std::optional<net::ConnectFailure> failed;
};

class PollingTransportTest : public LoopTest {
 protected:
  void open() {
    server_.answer("GET", 200, std::string(kOpenPacket));
    listener_.messages.clear();
    settle();
  }
  void send(std::string_view text) { transport_.send(loop_->frames().text({text})); }

  FakeServer server_{*loop_};
  Listener listener_;
  PollingTransport transport_{
      *loop_, server_, {{}, "/socket.io/?EIO=4&transport=polling", {}}, listener_};
};

TEST_F(PollingTransportTest, OpensWithAGetAndPollsWithItsSessionId) {
  ASSERT_THAT(server_.requests, SizeIs(1));
  EXPECT_EQ(server_.requests[0]->target, "/socket.io/?EIO=4&transport=polling");
  server_.answer("GET", 200, std::string(kOpenPacket));
  EXPECT_EQ(listener_.opened, &transport_);
  EXPECT_THAT(listener_.messages, ElementsAre(std::string(kOpenPacket)));
  settle();
  ASSERT_THAT(server_.requests, SizeIs(2));
  EXPECT_EQ(server_.requests[1]->target, "/socket.io/?EIO=4&transport=polling&sid=eio");
}

TEST_F(PollingTransportTest, FailsWithWhatWasAnsweredInstead) {
  server_.answer("GET", 400, R"({"code":5,"message":"Unsupported protocol version"})");
  settle();
  ASSERT_TRUE(listener_.failed.has_value());
  EXPECT_EQ(listener_.failed->stage, net::ConnectStage::http);
  EXPECT_EQ(listener_.failed->http_status, 400);
}

TEST_F(PollingTransportTest, HandsOutEveryPacketOfAPayload) {
  open();
  server_.answer("GET", 200,
                 "2\x1e"
                 "42[\"a\"]\x1e"
                 "baGk=");
  EXPECT_THAT(listener_.messages, ElementsAre("2", "42[\"a\"]", "<hi>"));
  settle();
  EXPECT_THAT(server_.waiting("GET"), SizeIs(1)) << "the next poll";
}

TEST_F(PollingTransportTest, PostsWhatATurnHasSentInOneRequest) {
  open();
  send("40");
  send("42[\"a\"]");
  transport_.send(loop_->frames().binary("hi"));
  settle();
  EXPECT_THAT(server_.waiting("POST"), ElementsAre("40\x1e"
                                                   "42[\"a\"]\x1e"
                                                   "baGk="));
}

TEST_F(PollingTransportTest, HasOnePostUnderWay) {
  open();
  send("41");
  settle();
  send("42[\"b\"]");
  settle();
  EXPECT_THAT(server_.waiting("POST"), ElementsAre("41"));
  server_.answer("POST", 200, "ok");
  settle();
  EXPECT_THAT(server_.waiting("POST"), ElementsAre("42[\"b\"]"));
}

TEST_F(PollingTransportTest, CutsPayloadsToWhatTheServerTakes) {
  open();
  send("4" + std::string(600, 'a'));
  send("4" + std::string(600, 'b'));
  settle();
  ASSERT_THAT(server_.waiting("POST"), SizeIs(1));
  EXPECT_EQ(server_.waiting("POST")[0].size(), 601U);
  for (int i = 0; i < 40; ++i) send("4x");
  server_.answer("POST", 200, "ok");
  settle();
  server_.answer("POST", 200, "ok");
  settle();
  EXPECT_EQ(server_.waiting("POST")[0].size(), 16U * 3 - 1) << "16 packets, as python takes";
}

TEST_F(PollingTransportTest, CountsItsBacklogAndTellsWhenItHasDrained) {
  open();
  send("4123");
  EXPECT_EQ(transport_.backlog(), 4U);
  transport_.set_drain_mark(0);
  settle();
  EXPECT_EQ(transport_.backlog(), 4U) << "posted, but not answered";
  server_.answer("POST", 200, "ok");
  EXPECT_EQ(transport_.backlog(), 0U);
  EXPECT_EQ(listener_.drained, 1);
}

TEST_F(PollingTransportTest, ProvesArrivalByTheAnswerToThePost) {
  open();
  send("42[\"a\"]");
  EXPECT_TRUE(transport_.send_ping());
  settle();
  EXPECT_EQ(listener_.pongs, 0);
  server_.answer("POST", 200, "ok");
  EXPECT_EQ(listener_.pongs, 1);
}

TEST_F(PollingTransportTest, ProvesAtOnceWhenNothingIsUnderWay) {
  open();
  transport_.send_ping();
  settle();
  EXPECT_EQ(listener_.pongs, 1);
  EXPECT_THAT(server_.waiting("POST"), IsEmpty());
}

TEST_F(PollingTransportTest, StartsNoPollWhilePaused) {
  open();
  transport_.pause_reading();
  server_.answer("GET", 200, "2");
  settle();
  EXPECT_THAT(server_.waiting("GET"), IsEmpty());
  transport_.resume_reading();
  settle();
  EXPECT_THAT(server_.waiting("GET"), SizeIs(1));
}

TEST_F(PollingTransportTest, ClosesWithAPacketBehindWhatWasSent) {
  open();
  send("41");
  transport_.close();
  settle();
  EXPECT_THAT(server_.waiting("POST"), ElementsAre("41\x1e"
                                                   "1"));
  server_.answer("POST", 200, "ok");
  settle();
  ASSERT_TRUE(listener_.closed.has_value());
  EXPECT_EQ(listener_.closed->reason, net::CloseReason::local);
  EXPECT_THAT(server_.waiting("GET"), IsEmpty());
}

TEST_F(PollingTransportTest, IsLostWhenTheSessionIsUnknown) {
  open();
  server_.answer("GET", 400, R"({"code":1,"message":"Session ID unknown"})");
  settle();
  ASSERT_TRUE(listener_.closed.has_value());
  EXPECT_EQ(listener_.closed->reason, net::CloseReason::lost);
  EXPECT_EQ(listener_.closed->detail, "poll: HTTP 400: Session ID unknown");
}

TEST_F(PollingTransportTest, IsLostWhenAPostIsRefused) {
  open();
  send("42[\"a\"]");
  settle();
  server_.answer("POST", 413, "");
  settle();
  ASSERT_TRUE(listener_.closed.has_value());
  EXPECT_EQ(listener_.closed->detail, "post: HTTP 413");
}

TEST_F(PollingTransportTest, IsViolatedByBadBase64) {
  open();
  server_.answer("GET", 200, "b***");
  settle();
  ASSERT_TRUE(listener_.closed.has_value());
  EXPECT_EQ(listener_.closed->reason, net::CloseReason::violation);
}

}  // namespace
}  // namespace sio::client
