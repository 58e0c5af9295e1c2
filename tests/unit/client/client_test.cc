#include "client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_server.h"

namespace sio::client {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FixedCredentials final : public Credentials {
 public:
  Result<net::HttpHeaders> headers() override {
    ++asked;
    return net::HttpHeaders{{"X-Test", "1"}};
  }
  Result<std::string> auth() override {
    if (!error.empty()) return fail(Errc::io, error);
    return auth_text;
  }
  std::string auth_text;
  std::string error;
  int asked = 0;
};

class Diary final : public ClientEvents {
 public:
  void on_joined(const Joined& joined) override {
    lines.push_back("joined " + std::string(joined.ns) + " " + std::string(joined.sid) +
                    (joined.welcome != nullptr ? " sio" : "") + (joined.again ? " again" : "") +
                    (joined.recovered ? " recovered" : ""));
  }
  void on_event(const ReceivedEvent& event) override {
    std::string line = "event " + std::string(event.packet->ns) + " " +
                       std::string(event.packet->event) + " " + std::string(event.args);
    if (event.meta != nullptr) line += " id=" + event.meta->id;
    if (!event.offset.empty()) line += " offset=" + std::string(event.offset);
    if (event.attachments != nullptr)
      for (const std::string& bytes : *event.attachments) line += " <" + bytes + ">";
    lines.push_back(line);
  }
  void on_ack(const ReceivedAck& ack) override {
    lines.push_back("ack " + std::to_string(ack.id) + " " + std::string(ack.args));
  }
  void on_gap(const Gap& gap) override {
    lines.push_back("gap " + gap.after + " " + gap.before + " " + gap.reason);
  }
  void on_lost(const Lost& lost) override {
    lines.push_back((lost.was_connected ? "lost " : "not connected ") + lost.reason);
  }
  void on_pong() override { lines.emplace_back("pong"); }
  void on_refused(const Refusal& refusal) override {
    lines.push_back("refused " + std::string(refusal.ns) + " " + refusal.message + " " +
                    std::string(refusal.data));
  }
  void on_ended(const Outcome& outcome) override { ended = outcome; }
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  std::optional<Outcome> ended;
};

class ClientTest : public LoopTest {
 protected:
  ClientTest() {
    options_.target.endpoint = {.host = "127.0.0.1", .port = 3000};
    options_.target.name = "127.0.0.1:3000";
    options_.ask_hello = false;
    options_.backoff.first = milliseconds(2);
  }

  void start() {
    client_ = std::make_unique<Client>(*loop_, server_, options_, credentials_, diary_, nullptr);
    client_->start();
  }
  // Starts, connects, and joins "/" as a client of another server than sio.
  FakeSocket& start_joined(std::string_view reply = R"(40{"sid":"s1"})") {
    start();
    FakeSocket& socket = server_.accept();
    socket.say(reply);
    socket.take();
    diary_.take();
    return socket;
  }
  void wait_for_dial(std::size_t number) {
    run_until([this, number] { return server_.dials.size() >= number; });
  }

