#include "client/checkup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_server.h"

namespace sio::client {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kCanUpgrade =
    R"(0{"sid":"eio","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000})";
constexpr std::string_view kUnknown = R"({"code":1,"message":"Session ID unknown"})";

class CheckupTest : public LoopTest, protected CheckupEvents {
 protected:
  void on_layer(const LayerReport& report) override {
    lines.push_back(std::string(name_of(report.layer)) + (report.ok ? "" : " fails"));
    facts = report.facts;
  }
  void on_ready(std::string_view transport) override {
    lines.push_back("ready by " + std::string(transport));
  }
  void on_round_trip(Duration) override { lines.emplace_back("round trip"); }
  void on_failed(const Diagnosis& why) override {
    lines.push_back("failed: " + std::string(name_of(why.layer)));
    message = why.cause.message;
  }
  void on_left() override { lines.emplace_back("left"); }

  Checkup& start(TransportChoice choice, Duration patience = std::chrono::seconds(10)) {
    CheckupEvents& self = *this;
    checkup_.emplace(
        *loop_, server_,
        CheckupOptions{
            .target = {.endpoint = {.host = "h", .port = 80}, .name = "h:80", .transport = choice},
            .patience = patience},
        net::HttpHeaders{}, "", self, nullptr);
    checkup_->start();
    return *checkup_;
  }
  void accept_connect(FakeSocket& socket) {
    ASSERT_THAT(socket.take(), ElementsAre(HasSubstr("40{")));
    socket.say(R"(40{"sid":"s"})");
  }
  std::vector<std::string> told() { return std::exchange(lines, {}); }

  FakeServer server_{*loop_};
  std::optional<Checkup> checkup_;
  std::vector<std::string> lines;
  std::string message;
  std::vector<Fact> facts;  // of the last layer
};

TEST_F(CheckupTest, TriesBothTransportsAndTheChangeBetweenThem) {
  Checkup& checkup = start(TransportChoice::automatic);
  server_.answer("GET", 200, std::string(kCanUpgrade));
  EXPECT_THAT(told(), ElementsAre("engine", "path"));
  EXPECT_THAT(server_.waiting("POST"), ElementsAre("3"));
  server_.answer("POST", 200, "ok");
  FakeSocket& upgraded = server_.accept("");
  EXPECT_THAT(upgraded.take(), ElementsAre("2probe"));
  upgraded.say("3probe");
  EXPECT_THAT(upgraded.take(), ElementsAre("5"));
  EXPECT_TRUE(upgraded.ended);
  EXPECT_THAT(told(), ElementsAre("polling", "upgrade"));
  accept_connect(server_.accept());
  EXPECT_THAT(told(), ElementsAre("websocket", "namespace", "auth", "ready by websocket"));
  checkup.measure();
  server_.sockets.back()->pong();
  checkup.leave();
  run_until([this] { return lines.size() == 2; });
  EXPECT_THAT(told(), ElementsAre("round trip", "left"));
}

TEST_F(CheckupTest, GoesOnByWebSocketWhenPollingDoesNotWork) {
  start(TransportChoice::automatic);
  server_.answer("GET", 200, std::string(kCanUpgrade));
  server_.answer("POST", 400, std::string(kUnknown));
  accept_connect(server_.accept());
  EXPECT_THAT(told(), ElementsAre("engine", "path", "polling fails", "websocket", "namespace",
                                  "auth", "ready by websocket"));
}

TEST_F(CheckupTest, GoesOnByPollingWhenThereIsNoWebSocket) {
  start(TransportChoice::automatic);
  server_.answer("GET", 200, std::string(kCanUpgrade));
  server_.answer("POST", 200, "ok");
  server_.refuse({.stage = net::ConnectStage::http, .http_status = 400});
  server_.refuse({.stage = net::ConnectStage::http, .http_status = 400});
  EXPECT_THAT(told(), ElementsAre("engine", "path", "polling", "upgrade fails", "websocket fails"));
  EXPECT_THAT(server_.waiting("GET"), ElementsAre(""));
}

TEST_F(CheckupTest, TellsTheTransportThatIsOffBehindTheLayersBeforeIt) {
  start(TransportChoice::automatic);
  checkup_->note({.stage = net::ConnectStage::tcp});
  checkup_->note({.stage = net::ConnectStage::http, .http_status = 400});
  server_.answer("GET", 400, R"({"code":0,"message":"Transport unknown"})");
  EXPECT_THAT(told(), ElementsAre("tcp"));
  accept_connect(server_.accept());
  EXPECT_THAT(told(), ElementsAre("http", "engine", "path", "polling fails", "websocket",
                                  "namespace", "auth", "ready by websocket"));
}

TEST_F(CheckupTest, SaysNothingOfTheVersionUntilAWebSocketHasAnsweredConnect) {
  start(TransportChoice::websocket);
  FakeSocket& socket = server_.accept();
  EXPECT_THAT(told(), ElementsAre());
  socket.say("40");
  EXPECT_THAT(told(), ElementsAre("engine fails", "failed: engine"));
  EXPECT_THAT(message, HasSubstr("v2 server"));
}

TEST_F(CheckupTest, TakesTlsForDoneOnlyWhenTheServerHasAnswered) {
  start(TransportChoice::polling);
  checkup_->note({.stage = net::ConnectStage::tls});
  EXPECT_THAT(told(), ElementsAre());
  server_.requests.back()->events->on_failed(
      {.stage = net::ConnectStage::tls, .symptom = net::Symptom::wants_our_own});
  EXPECT_THAT(told(), ElementsAre("tls fails", "failed: tls"));
}

TEST_F(CheckupTest, LosesItsPatienceAtEachStep) {
  start(TransportChoice::polling, milliseconds(1));
  run_until([this] { return !lines.empty(); });
  EXPECT_THAT(told(), ElementsAre("http fails", "failed: http"));

  start(TransportChoice::automatic, milliseconds(1));
  server_.answer("GET", 200, std::string(kCanUpgrade));
  run_until([this] { return lines.size() > 2; });
  EXPECT_THAT(told(), ElementsAre("engine", "path", "polling fails"));
  server_.accept();
  run_until([this] { return lines.size() > 2; });
  EXPECT_THAT(told(), ElementsAre("websocket", "namespace fails", "failed: namespace"));

  start(TransportChoice::websocket, milliseconds(1));
  accept_connect(server_.accept());
  told();
  checkup_->measure();
  run_until([this] { return !lines.empty(); });
  EXPECT_THAT(told(), ElementsAre("failed: websocket"));
  EXPECT_THAT(message, HasSubstr("no answer to a ping"));
}

TEST_F(CheckupTest, TellsTheReasonOfARefusalAsOneLine) {
  start(TransportChoice::websocket);
  server_.accept().say("44{\"message\":\"no\",\"data\":{\r\n\"code\":1}}");
  EXPECT_THAT(told(), ElementsAre("engine", "path", "websocket", "namespace", "auth fails",
                                  "failed: auth"));
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].json, "{\"code\":1}");
}

TEST_F(CheckupTest, NoticesThatTheServerEndsTheSession) {
  start(TransportChoice::websocket);
  FakeSocket& socket = server_.accept();
  accept_connect(socket);
  told();
  socket.say(R"(42["an event",1])");
  socket.say("41");
  EXPECT_THAT(told(), ElementsAre("failed: namespace"));
}

}  // namespace
}  // namespace sio::client
