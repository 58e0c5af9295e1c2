#include "server/app.h"

#include <gmock/gmock.h>

#include "unit/server/session_fixture.h"

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

// A child that the test speaks for.
class FakeChild final : public net::Child {
 public:
  FakeChild(net::ChildEvents& events, FakeChild*& current) : events_(events), current_(current) {
    current_ = this;
  }
  ~FakeChild() override {
    if (current_ == this) current_ = nullptr;
  }

  int pid() const override { return 1; }
  void write(std::string_view bytes) override {
    input += bytes;
    backlog += stalled ? bytes.size() : 0;
  }
  std::size_t input_backlog() const override { return backlog; }
  void close_input() override {}
  void pause_output() override {}
  void resume_output() override {}
  void kill(int) override {}

  void say(std::string_view bytes) { events_.on_output(bytes); }
  void exit(int status) { events_.on_exit(status); }
  void drain() {
    backlog = 0;
    stalled = false;
    events_.on_input_drained();
  }
  // The lines that were written since the last call.
  std::vector<std::string> take_lines() {
    std::vector<std::string> lines;
    for (std::size_t end; (end = input.find('\n')) != std::string::npos;) {
      lines.push_back(input.substr(0, end));
      input.erase(0, end + 1);
    }
    return lines;
  }

  std::string input;
  std::size_t backlog = 0;
  bool stalled = false;

 private:
  net::ChildEvents& events_;
  FakeChild*& current_;
};

class FakeLauncher final : public CommandLauncher {
 public:
  Result<std::unique_ptr<net::Child>> launch(net::ChildEvents& events) override {
    ++launches;
    return std::make_unique<FakeChild>(events, child);
  }
  FakeChild* child = nullptr;
  int launches = 0;
};

class AppPolicyTest : public test::SessionFixture {
 protected:
  Policy& policy() override { return app_; }

  void start(std::string_view first_line = "{\"type\":\"options\"}\n") {
    app_.set_server(server());
    ASSERT_TRUE(app_.start());
    tell(first_line);
  }
  // The application writes.
  void tell(std::string_view bytes) {
    launcher_.child->say(bytes);
    end_turn();
  }
  std::vector<std::string> records() { return launcher_.child->take_lines(); }

  // A client of `/` that the application knows; returns its sid.
  std::string join_client(WebSocket*& websocket, std::string_view connect = "40") {
    websocket = &open_websocket();
    websocket->take_sent();
    say(*websocket, connect);
    const auto sent = websocket->take_texts();
    EXPECT_EQ(sent.size(), 1u);
    return sent.empty() ? "" : sent[0].substr(sent[0].find("sid") + 6, 20);
  }

  FakeLauncher launcher_;
  AppPolicy app_{*loop_, launcher_};
};

TEST_F(AppPolicyTest, TheApplicationHearsOfAClientWithItsFacts) {
  start();
  WebSocket* a = nullptr;
  const std::string sid = join_client(*&a, "40{\"token\":\n\"x\"}");
  const auto lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0],
              MatchesRegex(R"(\{"type":"connect","sid":")" + sid +
                           R"(","ns":"/","auth":\{"token": "x"\},"address":"127\.0\.0\.1",)"
                           R"("url":"/socket\.io/\?EIO=4&transport=websocket","headers":\{\},)"
                           R"("query":\{"EIO":"4","transport":"websocket"\},"time":1000,)"
                           R"("secure":false,"xdomain":false\})"));
}

TEST_F(AppPolicyTest, PlainEventsGoToTheApplicationAndNowhereElse) {
  start();
  WebSocket *a, *b;
  const std::string sid = join_client(a);
  join_client(b);
  records();
  say(*a, "427[\"join\",\"red\",{\"x\": 1}]");
  EXPECT_THAT(records(),
              ElementsAre(R"({"type":"event","from":")" + sid +
                          R"(","ns":"/","event":"join","args":["red",{"x": 1}],"ack":7})"));
  EXPECT_THAT(b->take_sent(), IsEmpty());
  EXPECT_THAT(a->take_sent(), IsEmpty());
}

TEST_F(AppPolicyTest, BinaryIsSpelledInBase64) {
  start();
  WebSocket* a;
  join_client(a);
  records();
  a->receive_text("451-[\"b\",{\"_placeholder\":true,\"num\":0}]");
  a->receive_binary("\x01\x02\x03");
  end_turn();
  EXPECT_THAT(records().at(0), HasSubstr(R"("args":[{"$binary":"AQID"}])"));
  tell("{\"type\":\"event\",\"event\":\"b\",\"args\":[{\"$binary\":\"AQID\"}]}\n");
  const auto sent = a->take_sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[1].bytes, "\x01\x02\x03");
}