  ClientOptions options_;
  FixedCredentials credentials_;
  Diary diary_;
  FakeServer server_{*loop_};
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, DialsTheEngineEndpointWithItsHeaders) {
  options_.target.query = "token=x";
  start();
  ASSERT_THAT(server_.dials, SizeIs(1));
  EXPECT_EQ(server_.dials[0].target, "/socket.io/?token=x&EIO=4&transport=websocket");
  EXPECT_THAT(server_.dials[0].headers, Contains(testing::Pair("X-Test", "1")));
}

TEST_F(ClientTest, JoinsEachNamespaceWithTheAuth) {
  options_.namespaces = {"/", "/admin"};
  credentials_.auth_text = R"({"token":"t"})";
  start();
  FakeSocket& socket = server_.accept();
  EXPECT_THAT(socket.sent, ElementsAre(R"(40{"token":"t"})", R"(40/admin,{"token":"t"})"));
  socket.say(R"(40/admin,{"sid":"s2"})");
  socket.say(R"(40{"sid":"s1"})");
  EXPECT_THAT(diary_.lines, ElementsAre("joined /admin s2", "joined / s1"));
}

TEST_F(ClientTest, HandsOutEventsAcksAndAttachments) {
  FakeSocket& socket = start_joined();
  socket.say(R"(42["a",1,{"b":2}])");
  socket.say(R"(4317["ok"])");
  socket.say(R"(451-["bin",{"_placeholder":true,"num":0}])");
  socket.say_binary("xyz");
  EXPECT_THAT(diary_.lines, ElementsAre(R"(event / a 1,{"b":2})", R"(ack 17 "ok")",
                                        R"(event / bin {"_placeholder":true,"num":0} <xyz>)"));
}

TEST_F(ClientTest, AnswersPings) {
  FakeSocket& socket = start_joined();
  socket.say("2");
  EXPECT_THAT(socket.sent, ElementsAre("3"));
}

TEST_F(ClientTest, HoldsBackEventsUntilTheNamespaceHasAnswered) {
  start();
  FakeSocket& socket = server_.accept();
  socket.say(R"(42["early",1])");
  socket.say(R"(451-["bin",{"_placeholder":true,"num":0}])");
  socket.say_binary("xyz");
  EXPECT_THAT(diary_.lines, IsEmpty());
  socket.say(R"(40{"sid":"s1"})");
  EXPECT_THAT(diary_.lines, ElementsAre("joined / s1", "event / early 1",
                                        R"(event / bin {"_placeholder":true,"num":0} <xyz>)"));
}

TEST_F(ClientTest, EndsWhenTheOnlyNamespaceIsRefused) {
  start();
  FakeSocket& socket = server_.accept();
  socket.say(R"(44{"message":"not authorized","data":{"code":42}})");
  settle();
  EXPECT_THAT(diary_.lines, ElementsAre(R"(refused / not authorized {"code":42})"));
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, Ending::refused);
  EXPECT_THAT(diary_.ended->message, HasSubstr("not authorized"));
}

TEST_F(ClientTest, TakesARefusalThatIsAString) {
  start();
  server_.accept().say(R"(44"Unable to connect")");
  EXPECT_THAT(diary_.lines, ElementsAre("refused / Unable to connect "));
}

TEST_F(ClientTest, GoesOnWhileANamespaceIsLeft) {
  options_.namespaces = {"/", "/nope"};
  start();
  FakeSocket& socket = server_.accept();
  socket.say(R"(40{"sid":"s1"})");
  socket.say(R"(44/nope,{"message":"Invalid namespace"})");
  settle();
  EXPECT_FALSE(diary_.ended.has_value());
  EXPECT_EQ(client_->namespaces_left(), 1U);
}

TEST_F(ClientTest, JoinsOneMoreNamespaceWhenAsked) {
  FakeSocket& socket = start_joined();
  client_->add_namespace("/more");
  EXPECT_THAT(socket.sent, ElementsAre("40/more,"));
  socket.say(R"(40/more,{"sid":"s3"})");
  EXPECT_THAT(diary_.lines, ElementsAre("joined /more s3"));
}

TEST_F(ClientTest, SeesThatAVersion2ServerIsIncompatible) {
  start();
  server_.accept().say("40");
  settle();
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, Ending::incompatible);
}

TEST_F(ClientTest, SeesThatSomethingElseThanEngineIoIsIncompatible) {
  start();
  server_.accept("hello, this is another protocol");
  settle();
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, Ending::incompatible);
}

TEST_F(ClientTest, FallsBackToPollingWhenTheServerAnswersByHttp) {
  start();
  server_.refuse({.stage = net::ConnectStage::http,
                  .http_status = 400,
                  .http_body = R"({"code":0,"message":"Transport unknown"})"});
  ASSERT_THAT(server_.requests, SizeIs(1));
  EXPECT_EQ(server_.requests[0]->target, "/socket.io/?EIO=4&transport=polling");
  server_.answer("GET", 200, std::string(kOpenPacket));
  settle();
  EXPECT_THAT(server_.waiting("POST"), ElementsAre("40"));
  server_.answer("POST", 200, "ok");
  server_.answer("GET", 200, R"(40{"sid":"s1"})");
  EXPECT_THAT(diary_.lines, ElementsAre("joined / s1"));
}

TEST_F(ClientTest, DoesNotFallBackWhenNobodyListens) {
  start();
  server_.refuse({.stage = net::ConnectStage::tcp, .message = "connect: Connection refused"});
  EXPECT_THAT(server_.requests, IsEmpty());
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, Ending::unreachable);
  EXPECT_EQ(diary_.ended->message, "connect: Connection refused");
  EXPECT_THAT(diary_.ended->hint, HasSubstr("sio serve 3000"));
}

TEST_F(ClientTest, DoesNotFallBackWhenToldWebsocketOnly) {
  options_.target.transport = TransportChoice::websocket;
  start();
  server_.refuse({.stage = net::ConnectStage::http,
                  .http_status = 400,
                  .http_body = R"({"code":0,"message":"Transport unknown"})"});
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, Ending::unreachable);
  EXPECT_THAT(diary_.ended->message, HasSubstr("Transport unknown"));
}

