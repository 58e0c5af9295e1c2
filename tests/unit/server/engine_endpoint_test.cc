#include "server/engine_endpoint.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "proto/msgpack_codec.h"
#include "unit/server/session_fixture.h"

namespace sio::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::StartsWith;

class EngineEndpointTest : public test::SessionFixture {};

TEST_F(EngineEndpointTest, AnswersTheFirstGetWithTheOpenPacketAndNothingElse) {
  test::FakeExchange& exchange = request("GET", std::string(kPolling));
  end_turn();
  EXPECT_EQ(exchange.status(), 200);
  EXPECT_EQ(exchange.header("Content-Type"), "text/plain; charset=UTF-8");
  EXPECT_EQ(exchange.header("Cache-Control"), "no-store");
  EXPECT_THAT(
      exchange.body(),
      MatchesRegex("0\\{\"sid\":\"[A-Za-z0-9_-]{20}\",\"upgrades\":\\[\"websocket\"\\],"
                   "\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000\\}"));
}

TEST_F(EngineEndpointTest, AWebSocketSessionHasNoUpgrades) {
  WebSocket& websocket = open_websocket();
  const auto sent = websocket.take_texts();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_THAT(sent[0], MatchesRegex("0\\{\"sid\":\"[A-Za-z0-9_-]{20}\",\"upgrades\":\\[\\],.*"));
}

TEST_F(EngineEndpointTest, OtherPathsAreNotFound) {
  for (const char* target : {"/", "/socket.io?EIO=4&transport=polling", "/other/?EIO=4"}) {
    test::FakeExchange& exchange = request("GET", target);
    EXPECT_EQ(exchange.status(), 404) << target;
    EXPECT_EQ(exchange.body(), "");
  }
}

TEST_F(EngineEndpointTest, ThePathIsAPrefix) {
  EXPECT_EQ(request("GET", "/socket.io/any/thing?transport=polling&EIO=4").status(), 0);
  end_turn();
  EXPECT_EQ(exchanges_.back().status(), 200);
}

TEST_F(EngineEndpointTest, ThePathCanBeChosen) {
  options_.path = "/chat/";
  EXPECT_EQ(request("GET", std::string(kPolling)).status(), 404);
  request("GET", "/chat/?EIO=4&transport=polling");
  end_turn();
  EXPECT_EQ(exchanges_.back().status(), 200);
}

struct Refused {
  const char* method;
  const char* query;
  int status;
  const char* body;
};
class RefusalTest : public EngineEndpointTest, public testing::WithParamInterface<Refused> {};

TEST_P(RefusalTest, IsAnsweredWithCodeAndMessage) {
  test::FakeExchange& exchange =
      request(GetParam().method, std::string("/socket.io/?") + GetParam().query);
  end_turn();
  EXPECT_EQ(exchange.status(), GetParam().status);
  EXPECT_EQ(exchange.body(), GetParam().body);
  EXPECT_EQ(exchange.header("Content-Type"), "application/json");
}

INSTANTIATE_TEST_SUITE_P(
    OfficialOrder, RefusalTest,
    testing::Values(
        Refused{"GET", "EIO=4", 400, R"({"code":0,"message":"Transport unknown"})"},
        Refused{"GET", "EIO=4&transport=abc", 400, R"({"code":0,"message":"Transport unknown"})"},
        Refused{"GET", "EIO=3&transport=abc", 400, R"({"code":0,"message":"Transport unknown"})"},
        Refused{"GET", "EIO=4&transport=polling&sid=abc", 400,
                R"({"code":1,"message":"Session ID unknown"})"},
        Refused{"POST", "EIO=4&transport=polling", 400,
                R"({"code":2,"message":"Bad handshake method"})"},
        Refused{"GET", "EIO=4&transport=websocket", 400, R"({"code":3,"message":"Bad request"})"},
        Refused{"GET", "EIO=4&transport=polling&j=1", 400, R"({"code":3,"message":"Bad request"})"},
        Refused{"GET", "EIO=3&transport=polling", 400,
                R"({"code":5,"message":"Unsupported protocol version"})"},
        Refused{"GET", "transport=polling", 400,
                R"({"code":5,"message":"Unsupported protocol version"})"}));

