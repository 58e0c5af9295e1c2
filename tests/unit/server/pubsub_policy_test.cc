#include "server/pubsub_policy.h"

#include <gmock/gmock.h>

#include "unit/server/session_fixture.h"

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

class PubSubPolicyTest : public test::SessionFixture {
 protected:
  // What `packet` is answered with.
  std::string answer(WebSocket& websocket, std::string_view packet) {
    say(websocket, packet);
    const auto sent = websocket.take_texts();
    return sent.size() == 1 ? sent[0] : "(" + std::to_string(sent.size()) + " packets)";
  }
};

TEST_F(PubSubPolicyTest, APlainEventGoesToEverybodyElse) {
  WebSocket& a = open_client();
  WebSocket& b = open_client();
  say(a, "42[\"hi\",{\"x\":[1,2]},null]");
  EXPECT_THAT(a.take_texts(), IsEmpty());
  EXPECT_THAT(b.take_texts(), ElementsAre(R"(42["hi",{"x":[1,2]},null])"));
}

TEST_F(PubSubPolicyTest, AnAckHoldsTheId) {
  WebSocket& a = open_client();
  EXPECT_EQ(answer(a, "4212[\"hi\"]"), R"(4312[{"id":"#k3f9-1"}])");
}

TEST_F(PubSubPolicyTest, WhatAPublisherSendsAgainIsStoredOnce) {
  constexpr std::string_view kConnect = R"(40{"sio":{"publisher":"p7"}})";
  EXPECT_EQ(answer(open_client(kConnect), "4212[\"hi\"]"), R"(4312[{"id":"#k3f9-1"}])");
  WebSocket& again = open_client(kConnect);
  WebSocket& listener = open_client();
  EXPECT_EQ(answer(again, "4212[\"hi\"]"), R"(4312[{"id":"#k3f9-1"}])");
  EXPECT_EQ(answer(again, R"(4213["sio:emit",{"event":"hi"}])"), R"(4313[{"id":"#k3f9-2"}])");
  EXPECT_EQ(answer(again, R"(4213["sio:emit",{"event":"hi"}])"), R"(4313[{"id":"#k3f9-2"}])");
  EXPECT_THAT(listener.take_texts(), ElementsAre(R"(42["hi"])"));
}

TEST_F(PubSubPolicyTest, JoinAndLeaveSayTheRooms) {
  WebSocket& a = open_client();
  EXPECT_EQ(answer(a, "420[\"join\",\"red\"]"), R"(430[{"rooms":["red"]}])");
  EXPECT_EQ(answer(a, "421[\"join\",[\"green\",\"bl\\\"ue\"]]"),
            R"(431[{"rooms":["green","bl\"ue"]}])");
  EXPECT_EQ(answer(a, "422[\"leave\",\"red\"]"), R"(432[{"rooms":["red"]}])");
}

TEST_F(PubSubPolicyTest, AJoinThatMakesNoSenseIsRefused) {
  WebSocket& a = open_client();
  for (const char* packet :
       {"420[\"join\"]", "420[\"join\",7]", "420[\"join\",[]]", "420[\"join\",[1]]",
        "420[\"join\",{\"room\":\"x\"}]", "420[\"join\",\"\"]", "420[\"leave\"]"})
    EXPECT_THAT(answer(a, packet), HasSubstr(R"("code":"bad_request")")) << packet;
  EXPECT_THAT(answer(a, "420[\"join\",\"" + std::string(600, 'x') + "\"]"),
              HasSubstr(R"("code":"too_large")"));
}

TEST_F(PubSubPolicyTest, TheJoinEventCanBeCalledOtherwise) {
  pubsub_ = PubSubPolicy({.join_event = "subscribe"});
  WebSocket& a = open_client();
  WebSocket& b = open_client();
  EXPECT_EQ(answer(a, "420[\"subscribe\",\"red\"]"), R"(430[{"rooms":["red"]}])");
  say(a, "42[\"join\",\"red\"]");
  EXPECT_THAT(b.take_texts(), ElementsAre(R"(42["join","red"])"));
}

TEST_F(PubSubPolicyTest, EmitAddressesRoomsAndLeavesTheSenderOut) {
  WebSocket& a = open_client();
  WebSocket& b = open_client();
  WebSocket& c = open_client();
  for (WebSocket* websocket : {&a, &b}) answer(*websocket, "420[\"join\",\"red\"]");
  say(a, R"(42["sio:emit",{"event":"e","args":[1,"x"],"rooms":["red"]}])");
  EXPECT_THAT(a.take_texts(), IsEmpty());
  EXPECT_THAT(b.take_texts(), ElementsAre(R"(42["e",1,"x"])"));
  EXPECT_THAT(c.take_texts(), IsEmpty());
}

TEST_F(PubSubPolicyTest, EmitCarriesAttachments) {
  WebSocket& a = open_client();
  WebSocket& b = open_client();
  a.receive_text(R"(451-["sio:emit",{"event":"e","args":[{"_placeholder":true,"num":0}]}])");
  a.receive_binary("xyz");
  end_turn();
  const auto sent = b.take_sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].bytes, R"(451-["e",{"_placeholder":true,"num":0}])");
  EXPECT_EQ(sent[1].bytes, "xyz");
}