struct HttpCase {
  int status;
  const char* body;
  Ending ending;
};

class ClientHttpTest : public ClientTest, public testing::WithParamInterface<HttpCase> {};

TEST_P(ClientHttpTest, JudgesWhatAServerAnswersInstead) {
  options_.target.transport = TransportChoice::polling;
  start();
  server_.answer("GET", GetParam().status, GetParam().body);
  settle();
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, GetParam().ending) << diary_.ended->message;
  EXPECT_FALSE(diary_.ended->message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ClientHttpTest,
    testing::Values(HttpCase{200, "<html>hello</html>", Ending::incompatible},
                    HttpCase{404, "not found", Ending::incompatible},
                    HttpCase{200, R"(97:0{"sid":"v3","pingInterval":25000})", Ending::incompatible},
                    HttpCase{400, R"({"code":5,"message":"Unsupported protocol version"})",
                             Ending::incompatible},
                    HttpCase{403, R"({"code":4,"message":"Forbidden"})", Ending::refused},
                    HttpCase{401, "", Ending::refused},
                    HttpCase{400, R"({"code":0,"message":"Transport unknown"})",
                             Ending::unreachable},
                    HttpCase{301, "", Ending::unreachable},
                    HttpCase{502, "bad gateway", Ending::unreachable}));

TEST_F(ClientTest, KeepsTryingTheFirstConnectionAsLongAsItWasTold) {
  options_.first_wait = milliseconds(300);
  start();
  std::size_t answered = 0;
  run_until([&] {
    while (answered < server_.dials.size()) {
      server_.dials[answered].events->on_failed({.stage = net::ConnectStage::tcp, .message = "no"});
      ++answered;
    }
    return diary_.ended.has_value();
  });
  EXPECT_GT(server_.dials.size(), 1U);
  EXPECT_EQ(diary_.ended->ending, Ending::unreachable);
}

TEST_F(ClientTest, DoesNotWaitForWhatWillNotComeRight) {
  options_.first_wait = std::chrono::hours(1);
  options_.target.transport = TransportChoice::websocket;
  start();
  server_.refuse({.stage = net::ConnectStage::http, .http_status = 403});
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, Ending::refused);
}

TEST_F(ClientTest, ConnectsAgainAndJoinsAgainAfterALoss) {
  FakeSocket& socket = start_joined();
  socket.break_off();
  wait_for_dial(2);
  EXPECT_THAT(diary_.take(), ElementsAre("lost transport error"));
  EXPECT_EQ(credentials_.asked, 2) << "the headers are asked for at every connect";
  FakeSocket& second = server_.accept();
  EXPECT_THAT(second.sent, ElementsAre("40"));
  second.say(R"(40{"sid":"s2"})");
  EXPECT_THAT(diary_.lines, ElementsAre("joined / s2 again"));
}

TEST_F(ClientTest, KeepsTryingWhenReconnectingFails) {
  FakeSocket& socket = start_joined();
  socket.break_off();
  wait_for_dial(2);
  server_.refuse({.stage = net::ConnectStage::http, .http_status = 404});
  server_.answer("GET", 404, "");
  wait_for_dial(3);
  EXPECT_FALSE(diary_.ended.has_value());
}

TEST_F(ClientTest, EndsAtALossWhenToldNotToReconnect) {
  options_.reconnect = false;
  start_joined().break_off(net::CloseReason::remote);
  run_until([this] { return diary_.ended.has_value(); });
  EXPECT_EQ(diary_.ended->ending, Ending::lost);
  EXPECT_THAT(diary_.ended->message, HasSubstr("transport close"));
}

TEST_F(ClientTest, DoesNotComeBackToANamespaceItWasPutOutOf) {
  FakeSocket& socket = start_joined();
  socket.say("41");
  run_until([this] { return diary_.ended.has_value(); });
  EXPECT_EQ(diary_.ended->ending, Ending::lost);
  EXPECT_THAT(server_.dials, SizeIs(1));
}

TEST_F(ClientTest, DropsAConnectionThatBreaksTheProtocol) {
  FakeSocket& socket = start_joined();
  socket.say("42{}");
  wait_for_dial(2);
  EXPECT_THAT(diary_.lines, ElementsAre(HasSubstr("lost parse error")));
}

