#include "server/connection.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "unit/server/session_fixture.h"

namespace sio::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

class ConnectionTest : public test::SessionFixture {
 protected:
  // Whether the session ended because of `packet`, said by a client of `/`.
  bool ends_on(std::string_view packet) {
    WebSocket& websocket = open_client();
    say(websocket, packet);
    const bool ended = websocket.closing();
    if (ended) websocket.finish_closing();
    return ended;
  }
};

TEST_F(ConnectionTest, ConnectsToANamespaceAndSaysASid) {
  WebSocket& websocket = open_websocket();
  websocket.take_sent();
  say(websocket, "40");
  EXPECT_THAT(websocket.take_texts(),
              ElementsAre(MatchesRegex(R"(40\{"sid":"[A-Za-z0-9_-]{20}"\})")));
}

TEST_F(ConnectionTest, TheSocketsSidIsNotTheSessions) {
  WebSocket& websocket = open_websocket();
  const std::string session = websocket.take_texts().at(0).substr(9, 20);
  say(websocket, "40");
  EXPECT_EQ(websocket.take_texts().at(0).find(session), std::string::npos);
}

TEST_F(ConnectionTest, SeveralNamespacesShareAConnection) {
  WebSocket& websocket = open_client();
  say(websocket, "40/admin,{\"a\":1}");
  say(websocket, "40/other");
  const auto sent = websocket.take_texts();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_THAT(sent[0], MatchesRegex(R"(40/admin,\{"sid":.*)"));
  EXPECT_THAT(sent[1], MatchesRegex(R"(40/other,\{"sid":.*)"));
}

TEST_F(ConnectionTest, AnUnknownNamespaceIsRefusedAndTheConnectionGoesOn) {
  options_.namespaces = {"/", "/chat-*"};
  WebSocket& websocket = open_client();
  say(websocket, "40/nope");
  EXPECT_THAT(websocket.take_texts(), ElementsAre(R"(44/nope,{"message":"Invalid namespace"})"));
  say(websocket, "40/chat-1");
  EXPECT_THAT(websocket.take_texts(), ElementsAre(MatchesRegex("40/chat-1,.*")));
}

TEST_F(ConnectionTest, APacketOutOfTurnEndsTheSession) {
  EXPECT_TRUE(ends_on("40")) << "a second CONNECT";
  EXPECT_TRUE(ends_on("44{\"message\":\"x\"}")) << "a CONNECT_ERROR";
  EXPECT_TRUE(ends_on("42/other,[\"a\"]")) << "an event for a namespace not joined";
  EXPECT_TRUE(ends_on("41/other,")) << "a DISCONNECT from it";
  EXPECT_TRUE(ends_on("43/other,1[]")) << "an ack for it";
}

TEST_F(ConnectionTest, ABadPacketEndsTheSession) {
  for (const char* packet :
       {"4", "4x", "47", "42{}", "42[]", "42[1", "42[\"connect\"]", "41{}", "43{}", "450-[\"a\"]",
        "4511-[\"a\"]", "45[\"a\"]", "2", "2probe", "7", "", "1"}) {
    EXPECT_TRUE(ends_on(packet)) << packet;
  }
}

TEST_F(ConnectionTest, WhatIsToleratedHarmsNobody) {
  for (const char* packet : {"42", "421", "431", "431[]", "3", "3xyz", "0", "5", "6"})
    EXPECT_FALSE(ends_on(packet)) << packet;
}

TEST_F(ConnectionTest, ABinaryMessageThatNothingWaitsForEndsTheSession) {
  WebSocket& websocket = open_client();
  websocket.receive_binary("abc");
  end_turn();
  EXPECT_TRUE(websocket.closing());
}

TEST_F(ConnectionTest, ATextInTheMiddleOfAttachmentsEndsTheSession) {
  WebSocket& websocket = open_client();
  say(websocket, "451-[\"a\",{\"_placeholder\":true,\"num\":0}]");
  say(websocket, "42[\"b\"]");
  EXPECT_TRUE(websocket.closing());
}