TEST_F(PubSubPolicyTest, EmitThatMakesNoSenseIsRefused) {
  WebSocket& a = open_client();
  for (const char* packet : {"420[\"sio:emit\"]", "420[\"sio:emit\",1]", "420[\"sio:emit\",{}]",
                             R"(420["sio:emit",{"event":"connect"}])",
                             R"(420["sio:emit",{"event":"e","args":1}])", "420[\"sio:other\"]"})
    EXPECT_THAT(answer(a, packet), HasSubstr(R"("code":"bad_request")")) << packet;
}

TEST_F(PubSubPolicyTest, RelayRoomsReachesThoseWhoShareARoom) {
  pubsub_ = PubSubPolicy({.relay = Relay::rooms});
  WebSocket& a = open_client();
  WebSocket& b = open_client();
  WebSocket& c = open_client();
  EXPECT_THAT(answer(a, "420[\"hi\"]"), HasSubstr(R"("code":"bad_request")"));
  answer(a, "420[\"join\",\"red\"]");
  answer(b, "420[\"join\",\"red\"]");
  answer(c, "420[\"join\",\"blue\"]");
  say(a, "42[\"hi\"]");
  EXPECT_THAT(b.take_texts(), ElementsAre(R"(42["hi"])"));
  EXPECT_THAT(c.take_texts(), IsEmpty());
}

TEST_F(PubSubPolicyTest, RelayNoneReachesNobodyAndSaysSo) {
  pubsub_ = PubSubPolicy({.relay = Relay::none});
  WebSocket& a = open_client();
  WebSocket& b = open_client();
  EXPECT_THAT(answer(a, "420[\"hi\"]"), HasSubstr(R"("code":"forbidden")"));
  say(a, "42[\"hi\"]");
  EXPECT_THAT(b.take_texts(), IsEmpty());
}

TEST_F(PubSubPolicyTest, NumericNamesPass) {
  WebSocket& a = open_client();
  WebSocket& b = open_client();
  say(a, "42[7,1]");
  EXPECT_THAT(b.take_texts(), ElementsAre("42[7,1]"));
}

// --- responders

class RespondersTest : public PubSubPolicyTest {
 protected:
  WebSocket& responder(std::string_view globs = R"(["sum"])", bool meta = false) {
    return open_client("40{\"sio\":{\"v\":1,\"respond\":" + std::string(globs) +
                       (meta ? ",\"meta\":true" : "") + "}}");
  }
};

TEST_F(RespondersTest, AQuestionIsAnsweredByTheResponder) {
  WebSocket& asker = open_client();
  WebSocket& worker = responder();
  say(asker, "425[\"sum\",1,2]");
  EXPECT_THAT(asker.take_texts(), IsEmpty()) << "no receipt beside the answer";
  EXPECT_THAT(worker.take_texts(), ElementsAre(R"(420["sum",1,2])")) << "and not a second time";
  say(worker, "430[3]");
  EXPECT_THAT(asker.take_texts(), ElementsAre("435[3]"));
}

TEST_F(RespondersTest, TheQuestionIsStoredAndRelayedToOthers) {
  WebSocket& asker = open_client();
  responder();
  WebSocket& other = open_client();
  say(asker, "425[\"sum\",1,2]");
  EXPECT_THAT(other.take_texts(), ElementsAre(R"(42["sum",1,2])"));
  EXPECT_EQ(store_.bounds().next, 2u);
}