TEST_F(ClientTest, DropsAServerThatHasGoneSilent) {
  options_.reconnect = false;
  start();
  server_.accept(
      R"(0{"sid":"e","upgrades":[],"pingInterval":20,"pingTimeout":20,"maxPayload":1000})");
  server_.sockets.back()->say(R"(40{"sid":"s1"})");
  run_until([this] { return diary_.ended.has_value(); });
  EXPECT_EQ(diary_.ended->ending, Ending::lost);
  EXPECT_THAT(diary_.ended->message, HasSubstr("ping timeout"));
}

TEST_F(ClientTest, KeepsThePausedSessionAliveWithoutReading) {
  options_.reconnect = false;
  start();
  FakeSocket& socket = server_.accept(
      R"(0{"sid":"e","upgrades":[],"pingInterval":20,"pingTimeout":20,"maxPayload":1000})");
  socket.say(R"(40{"sid":"s1"})");
  socket.take();
  client_->pause();
  EXPECT_FALSE(socket.reading);
  run_until([&socket] { return socket.sent.size() >= 6; });
  EXPECT_THAT(socket.sent, testing::Each("3"));
  EXPECT_FALSE(diary_.ended.has_value()) << "nobody reads, so no ping can be missed";
  client_->resume();
  EXPECT_TRUE(socket.reading);
}

TEST_F(ClientTest, KeepsTheSessionAliveThatIsPausedOftenAndNeverForLong) {
  start();
  FakeSocket& socket = server_.accept(
      R"(0{"sid":"e","upgrades":[],"pingInterval":20,"pingTimeout":20,"maxPayload":1000})");
  socket.say(R"(40{"sid":"s1"})");
  socket.take();
  run_until([&] {
    client_->pause();
    client_->resume();
    return socket.sent.size() >= 3;
  });
  EXPECT_THAT(socket.sent, testing::Each("3"));
}

TEST_F(ClientTest, AsksOtherServersForItsRoomsByAnEventEachTime) {
  options_.ask_hello = true;
  options_.hello.rooms = {"a", "b \"c\""};
  options_.join_event = "subscribe";
  start();
  FakeSocket& socket = server_.accept();
  socket.take();
  socket.say(R"(40{"sid":"s1"})");
  EXPECT_THAT(socket.sent, ElementsAre(R"(42["subscribe","a"])", R"(42["subscribe","b \"c\""])"));
  socket.break_off();
  wait_for_dial(2);
  FakeSocket& second = server_.accept();
  second.take();
  second.say(R"(40{"sid":"s2"})");
  EXPECT_THAT(second.sent, SizeIs(2));
}

TEST_F(ClientTest, LeavesInGoodOrder) {
  FakeSocket& socket = start_joined();
  client_->leave();
  EXPECT_THAT(socket.sent, ElementsAre("41"));
  socket.say(R"(42["late"])");
  settle();
  EXPECT_THAT(diary_.lines, IsEmpty()) << "what comes after is of no interest";
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, Ending::done);
}

TEST_F(ClientTest, EndsWhenTheCredentialsCannotBeRead) {
  credentials_.error = "read token.json: No such file or directory";
  start();
  server_.accept();
  settle();
  ASSERT_TRUE(diary_.ended.has_value());
  EXPECT_EQ(diary_.ended->ending, Ending::usage);
}

// Recovery of third-party servers (connection state recovery).

TEST_F(ClientTest, TakesTheOffsetOffAndShowsIt) {
  FakeSocket& socket = start_joined(R"(40{"sid":"s1","pid":"p1"})");
  socket.say(R"(42["a",1,"off-1"])");
  socket.say(R"(42["volatile",2])");
  socket.say(R"(4212["asks","x"])");
  EXPECT_THAT(diary_.lines, ElementsAre(R"(event / a 1 offset="off-1")", "event / volatile 2",
                                        R"(event / asks "x")"));
}

TEST_F(ClientTest, ResumesWithPidAndOffset) {
  options_.hello.meta = true;
  FakeSocket& socket = start_joined(R"(40{"sid":"s1","pid":"p1"})");
  socket.say(R"(42["a",1,"off-1"])");
  diary_.take();
  socket.break_off();
  wait_for_dial(2);
  credentials_.auth_text = R"({"token":"t"})";
  FakeSocket& second = server_.accept();
  EXPECT_THAT(second.sent, ElementsAre(R"(40{"pid":"p1","offset":"off-1","token":"t"})"));
  second.say(R"(42["missed",2,"off-2"])");
  diary_.take();
  second.say(R"(40{"sid":"s1","pid":"p1"})");
  EXPECT_THAT(diary_.lines,
              ElementsAre("joined / s1 again recovered", R"(event / missed 2 offset="off-2")"));
}