TEST_F(AppPolicyTest, TheApplicationAnswers) {
  start();
  WebSocket* a;
  const std::string sid = join_client(a);
  tell(R"({"type":"ack","from":")" + sid + "\",\"ack\":7,\"args\":[1,2]}\n");
  EXPECT_THAT(a->take_texts(), ElementsAre("437[1,2]"));
}

TEST_F(AppPolicyTest, TheApplicationAddressesRoomsAndSids) {
  start();
  WebSocket *a, *b, *c;
  const std::string sid_a = join_client(a);
  const std::string sid_b = join_client(b);
  join_client(c);
  tell(R"({"type":"join","sid":")" + sid_a + "\",\"rooms\":[\"red\"]}\n");
  tell(R"({"type":"event","event":"x","to":["red",")" + sid_b + "\"]}\n");
  EXPECT_THAT(a->take_texts(), ElementsAre(R"(42["x"])"));
  EXPECT_THAT(b->take_texts(), ElementsAre(R"(42["x"])"));
  EXPECT_THAT(c->take_texts(), IsEmpty());
  tell(R"({"type":"leave","sid":")" + sid_a + "\",\"rooms\":\"red\"}\n");
  tell("{\"type\":\"event\",\"event\":\"y\",\"to\":\"red\"}\n");
  EXPECT_THAT(a->take_texts(), IsEmpty());
  tell(R"({"type":"event","event":"z","except":")" + sid_b + "\"}\n");
  EXPECT_THAT(b->take_texts(), IsEmpty());
  EXPECT_THAT(c->take_texts(), ElementsAre(R"(42["z"])"));
}

TEST_F(AppPolicyTest, AnEventToASidUsesItsNamespace) {
  start();
  WebSocket* a;
  const std::string sid = join_client(a, "40/admin,");
  tell(R"({"type":"event","event":"x","to":")" + sid + "\"}\n");
  EXPECT_THAT(a->take_texts(), ElementsAre(R"(42/admin,["x"])"));
}

TEST_F(AppPolicyTest, TheApplicationAsksAndHearsTheAnswers) {
  start();
  WebSocket* a;
  const std::string sid = join_client(a);
  records();
  tell("{\"type\":\"event\",\"event\":\"q\",\"args\":[1],\"ack\":12}\n");
  EXPECT_THAT(a->take_texts(), ElementsAre(R"(4212["q",1])"));
  say(*a, "4312[\"yes\"]");
  EXPECT_THAT(records(), ElementsAre(R"({"type":"ack","from":")" + sid +
                                     R"(","ns":"/","args":["yes"],"ack":12})"));
}

TEST_F(AppPolicyTest, TheApplicationDisconnects) {
  start();
  WebSocket *a, *b;
  const std::string sid_a = join_client(a);
  const std::string sid_b = join_client(b);
  records();
  tell(R"({"type":"disconnect","sid":")" + sid_a + "\"}\n");
  EXPECT_THAT(a->take_texts(), ElementsAre("41"));
  EXPECT_FALSE(a->closing());
  EXPECT_THAT(records().at(0), HasSubstr(R"("reason":"server namespace disconnect")"));
  tell(R"({"type":"disconnect","sid":")" + sid_b + "\",\"close\":true}\n");
  EXPECT_TRUE(b->closing());
}

TEST_F(AppPolicyTest, ALeavingClientIsAnnounced) {
  start();
  WebSocket* a;
  const std::string sid = join_client(a);
  records();
  a->lose();
  EXPECT_THAT(records(), ElementsAre(R"({"type":"disconnect","sid":")" + sid +
                                     R"(","ns":"/","reason":"transport error"})"));
}

TEST_F(AppPolicyTest, ABadLineIsSkippedAndTheNextOneCounts) {
  start();
  WebSocket* a;
  join_client(a);
  tell("nonsense\n{\"type\":\"ack\",\"from\":\"nobody\",\"ack\":1}\n\n{\"type\":\"event\",");
  EXPECT_THAT(a->take_texts(), IsEmpty());
  tell("\"event\":\"x\"}\n");
  EXPECT_THAT(a->take_texts(), ElementsAre(R"(42["x"])"));
}