TEST_F(RespondersTest, OtherEventsAndEventsWithoutAnAckAreOrdinary) {
  WebSocket& asker = open_client();
  WebSocket& worker = responder();
  EXPECT_EQ(answer(asker, "425[\"other\"]"), R"(435[{"id":"#k3f9-1"}])");
  worker.take_texts();
  say(asker, "42[\"sum\",1]");
  EXPECT_THAT(worker.take_texts(), ElementsAre(R"(42["sum",1])"));
}

TEST_F(RespondersTest, MetadataComesLast) {
  WebSocket& asker = open_client();
  WebSocket& worker = responder(R"(["sum"])", true);
  say(asker, "425[\"sum\",1]");
  EXPECT_THAT(
      worker.take_texts(),
      ElementsAre(MatchesRegex(R"(420\["sum",1,\{"id":"#k3f9-1","time":1000,"from":.*\}\])")));
}

TEST_F(RespondersTest, SeveralTakeTurns) {
  WebSocket& asker = open_client();
  WebSocket& first = responder();
  WebSocket& second = responder(R"(["s*"])");
  for (int i = 0; i < 4; ++i) say(asker, "42" + std::to_string(i) + "[\"sum\"]");
  const auto asked = [](const std::vector<std::string>& sent) {
    return std::ranges::count_if(sent, [](const std::string& s) { return s[2] != '['; });
  };
  EXPECT_EQ(asked(first.take_texts()), 2);
  EXPECT_EQ(asked(second.take_texts()), 2);
}

TEST_F(RespondersTest, TheNextOneIsAskedWhenOneLeaves) {
  WebSocket& asker = open_client();
  WebSocket& first = responder();
  WebSocket& second = responder();
  say(asker, "425[\"sum\"]");
  WebSocket& asked = first.take_texts().at(0) == R"(420["sum"])" ? first : second;
  WebSocket& other = &asked == &first ? second : first;
  other.take_texts();
  asked.lose();
  end_turn();
  EXPECT_THAT(other.take_texts(), ElementsAre(R"(421["sum"])"));
  say(other, "431[\"done\"]");
  EXPECT_THAT(asker.take_texts(), ElementsAre(R"(435["done"])"));
}

TEST_F(RespondersTest, WhenNobodyIsLeftTheAskerIsTold) {
  WebSocket& asker = open_client();
  WebSocket& worker = responder();
  say(asker, "425[\"sum\"]");
  worker.lose();
  end_turn();
  EXPECT_THAT(asker.take_texts(),
              ElementsAre(MatchesRegex(R"(435\[\{"error":\{"code":"unavailable",.*\}\}\])")));
}

TEST_F(RespondersTest, BinaryTravelsBothWays) {
  WebSocket& asker = open_client();
  WebSocket& worker = responder();
  asker.receive_text(R"(451-5["sum",{"_placeholder":true,"num":0}])");
  asker.receive_binary("question");
  end_turn();
  auto sent = worker.take_sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].bytes, R"(451-0["sum",{"_placeholder":true,"num":0}])");
  EXPECT_EQ(sent[1].bytes, "question");
  worker.receive_text(R"(461-0[{"_placeholder":true,"num":0}])");
  worker.receive_binary("answer");
  end_turn();
  sent = asker.take_sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].bytes, R"(461-5[{"_placeholder":true,"num":0}])");
  EXPECT_EQ(sent[1].bytes, "answer");
}

TEST_F(RespondersTest, AnAnswerNobodyAskedForIsIgnored) {
  WebSocket& worker = responder();
  say(worker, "439[1]");
  EXPECT_FALSE(worker.closing());
}

TEST_F(RespondersTest, AResponderIsNotAskedByItself) {
  WebSocket& worker = responder();
  EXPECT_EQ(answer(worker, "425[\"sum\"]"), R"(435[{"id":"#k3f9-1"}])");
}

TEST_F(RespondersTest, NamespacesHaveTheirOwnResponders) {
  WebSocket& asker = open_client("40/x");
  WebSocket& worker = responder();
  EXPECT_EQ(answer(asker, "42/x,5[\"sum\"]"), R"(43/x,5[{"id":"#k3f9-1"}])");
  EXPECT_THAT(worker.take_texts(), IsEmpty());
}

}  // namespace
}  // namespace sio::server