TEST_F(ClientTest, SaysThatEventsMayBeLostWhenAServerCannotResume) {
  options_.hello.meta = true;
  FakeSocket& socket = start_joined();
  socket.break_off();
  wait_for_dial(2);
  diary_.take();
  server_.accept().say(R"(40{"sid":"s2"})");
  EXPECT_THAT(diary_.lines, ElementsAre("joined / s2 again", "gap   not resumed"));
}

// Servers that are sio.

constexpr std::string_view kWelcome =
    R"(40{"sid":"s1","sio":{"v":1,"server":"sio/0.1.0","store":"k3f9","last":"#k3f9-7","relay":"all"}})";

class SioClientTest : public ClientTest {
 protected:
  SioClientTest() {
    options_.ask_hello = true;
    options_.hello.meta = true;
  }
  proto::Hello hello_of(const std::string& connect) {
    const auto hello = proto::parse_hello(std::string_view(connect).substr(2));
    EXPECT_TRUE(hello.has_value() && hello->has_value()) << connect;
    return hello.value_or(std::nullopt).value_or(proto::Hello());
  }
};

TEST_F(SioClientTest, AsksForItsRoomsAndEventsInTheHandshake) {
  options_.hello.rooms = {"shop"};
  options_.hello.events = {"order.*"};
  start();
  FakeSocket& socket = server_.accept();
  ASSERT_THAT(socket.sent, SizeIs(1));
  const proto::Hello hello = hello_of(socket.sent[0]);
  EXPECT_TRUE(hello.meta);
  EXPECT_THAT(hello.rooms, ElementsAre("shop"));
  EXPECT_THAT(hello.events, ElementsAre("order.*"));
  EXPECT_FALSE(hello.since.has_value());
  socket.take();
  socket.say(kWelcome);
  EXPECT_THAT(socket.sent, IsEmpty()) << "no join events";
  EXPECT_THAT(diary_.lines, ElementsAre("joined / s1 sio"));
}

TEST_F(SioClientTest, TakesTheMetaArgumentOff) {
  FakeSocket& socket = start_joined(kWelcome);
  socket.say(R"(42["a",1,{"id":"#k3f9-8","time":5,"rooms":[],"from":"x"}])");
  EXPECT_THAT(diary_.lines, ElementsAre("event / a 1 id=#k3f9-8"));
}

TEST_F(SioClientTest, ResumesBehindTheLastRecordItSaw) {
  FakeSocket& socket = start_joined(kWelcome);
  socket.say(R"(42["a",1,{"id":"#k3f9-8","time":5,"rooms":[],"from":"x"}])");
  socket.break_off();
  wait_for_dial(2);
  FakeSocket& second = server_.accept();
  EXPECT_EQ(hello_of(second.sent[0]).since, "#k3f9-8");
}

TEST_F(SioClientTest, ResumesWhereItStartedIfItSawNothing) {
  start_joined(kWelcome).break_off();
  wait_for_dial(2);
  EXPECT_EQ(hello_of(server_.accept().sent[0]).since, "#k3f9-7");
}

TEST_F(SioClientTest, KeepsItsPositionWhileTheServerIsStillCatchingUp) {
  start_joined(kWelcome).break_off();
  wait_for_dial(2);
  FakeSocket& second = server_.accept();
  second.say(
      R"(40{"sid":"s2","sio":{"v":1,"server":"sio/0.1.0","store":"k3f9","last":"#k3f9-900","relay":"all"}})");
  second.break_off();
  wait_for_dial(3);
  EXPECT_EQ(hello_of(server_.accept().sent[0]).since, "#k3f9-7");
}

TEST_F(SioClientTest, TellsAGapThatTheServerSaysOf) {
  FakeSocket& socket = start_joined(kWelcome);
  socket.say(R"(42["sio:gap",{"after":"#k3f9-8","before":"#k3f9-20","reason":"retention"}])");
  EXPECT_THAT(diary_.lines, ElementsAre("gap #k3f9-8 #k3f9-20 retention"));
}

TEST_F(SioClientTest, LeavesItToAServerWithAStoreToSpeakOfGaps) {
  start_joined(kWelcome).break_off();
  wait_for_dial(2);
  diary_.take();
  server_.accept().say(kWelcome);
  EXPECT_THAT(diary_.lines, ElementsAre("joined / s1 sio again"));
}

}  // namespace
}  // namespace sio::client