TEST_F(EngineEndpointTest, ASessionKeepsItsProtocolRevision) {
  const std::string sid = open_polling();
  EXPECT_EQ(request("GET", "/socket.io/?EIO=3&transport=polling&sid=" + sid).body(),
            R"({"code":3,"message":"Bad request"})");
}

TEST_F(EngineEndpointTest, AnUpgradeIsRefusedBeforeItIsOne) {
  const auto answer = upgrade("/socket.io/?EIO=3&transport=websocket");
  const auto* response = std::get_if<net::HttpResponse>(&answer);
  ASSERT_NE(response, nullptr);
  EXPECT_EQ(response->status, 400);
  EXPECT_EQ(response->body, R"({"code":5,"message":"Unsupported protocol version"})");
  for (const char* target :
       {"/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=websocket&sid=nobody",
        "/elsewhere/?EIO=4&transport=websocket"})
    EXPECT_TRUE(std::holds_alternative<net::HttpResponse>(upgrade(target))) << target;
}

TEST_F(EngineEndpointTest, OtherMethodsOnASessionAreAnErrorThatItSurvives) {
  const std::string sid = open_polling();
  for (const char* method : {"PUT", "HEAD", "DELETE", "OPTIONS"}) {
    test::FakeExchange& exchange = request(method, std::string(kPolling) + "&sid=" + sid);
    EXPECT_EQ(exchange.status(), 500);
    EXPECT_EQ(exchange.body(), "");
  }
  EXPECT_TRUE(is_known(sid));
}

TEST_F(EngineEndpointTest, TooManyClientsAreTurnedAway) {
  options_.max_clients = 1;
  open_polling();
  test::FakeExchange& exchange = request("GET", std::string(kPolling));
  EXPECT_EQ(exchange.status(), 503);
  EXPECT_EQ(exchange.body(), R"({"code":4,"message":"Too many clients"})");
  EXPECT_TRUE(std::holds_alternative<net::HttpResponse>(upgrade(std::string(kWebSocket))));
}

TEST_F(EngineEndpointTest, SaysNothingOfOriginsUnlessTold) {
  test::FakeExchange& exchange =
      request("GET", std::string(kPolling), {{"origin", "http://a.example"}});
  end_turn();
  EXPECT_EQ(exchange.header("Access-Control-Allow-Origin"), "");
}