TEST_F(ConnectionTest, APongInTheMiddleOfAttachmentsDoesNot) {
  WebSocket& peer = open_client();
  WebSocket& websocket = open_client();
  say(websocket, "451-[\"a\",{\"_placeholder\":true,\"num\":0}]");
  say(websocket, "3");
  websocket.receive_binary("abc");
  end_turn();
  EXPECT_EQ(peer.take_sent().size(), 2u);
}

TEST_F(ConnectionTest, APlaceholderWithoutItsAttachmentEndsTheSession) {
  WebSocket& websocket = open_client();
  say(websocket, "451-[\"a\",{\"_placeholder\":true,\"num\":1}]");
  websocket.receive_binary("abc");
  end_turn();
  EXPECT_TRUE(websocket.closing());
}

TEST_F(ConnectionTest, LeavingTheLastNamespaceKeepsTheConnection) {
  WebSocket& websocket = open_client();
  say(websocket, "41");
  EXPECT_FALSE(websocket.closing());
  EXPECT_THAT(websocket.take_sent(), IsEmpty());
  say(websocket, "40");
  EXPECT_EQ(websocket.take_sent().size(), 1u);
}

TEST_F(ConnectionTest, AnEventForANamespaceThatWasLeftEndsTheSession) {
  WebSocket& websocket = open_client();
  say(websocket, "41");
  say(websocket, "42[\"a\"]");
  EXPECT_TRUE(websocket.closing());
}

TEST_F(ConnectionTest, OthersAreNotDisturbedByABadClient) {
  WebSocket& good = open_client();
  WebSocket& other = open_client();
  ends_on("42[");
  say(other, "42[\"still\"]");
  EXPECT_THAT(good.take_texts(), ElementsAre(R"(42["still"])"));
}

TEST_F(ConnectionTest, WhoJoinsNothingInTimeIsClosed) {
  options_.connect_timeout = 5ms;
  WebSocket& idle = open_websocket();
  WebSocket& busy = open_client();
  run_until([&] { return idle.closing(); });
  EXPECT_FALSE(busy.closing());
}

TEST_F(ConnectionTest, PingsAndDropsWhoDoesNotAnswer) {
  options_.ping_interval = 5ms;
  options_.ping_timeout = 5ms;
  WebSocket& websocket = open_client();
  run_until([&] { return websocket.closing(); });
  EXPECT_THAT(websocket.take_texts(), ElementsAre("2"));
}

TEST_F(ConnectionTest, AnswersPingsForAsLongAsItLikes) {
  options_.ping_interval = 2ms;
  options_.ping_timeout = 5s;
  WebSocket& websocket = open_client();
  for (int i = 0; i < 5; ++i) {
    run_until([&] { return !websocket.take_sent().empty(); });
    websocket.receive_text("3");
  }
  EXPECT_FALSE(websocket.closing());
}

TEST_F(ConnectionTest, ALostTransportTakesItsSocketsAlong) {
  WebSocket& websocket = open_client();
  say(websocket, "40/x");
  EXPECT_EQ(server_->hub().socket_count(), 2u);
  websocket.lose();
  EXPECT_EQ(server_->hub().socket_count(), 0u);
  EXPECT_EQ(server_->sessions(), 0u);
}

TEST_F(ConnectionTest, ShuttingDownClosesWithoutADisconnect) {
  WebSocket& websocket = open_client();
  const std::string sid = open_polling();
  post(sid, "40");
  poll(sid);
  test::FakeExchange& waiting = get(sid);
  server_->shut_down();
  end_turn();
  EXPECT_TRUE(websocket.closing());
  EXPECT_EQ(websocket.close_code(), 0);
  EXPECT_THAT(websocket.take_texts(), IsEmpty());
  EXPECT_EQ(waiting.body(), "1");
  EXPECT_EQ(request("GET", std::string(kPolling)).status(), 503);
}