TEST_F(AppPolicyTest, TheApplicationDecidesOnConnections) {
  start("{\"type\":\"options\",\"decide\":true}\n");
  WebSocket& a = open_websocket();
  a.take_sent();
  say(a, "40{\"token\":\"x\"}");
  EXPECT_THAT(a.take_texts(), IsEmpty());
  const std::string line = records().at(0);
  EXPECT_THAT(line, HasSubstr("\"decide\":true"));
  const std::string sid = line.substr(line.find("sid") + 6, 20);
  tell(R"({"type":"accept","sid":")" + sid + "\"}\n");
  EXPECT_THAT(a.take_texts(), ElementsAre("40{\"sid\":\"" + sid + "\"}"));
  EXPECT_THAT(records(), IsEmpty()) << "told once";

  say(a, "40/admin,");
  const std::string other = records().at(0);
  tell(R"({"type":"refuse","sid":")" + other.substr(other.find("sid") + 6, 20) +
       "\",\"message\":\"not you\",\"data\":{\"code\":42}}\n");
  EXPECT_THAT(a.take_texts(), ElementsAre(R"(44/admin,{"message":"not you","data":{"code":42}})"));
}

TEST_F(AppPolicyTest, WhoeverWasLetInBeforeTheApplicationDecidesComesBackAndIsAsked) {
  start();
  WebSocket* a;
  join_client(a);
  tell("{\"type\":\"options\",\"decide\":false}\n");
  run_turn();
  EXPECT_FALSE(a->closing());
  tell("{\"type\":\"options\",\"decide\":true}\n");
  run_turn();
  EXPECT_TRUE(a->closing());
  records();
  WebSocket& again = open_websocket();
  again.take_sent();
  say(again, "40");
  EXPECT_THAT(records().at(0), HasSubstr("\"decide\":true"));
  WebSocket& b = open_websocket();
  tell("{\"type\":\"options\",\"decide\":true}\n");
  run_turn();
  EXPECT_FALSE(b.closing()) << "said once more, it is nothing new";
}

TEST_F(AppPolicyTest, AnUndecidedClientThatLeavesIsTakenBack) {
  start("{\"type\":\"options\",\"decide\":true}\n");
  WebSocket& a = open_websocket();
  say(a, "40");
  records();
  a.lose();
  EXPECT_THAT(records().at(0), HasSubstr("\"type\":\"disconnect\""));
}

TEST_F(AppPolicyTest, ConnectionsWaitForTheFirstLine) {
  app_.set_server(server());
  ASSERT_TRUE(app_.start());
  WebSocket& a = open_websocket();
  a.take_sent();
  say(a, "40");
  EXPECT_THAT(a.take_texts(), IsEmpty());
  tell("{\"type\":\"event\",\"event\":\"hello\"}\n");
  EXPECT_EQ(a.take_texts().size(), 1u);
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(AppPolicyTest, AChildThatEndsIsStartedAgainAndToldOfEverybody) {
  start();
  WebSocket *a, *b;
  const std::string sid = join_client(a);
  records();
  launcher_.child->exit(256);
  EXPECT_FALSE(a->closing());
  say(*a, "42[\"meanwhile\"]");
  const std::string sid_b = join_client(b);
  run_until([&] { return launcher_.launches == 2; });
  const auto lines = records();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0],
              MatchesRegex(R"(\{"type":"connect","sid":")" + sid + R"(.*,"restarted":true\})"));
  EXPECT_THAT(lines[1], HasSubstr("\"meanwhile\""));
  EXPECT_THAT(lines[2],
              MatchesRegex(R"(\{"type":"connect","sid":")" + sid_b + R"(.*"xdomain":false\})"));
}

TEST_F(AppPolicyTest, AChildThatDoesNotReadSlowsTheClientsDown) {
  start();
  WebSocket* a;
  join_client(a);
  launcher_.child->stalled = true;
  const std::string big = "42[\"big\",\"" + std::string(500'000, 'x') + "\"]";
  for (int i = 0; i < 8; ++i) say(*a, big);
  EXPECT_FALSE(a->paused());
  for (int i = 0; i < 2; ++i) say(*a, big);
  EXPECT_TRUE(a->paused());
  launcher_.child->drain();
  EXPECT_FALSE(a->paused());
}

TEST_F(AppPolicyTest, OurExtensionIsNotSpoken) {
  start();
  WebSocket& a = open_websocket();
  a.take_sent();
  say(a, R"(40{"sio":{"v":1,"meta":true,"rooms":["red"]}})");
  EXPECT_THAT(a.take_texts(), ElementsAre(MatchesRegex(R"(40\{"sid":"[^"]*"\})")));
}

}  // namespace
}  // namespace sio::server