TEST_F(EngineEndpointTest, AnyOriginMayReadWhenToldSo) {
  options_.cors_origins = {"*"};
  request("GET", std::string(kPolling), {{"origin", "http://a.example"}});
  end_turn();
  EXPECT_EQ(exchanges_.back().header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(exchanges_.back().header("Vary"), "");
  EXPECT_EQ(request("GET", "/socket.io/?EIO=4").header("Access-Control-Allow-Origin"), "*")
      << "errors too";
}

TEST_F(EngineEndpointTest, OneOriginIsSentWhoeverAsks) {
  options_.cors_origins = {"http://a.example"};
  request("GET", std::string(kPolling), {{"origin", "http://b.example"}});
  end_turn();
  EXPECT_EQ(exchanges_.back().header("Access-Control-Allow-Origin"), "http://a.example");
  EXPECT_EQ(exchanges_.back().header("Vary"), "Origin");
}

TEST_F(EngineEndpointTest, OfSeveralOriginsTheOneThatAsksIsSent) {
  options_.cors_origins = {"http://a.example", "http://b.example"};
  request("GET", std::string(kPolling), {{"origin", "http://b.example"}});
  end_turn();
  EXPECT_EQ(exchanges_.back().header("Access-Control-Allow-Origin"), "http://b.example");
  request("GET", std::string(kPolling), {{"origin", "http://c.example"}});
  end_turn();
  EXPECT_EQ(exchanges_.back().header("Access-Control-Allow-Origin"), "");
}

TEST_F(EngineEndpointTest, PagesWithOldClientsMaySendCredentialsIfTheirOriginIsNamed) {
  options_.allow_eio3 = true;
  options_.cors_origins = {"http://a.example", "http://b.example"};
  const auto credentials_for = [this](std::string origin) {
    return request("GET", "/socket.io/?EIO=3", {{"origin", std::move(origin)}})
        .header("Access-Control-Allow-Credentials");
  };
  EXPECT_EQ(credentials_for("http://b.example"), "true");
  EXPECT_EQ(credentials_for("http://c.example"), "");
}

TEST_F(EngineEndpointTest, APreflightIsAnswered) {
  options_.cors_origins = {"http://a.example"};
  test::FakeExchange& exchange =
      request("OPTIONS", std::string(kPolling),
              {{"origin", "http://a.example"}, {"access-control-request-headers", "x-one, x-two"}});
  EXPECT_EQ(exchange.status(), 204);
  EXPECT_EQ(exchange.header("Access-Control-Allow-Origin"), "http://a.example");
  EXPECT_EQ(exchange.header("Vary"), "Origin, Access-Control-Request-Headers");
  EXPECT_EQ(exchange.header("Access-Control-Allow-Methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
  EXPECT_EQ(exchange.header("Access-Control-Allow-Headers"), "x-one, x-two");
}

// --- polling

class PollingTest : public test::SessionFixture {
 protected:
  std::string sid_ = (server(), open_polling());
};

TEST_F(PollingTest, APollWaitsUntilThereIsSomething) {
  test::FakeExchange& exchange = get(sid_);
  end_turn();
  EXPECT_EQ(exchange.status(), 0);
  post(sid_, "40");
  EXPECT_THAT(exchange.body(), MatchesRegex(R"(40\{"sid":"[A-Za-z0-9_-]{20}"\})"));
}

TEST_F(PollingTest, APostIsAnsweredOk) {
  test::FakeExchange& exchange = post(sid_, "40");
  EXPECT_EQ(exchange.status(), 200);
  EXPECT_EQ(exchange.body(), "ok");
  EXPECT_EQ(exchange.header("Content-Type"), "text/html");
}

TEST_F(PollingTest, PacketsOfAPayloadAreHandledInOrderAndAnsweredTogether) {
  post(sid_,
       "40\x1e"
       "420[\"join\",\"red\"]\x1e"
       "421[\"x\"]");
  EXPECT_THAT(poll(sid_), MatchesRegex("40\\{.*\\}\x1e"
                                       R"(430\[\{"rooms":\["red"\]\}\])"
                                       "\x1e"
                                       R"(431\[\{"id":"#k3f9-1"\}\])"));
}

TEST_F(PollingTest, AnAnswerHasAtMostSixteenPackets) {
  post(sid_, "40");
  poll(sid_);
  std::string payload = "420[\"e\"]";
  for (int i = 1; i < 20; ++i)
    payload +=
        "\x1e"
        "42" +
        std::to_string(i) + "[\"e\"]";
  post(sid_, payload);
  const std::string first = poll(sid_);
  const std::string second = poll(sid_);
  EXPECT_EQ(std::ranges::count(first, '\x1e'), 15);
  EXPECT_EQ(std::ranges::count(second, '\x1e'), 3);
}

TEST_F(PollingTest, BinaryTravelsAsBase64BothWays) {
  WebSocket& peer = open_client();
  post(sid_, "40");
  poll(sid_);
  post(sid_,
       "451-[\"bin\",{\"_placeholder\":true,\"num\":0}]\x1e"
       "bAQID");
  const auto got = peer.take_sent();
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1], (sio::test::SentMessage{net::MessageKind::binary, "\x01\x02\x03"}));
  peer.receive_text("451-[\"bin\",{\"_placeholder\":true,\"num\":0}]");
  peer.receive_binary("\x01\x02\x03");
  end_turn();
  EXPECT_EQ(poll(sid_),
            "451-[\"bin\",{\"_placeholder\":true,\"num\":0}]\x1e"
            "bAQID");
}

TEST_F(PollingTest, ASecondPollEndsTheSession) {
  test::FakeExchange& first = get(sid_);
  test::FakeExchange& second = get(sid_);
  end_turn();
  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(first.body(), "1");
  EXPECT_EQ(second.status(), 400);
  EXPECT_EQ(second.body(), "");
  EXPECT_FALSE(is_known(sid_));
}

TEST_F(PollingTest, ASecondPostEndsTheSession) {
  test::FakeExchange& first = start_post(sid_);
  test::FakeExchange& second = start_post(sid_);
  end_turn();
  EXPECT_TRUE(first.destroyed);
  EXPECT_EQ(second.status(), 400);
  EXPECT_FALSE(is_known(sid_));
}

TEST_F(PollingTest, APollThatIsAbortedEndsTheSession) {
  get(sid_).go_away();
  end_turn();
  EXPECT_FALSE(is_known(sid_));
}

TEST_F(PollingTest, APostThatIsAbortedEndsTheSession) {
  start_post(sid_).go_away();
  end_turn();
  EXPECT_FALSE(is_known(sid_));
}

TEST_F(PollingTest, ABinaryPostEndsTheSession) {
  test::FakeExchange& exchange = request("POST", std::string(kPolling) + "&sid=" + sid_,
                                         {{"content-type", "application/octet-stream"}});
  end_turn();
  EXPECT_EQ(exchange.status(), 400);
  EXPECT_FALSE(is_known(sid_));
}

TEST_F(PollingTest, AGoodbyeReleasesThePollAndDropsWhatFollows) {
  WebSocket& peer = open_client();
  post(sid_, "40");
  poll(sid_);
  test::FakeExchange& waiting = get(sid_);
  test::FakeExchange& goodbye = post(sid_,
                                     "42[\"before\"]\x1e"
                                     "1\x1e"
                                     "42[\"after\"]");
  EXPECT_EQ(waiting.body(), "6");
  EXPECT_EQ(goodbye.body(), "ok");
  EXPECT_THAT(peer.take_texts(), ElementsAre(R"(42["before"])"));
  EXPECT_FALSE(is_known(sid_));
}

TEST_F(PollingTest, WhatIsNotAPacketEndsTheSession) {
  for (const char* body : {"abc", "", "40\x1e", "7"}) {
    const std::string sid = open_polling();
    EXPECT_EQ(post(sid, body).status(), 200);
    EXPECT_FALSE(is_known(sid)) << body;
  }
}

TEST_F(PollingTest, AWebSocketRequestWithoutUpgradeIsNotForAPollingSession) {
  EXPECT_EQ(request("GET", std::string(kWebSocket) + "&sid=" + sid_).body(),
            R"({"code":3,"message":"Bad request"})");
}

TEST_F(PollingTest, AServerThatClosesLetsTheClientReadFirst) {
  post(sid_, "40");
  poll(sid_);
  post(sid_, "40");  // a second CONNECT to the same namespace
  EXPECT_TRUE(is_known(sid_));
  EXPECT_EQ(poll(sid_),
            "6\x1e"
            "1");
  run_turn();
  EXPECT_FALSE(is_known(sid_));
}

TEST_F(PollingTest, AServerThatClosesDeliversWhatIsBufferedFirst) {
  post(sid_, "40");
  poll(sid_);
  post(sid_,
       "420[\"join\",\"r\"]\x1e"
       "40");
  EXPECT_EQ(poll(sid_),
            "430[{\"rooms\":[\"r\"]}]\x1e"
            "1");
  run_turn();
  EXPECT_FALSE(is_known(sid_));
}

TEST_F(PollingTest, APollThatWaitsHearsOfTheCloseAtOnce) {
  post(sid_, "40");
  poll(sid_);
  test::FakeExchange& waiting = get(sid_);
  post(sid_, "40");
  EXPECT_EQ(waiting.body(), "1");
}

TEST_F(PollingTest, PingsAreDeliveredToPolls) {
  options_.ping_interval = 5ms;
  server_.reset();
  const std::string sid = open_polling();
  test::FakeExchange& waiting = get(sid);
  run_until([&] { return waiting.answer.has_value(); });
  EXPECT_EQ(waiting.body(), "2");
  EXPECT_EQ(post(sid, "3").body(), "ok");
}

TEST_F(PollingTest, ASessionWithoutAPongEnds) {
  options_.ping_interval = 5ms;
  options_.ping_timeout = 5ms;
  server_.reset();
  const std::string sid = open_polling();
  run_until([&] { return server_->sessions() == 0; });
  EXPECT_FALSE(is_known(sid));
}

// --- upgrade

class UpgradeTest : public PollingTest {
 protected:
  WebSocket& probe() { return open_websocket(std::string(kWebSocket) + "&sid=" + sid_); }
};

TEST_F(UpgradeTest, MovesTheSessionToTheWebSocket) {
  post(sid_, "40");
  poll(sid_);
  WebSocket& websocket = probe();
  EXPECT_THAT(websocket.take_texts(), IsEmpty()) << "no second open packet";
  say(websocket, "2probe");
  EXPECT_THAT(websocket.take_texts(), ElementsAre("3probe"));
  say(websocket, "5");
  say(websocket, "420[\"join\",\"r\"]");
  EXPECT_THAT(websocket.take_texts(), ElementsAre(R"(430[{"rooms":["r"]}])"));
  EXPECT_EQ(get(sid_).body(), R"({"code":3,"message":"Bad request"})");
}

TEST_F(UpgradeTest, WhatWasBufferedMovesToo) {
  WebSocket& websocket = probe();
  say(websocket, "2probe");
  post(sid_, "40");
  websocket.take_sent();
  say(websocket, "5");
  EXPECT_THAT(websocket.take_texts(), ElementsAre(StartsWith("40{")));
}

TEST_F(UpgradeTest, BeforeTheSwitchEverythingUsesPolling) {
  WebSocket& websocket = probe();
  say(websocket, "2probe");
  websocket.take_sent();
  post(sid_, "40");
  EXPECT_THAT(websocket.take_sent(), IsEmpty());
  EXPECT_THAT(poll(sid_), StartsWith("40{"));
}

TEST_F(UpgradeTest, APendingPollIsReleasedWhileProbing) {
  WebSocket& websocket = probe();
  test::FakeExchange& waiting = get(sid_);
  say(websocket, "2probe");
  EXPECT_EQ(waiting.status(), 0) << "not at once";
  run_until([&] { return waiting.answer.has_value(); });
  EXPECT_EQ(waiting.body(), "6");
}

TEST_F(UpgradeTest, APollThatIsPendingAtTheSwitchIsOver) {
  WebSocket& websocket = probe();
  test::FakeExchange& waiting = get(sid_);
  say(websocket, "5");
  EXPECT_EQ(waiting.body(), "1");
}

TEST_F(UpgradeTest, AnotherFirstPacketOnlyClosesTheWebSocket) {
  for (const char* packet : {"2foo", "42[\"a\"]", "1"}) {
    WebSocket& websocket = probe();
    say(websocket, packet);
    EXPECT_TRUE(websocket.closing()) << packet;
    EXPECT_TRUE(is_known(sid_));
    websocket.finish_closing();
  }
}

TEST_F(UpgradeTest, AWebSocketThatIsLostLeavesTheSessionOnPolling) {
  WebSocket& websocket = probe();
  say(websocket, "2probe");
  websocket.lose();
  post(sid_, "40");
  EXPECT_THAT(poll(sid_), StartsWith("40{"));
}

TEST_F(UpgradeTest, ASecondWebSocketIsClosedAndTheFirstGoesOn) {
  WebSocket& first = probe();
  say(first, "2probe");
  WebSocket& second = probe();
  EXPECT_TRUE(second.closing());
  EXPECT_FALSE(first.closing());
  say(first, "5");
  WebSocket& third = probe();
  EXPECT_TRUE(third.closing());
  EXPECT_FALSE(first.closing());
}

TEST_F(UpgradeTest, AWebSocketSessionIsNotTakenOver) {
  WebSocket& websocket = open_websocket();
  const std::string sid = websocket.take_texts().at(0).substr(9, 20);
  EXPECT_TRUE(open_websocket(std::string(kWebSocket) + "&sid=" + sid).closing());
  EXPECT_FALSE(websocket.closing());
}

TEST_F(UpgradeTest, ASessionThatEndsTakesItsProbeWithIt) {
  WebSocket& websocket = probe();
  get(sid_).go_away();
  end_turn();
  EXPECT_TRUE(websocket.closing());
  websocket.finish_closing();
}

class OldPollingTest : public test::SessionFixture {
 protected:
  static constexpr std::string_view kOld = "/socket.io/?EIO=3&transport=polling";

  void SetUp() override { options_.allow_eio3 = true; }
  test::FakeExchange& ask(std::string method, std::string_view query,
                          net::HttpHeaders headers = {}) {
    return request(std::move(method), std::string(kOld) + std::string(query), std::move(headers));
  }
  std::string open_old(std::string_view query = "") {
    test::FakeExchange& exchange = ask("GET", query);
    end_turn();
    EXPECT_THAT(exchange.body(), EndsWith("}2:40"));
    return exchange.body().substr(exchange.body().find("sid") + 6, 20);
  }
};

TEST_F(OldPollingTest, PayloadsAreCounted) {
  const std::string sid = "&sid=" + open_old();
  test::FakeExchange& post = ask("POST", sid);
  post.send_body("17:420[\"join\",\"é😀\"]1:2");
  test::FakeExchange& get = ask("GET", sid);
  end_turn();
  EXPECT_EQ(post.body(), "ok");
  EXPECT_EQ(get.body(), "22:430[{\"rooms\":[\"é😀\"]}]1:3");
}

TEST_F(OldPollingTest, BinaryMakesAPayloadBinaryForThoseThatTakeIt) {
  const std::string takes = "&sid=" + open_old();
  const std::string does_not = "&b64=1&sid=" + open_old("&b64=1");
  WebSocket& young = open_client();
  young.receive_text(R"(451-["a",{"_placeholder":true,"num":0}])");
  young.receive_binary("hi");
  end_turn();
  test::FakeExchange& binary = ask("GET", takes);
  test::FakeExchange& text = ask("GET", does_not);
  end_turn();
  EXPECT_EQ(binary.header("Content-Type"), "application/octet-stream");
  EXPECT_THAT(binary.body(), EndsWith(std::string("]\x01\x03\xff\x04hi")));
  EXPECT_EQ(text.header("Content-Type"), "text/plain; charset=UTF-8");
  EXPECT_THAT(text.body(), EndsWith("]6:b4aGk="));
}

TEST_F(OldPollingTest, ABinaryPostIsTaken) {
  const std::string sid = "&sid=" + open_old();
  WebSocket& young = open_client();
  test::FakeExchange& post = ask("POST", sid, {{"content-type", "application/octet-stream"}});
  using namespace std::string_literals;
  post.send_body(
      "\x00\x03\x09\xff"
      "451-[\"a\",{\"_placeholder\":true,\"num\":0}]"
      "\x01\x03\xff\x04hi"s);
  end_turn();
  EXPECT_EQ(post.body(), "ok");
  EXPECT_EQ(young.take_sent().back().bytes, "hi");
}

TEST_F(OldPollingTest, TheLastAnswersAreCountedToo) {
  const std::string sid = "&sid=" + open_old();
  test::FakeExchange& get = ask("GET", sid);
  test::FakeExchange& post = ask("POST", sid);
  post.send_body("1:1");
  end_turn();
  EXPECT_EQ(get.body(), "1:6");
}

class MsgpackTest : public test::SessionFixture {
 protected:
  void SetUp() override { options_.parser = proto::Parser::msgpack; }
  static std::string packed(std::string_view text) {
    return proto::MsgpackEncoder().add_text(text).value_or("(nothing)");
  }
  static std::string text_of(std::string_view packed) {
    const auto packet = proto::decode_msgpack(packed);
    return packet ? packet->text : packet.error().message;
  }
};

TEST_F(MsgpackTest, PacketsAreMessagePackBothWays) {
  WebSocket& websocket = open_websocket();
  websocket.take_sent();
  websocket.receive_binary(packed("0"));
  websocket.receive_binary(packed(R"(20["join","r"])"));
  end_turn();
  const auto sent = websocket.take_sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_THAT(text_of(sent[0].bytes), StartsWith(R"(0{"sid":)"));
  EXPECT_EQ(text_of(sent[1].bytes), R"(30[{"rooms":["r"]}])");
}

TEST_F(MsgpackTest, OtherPacketsEndTheSession) {
  for (const std::string_view packet : {"40", "4"}) {
    WebSocket& websocket = open_websocket();
    say(websocket, packet);
    EXPECT_TRUE(websocket.closing());
  }
  WebSocket& websocket = open_websocket();
  websocket.receive_binary("0");
  EXPECT_TRUE(websocket.closing());
}

TEST_F(MsgpackTest, WhatWasBufferedMovesWithAnUpgradeAsItIs) {
  const std::string sid = open_polling();
  WebSocket& websocket = open_websocket(std::string(kWebSocket) + "&sid=" + sid);
  say(websocket, "2probe");
  std::string body = "b";
  append_base64(body, packed("0"));
  post(sid, body);
  websocket.take_sent();
  say(websocket, "5");
  websocket.receive_binary(packed(R"(20["join","r"])"));
  end_turn();
  const auto sent = websocket.take_sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_THAT(text_of(sent[0].bytes), StartsWith(R"(0{"sid":)"));
  EXPECT_EQ(text_of(sent[1].bytes), R"(30[{"rooms":["r"]}])");
}

}  // namespace
}  // namespace sio::server