TEST_F(ConnectionTest, ClientsWithoutBinaryGetBase64) {
  WebSocket& sender = open_client();
  WebSocket& websocket = open_websocket(std::string(kWebSocket) + "&b64=1");
  say(websocket, "40");
  websocket.take_sent();
  say(sender, "451-[\"a\",{\"_placeholder\":true,\"num\":0}]");
  sender.receive_binary("\x01\x02\x03");
  end_turn();
  EXPECT_THAT(websocket.take_texts(),
              ElementsAre(R"(451-["a",{"_placeholder":true,"num":0}])", "bAQID"));
}

TEST_F(ConnectionTest, AClientThatAsksIsWelcomed) {
  WebSocket& websocket = open_websocket();
  websocket.take_sent();
  say(websocket, R"(40{"sio":{"v":1,"meta":true,"rooms":["red"]}})");
  EXPECT_THAT(websocket.take_texts(),
              ElementsAre(MatchesRegex(
                  R"(40\{"sid":"[A-Za-z0-9_-]{20}","sio":\{"v":1,"server":"sio/9\.9",)"
                  R"("store":"k3f9","last":"","relay":"all","features":\["since"\]\}\})")));
  WebSocket& sender = open_client();
  say(sender, R"(42["sio:emit",{"event":"e","rooms":["red"]}])");
  EXPECT_THAT(websocket.take_texts(),
              ElementsAre(MatchesRegex(R"(42\["e",\{"id":"#k3f9-1",.*"rooms":\["red"\].*\])")));
}

TEST_F(ConnectionTest, AWishThatMakesNoSenseIsAConnectError) {
  WebSocket& websocket = open_websocket();
  websocket.take_sent();
  say(websocket, R"(40{"sio":{"rooms":7}})");
  const auto sent = websocket.take_texts();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_THAT(sent[0], MatchesRegex(R"(44\{"message":".*rooms.*"\})"));
}

TEST_F(ConnectionTest, AClientThatResumesGetsWhatItMissedBehindTheReply) {
  WebSocket& sender = open_client();
  for (const char* event : {"42[\"1\"]", "42[\"2\"]", "42[\"3\"]"}) say(sender, event);
  WebSocket& websocket = open_websocket();
  websocket.take_sent();
  say(websocket, R"(40{"sio":{"meta":true,"since":"#k3f9-1"}})");
  run_turn();
  const auto sent = websocket.take_texts();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_THAT(sent[0], MatchesRegex(R"(40\{.*"last":"#k3f9-3".*)"));
  EXPECT_THAT(sent[1], MatchesRegex(R"(42\["2",.*"replay":true\}\])"));
  EXPECT_THAT(sent[2], MatchesRegex(R"(42\["3",.*"replay":true\}\])"));
}

TEST_F(ConnectionTest, TooManyNamespacesAreRefused) {
  WebSocket& websocket = open_client();
  for (int i = 1; i < 1000; ++i) say(websocket, "40/n" + std::to_string(i));
  websocket.take_sent();
  say(websocket, "40/one-more");
  EXPECT_THAT(websocket.take_texts(),
              ElementsAre(R"(44/one-more,{"message":"Too many namespaces"})"));
}

class OldClientTest : public test::SessionFixture {
 protected:
  static constexpr std::string_view kOld = "/socket.io/?EIO=3&transport=websocket";

  // Remembers what clients presented, and refuses some.
  class Asking final : public Policy {
   public:
    explicit Asking(PubSubPolicy& pubsub) : pubsub_(pubsub) {}
    Admission on_connect_request(const ConnectRequest& request) override {
      asked.push_back(std::string(request.ns) + " " + std::string(request.auth));
      return request.auth.find("bad") == std::string_view::npos ? Admission::accept()
                                                                : Admission::refuse("bad token");
    }
    void on_request_withdrawn(std::string_view) override {}
    void on_connected(Socket& socket) override { pubsub_.on_connected(socket); }
    void on_event(Socket& socket, const proto::PacketView& packet,
                  const std::vector<std::string>* attachments) override {
      pubsub_.on_event(socket, packet, attachments);
    }
    void on_ack(Socket& socket, const proto::PacketView& packet,
                const std::vector<std::string>* attachments) override {
      pubsub_.on_ack(socket, packet, attachments);
    }
    void on_disconnecting(Socket& socket, std::string_view reason) override {
      pubsub_.on_disconnecting(socket, reason);
    }
    std::vector<std::string> asked;

   private:
    PubSubPolicy& pubsub_;
  };
  Policy& policy() override { return asking_; }
  void SetUp() override { options_.allow_eio3 = true; }
  WebSocket& open_old(std::string_view query = "") {
    return open_websocket(std::string(kOld) + std::string(query));
  }

  Asking asking_{pubsub_};
};

TEST_F(OldClientTest, IsInTheMainNamespaceUnasked) {
  const auto sent = open_old().take_texts();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[1], "40");
}

TEST_F(OldClientTest, TheQueriesAreWhatItPresents) {
  WebSocket& websocket = open_old("&token=t1");
  say(websocket, "40/admin?token=t2,");
  EXPECT_THAT(asking_.asked, ElementsAre(R"(/ {"token":"t1"})", R"(/admin {"token":"t2"})"));
  EXPECT_EQ(websocket.take_texts().back(), "40/admin,");
  say(websocket, R"(42/admin,1["join","r"])");
  EXPECT_EQ(websocket.take_texts().back(), R"(43/admin,1[{"rooms":["r"]}])");
}

TEST_F(OldClientTest, ARefusalIsAString) {
  WebSocket& websocket = open_old();
  say(websocket, "40/admin?token=bad,");
  EXPECT_EQ(websocket.take_texts().back(), R"(44/admin,"bad token")");
}

TEST_F(OldClientTest, ItsPingIsAnsweredAndItGetsNone) {
  WebSocket& websocket = open_old();
  websocket.take_sent();
  say(websocket, "2");
  EXPECT_THAT(websocket.take_texts(), ElementsAre("3"));
}

TEST_F(OldClientTest, BinaryHasItsTypeByteForItAndNotForOthers) {
  WebSocket& old = open_old();
  WebSocket& another = open_old();
  WebSocket& young = open_client();
  for (WebSocket* one : {&old, &another, &young}) one->take_sent();
  old.receive_text(R"(451-["a",{"_placeholder":true,"num":0}])");
  old.receive_binary("\x04hi");
  end_turn();
  const auto to_old = another.take_sent();
  const auto to_young = young.take_sent();
  ASSERT_EQ(to_old.size(), 2u);
  ASSERT_EQ(to_young.size(), 2u);
  EXPECT_EQ(to_old[0], to_young[0]);
  EXPECT_EQ(to_old[1].bytes, "\x04hi");
  EXPECT_EQ(to_young[1].bytes, "hi");
}

TEST_F(OldClientTest, TheNameItKnowsItselfByIsItsOwnRoom) {
  WebSocket& old = open_old();
  const std::string id = old.take_texts().at(0).substr(9, 20);
  WebSocket& young = open_client();
  say(young, fmt::format(R"(421["join","{}"])", id));
  EXPECT_THAT(young.take_texts().back(), testing::HasSubstr("error"));
  say(young, fmt::format(R"(422["sio:emit",{{"event":"a","rooms":["{}"]}}])", id));
  EXPECT_THAT(old.take_texts(), ElementsAre(R"(42["a"])"));
}

TEST_F(OldClientTest, ASecondWordAboutANamespaceEndsTheSession) {
  WebSocket& websocket = open_old();
  say(websocket, "40/admin");
  say(websocket, "40/admin?again=1");
  EXPECT_TRUE(websocket.closing());
}

}  // namespace
}  // namespace sio::server
