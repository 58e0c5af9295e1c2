#include "client/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sio::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kStart{seconds(1000)};

class Wire final : public PacketSink {
 public:
  void send_text(std::string_view message) override { sent.emplace_back(message); }
  void send_binary(std::string_view bytes) override {
    sent.push_back("<" + std::string(bytes) + ">");
  }
  bool send_ping() override {
    ++pings;
    return true;
  }
  std::vector<std::string> take() { return std::exchange(sent, {}); }

  std::vector<std::string> sent;
  int pings = 0;
};

class Fates final : public PublisherEvents {
 public:
  void on_answer(const Answer& answer) override {
    answers.push_back(std::string(answer.event) + " " + std::string(answer.args));
    last_round_trip = answer.round_trip;
  }
  void on_refused(std::uint64_t line, const proto::Refusal& refusal) override {
    refusals.push_back(std::to_string(line) + " " + refusal.code);
  }
  void on_unconfirmed(std::size_t count, bool lost) override {
    (lost ? unknown : missing) += count;
  }

  std::vector<std::string> answers;
  std::vector<std::string> refusals;
  Duration last_round_trip{0};
  std::size_t missing = 0;
  std::size_t unknown = 0;
};

class PublisherTest : public testing::Test {
 protected:
  PublisherOptions options_{.patience = seconds(10), .max_events = 4, .max_bytes = 1000};
  Wire wire_;
  Fates fates_;
  Publisher publisher_{wire_, fates_, options_};

  void join_sio(TimePoint now = kStart) { publisher_.joined("/", true, now); }
  void join_other(TimePoint now = kStart) { publisher_.joined("/", false, now); }
  bool submit(std::string_view args, TimePoint now = kStart) {
    return publisher_.submit({.event = "e", .args = args, .line = ++line_}, now);
  }
  void ack(std::uint64_t id, std::string_view args = R"({"id":"#a-1"})", TimePoint now = kStart) {
    publisher_.acknowledged({.ns = "/", .id = id, .args = args}, now);
  }
  void ack(std::uint64_t id, TimePoint now) { ack(id, R"({"id":"#a-1"})", now); }

 private:
  std::uint64_t line_ = 0;
};

TEST_F(PublisherTest, AsksASioServerForAnAckOfEveryEvent) {
  join_sio();
  submit("1");
  submit("\"two\"");
  EXPECT_THAT(wire_.sent, ElementsAre(R"(20["e",1])", R"(21["e","two"])"));
  publisher_.flush();
  EXPECT_EQ(wire_.pings, 0);
}

TEST_F(PublisherTest, IsIdleWhenEveryEventHasItsAck) {
  join_sio();
  submit("1");
  submit("2");
  ack(1);
  EXPECT_FALSE(publisher_.idle());
  ack(0);
  EXPECT_TRUE(publisher_.idle());
  EXPECT_EQ(publisher_.confirmed(), 2U);
}

TEST_F(PublisherTest, CountsAnAckOnlyOnce) {
  join_sio();
  submit("1");
  submit("2");
  ack(1);
  ack(1);
  ack(17);
  EXPECT_EQ(publisher_.confirmed(), 1U);
}

TEST_F(PublisherTest, TakesAReceiptWithoutAnId) {
  join_sio();
  submit("1");
  ack(0, R"({"id":null})");
  EXPECT_EQ(publisher_.confirmed(), 1U);
}

TEST_F(PublisherTest, TellsARefusalWithItsLine) {
  join_sio();
  submit("1");
  submit("2");
  ack(1, R"({"error":{"code":"full","message":"no room"}})");
  EXPECT_THAT(fates_.refusals, ElementsAre("2 full"));
  EXPECT_EQ(publisher_.confirmed(), 0U);
}

TEST_F(PublisherTest, AddressesRoomsByARequestToTheServer) {
  join_sio();
  const std::vector<std::string> rooms = {"a", "b"};
  publisher_.submit({.event = "e", .args = "1,2", .rooms = &rooms}, kStart);
  ASSERT_EQ(wire_.sent.size(), 1U);
  EXPECT_TRUE(wire_.sent[0].starts_with(R"(20["sio:emit",{)")) << wire_.sent[0];
  const auto request = proto::parse_emit_request(
      std::string_view(wire_.sent[0]).substr(14, wire_.sent[0].size() - 15));
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->event, "e");
  EXPECT_EQ(request->args, "1,2");
  EXPECT_THAT(request->rooms, ElementsAre("a", "b"));
}

TEST_F(PublisherTest, NamesTheNamespaceAndSendsAttachmentsBehindTheEvent) {
  publisher_.joined("/n", false, kStart);
  const std::vector<std::string> attachments = {"AB", "C"};
  publisher_.submit({.ns = "/n",
                     .event = "e",
                     .args = R"({"_placeholder":true,"num":0},{"_placeholder":true,"num":1})",
                     .attachments = &attachments},
                    kStart);
  EXPECT_THAT(
      wire_.sent,
      ElementsAre(R"(52-/n,["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
                  "<AB>", "<C>"));
}

TEST_F(PublisherTest, WritesAnEventWithoutArguments) {
  join_other();
  submit("");
  EXPECT_THAT(wire_.sent, ElementsAre(R"(2["e"])"));
}

TEST_F(PublisherTest, TakesThePongOfAnotherServerAsReceiptForAllBefore) {
  join_other();
  submit("1");
  submit("2");
  publisher_.flush();
  publisher_.flush();
  EXPECT_EQ(wire_.pings, 1);
  submit("3");
  publisher_.flush();
  EXPECT_EQ(wire_.pings, 1) << "one ping at a time";
  publisher_.ponged(kStart);
  EXPECT_EQ(publisher_.confirmed(), 2U);
  EXPECT_EQ(wire_.pings, 2) << "the third event has none yet";
  publisher_.ponged(kStart);
  EXPECT_TRUE(publisher_.idle());
}

TEST_F(PublisherTest, HasRoomForOnlySoManyEvents) {
  join_sio();
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(publisher_.has_room());
    submit("1");
  }
  EXPECT_FALSE(publisher_.has_room());
  ack(0);
  EXPECT_TRUE(publisher_.has_room());
  EXPECT_FALSE(publisher_.has_plenty_of_room());
  ack(1);
  EXPECT_TRUE(publisher_.has_plenty_of_room());
}

TEST_F(PublisherTest, HasRoomForOnlySoManyBytes) {
  join_sio();
  submit("\"" + std::string(1000, 'x') + "\"");
  EXPECT_FALSE(publisher_.has_room());
  ack(0);
  EXPECT_TRUE(publisher_.has_room());
}

TEST_F(PublisherTest, SendsNothingThatTheServerWouldFindTooLarge) {
  join_sio();
  publisher_.set_max_message(21);
  EXPECT_TRUE(submit("\"4567890123\""));
  EXPECT_EQ(publisher_.message_size(), 21U);
  EXPECT_FALSE(submit("\"45678901234\""));
  EXPECT_EQ(publisher_.message_size(), 22U);
  EXPECT_EQ(wire_.sent.size(), 1U);
  EXPECT_EQ(publisher_.in_flight(), 1U);
}

TEST_F(PublisherTest, SendsAgainToASioServerWhatHadNoReceiptAndInOrder) {
  join_sio();
  submit("1");
  submit("2");
  submit("3");
  ack(1);
  wire_.take();
  publisher_.lost(kStart);
  submit("4");
  EXPECT_THAT(wire_.sent, IsEmpty());
  join_sio();
  EXPECT_THAT(wire_.sent, ElementsAre(R"(20["e",1])", R"(22["e",3])", R"(23["e",4])"));
  EXPECT_EQ(fates_.unknown, 0U);
}

TEST_F(PublisherTest, ReportsAnUnknownFateOnOtherServersAndSendsNothingTwice) {
  join_other();
  submit("1");
  submit("2");
  publisher_.flush();
  publisher_.lost(kStart);
  EXPECT_EQ(fates_.unknown, 2U);
  wire_.take();
  submit("3");
  join_other();
  EXPECT_THAT(wire_.sent, ElementsAre(R"(2["e",3])"));
  EXPECT_EQ(wire_.pings, 2);
  publisher_.ponged(kStart);
  EXPECT_EQ(publisher_.confirmed(), 1U);
}

TEST_F(PublisherTest, TakesNoAnswerOfALostConnection) {
  join_sio();
  submit("1");
  publisher_.lost(kStart);
  ack(0);
  EXPECT_EQ(publisher_.confirmed(), 0U);
  EXPECT_EQ(publisher_.in_flight(), 1U);
}

TEST_F(PublisherTest, MissesAReceiptThatDoesNotComeInTime) {
  join_sio();
  submit("1", kStart);
  submit("2", kStart + seconds(3));
  EXPECT_EQ(publisher_.next_deadline(), kStart + seconds(10));
  publisher_.expire(kStart + seconds(10));
  EXPECT_EQ(fates_.missing, 1U);
  EXPECT_EQ(publisher_.next_deadline(), kStart + seconds(13));
  ack(1);
  EXPECT_EQ(publisher_.next_deadline(), kNever);
}

TEST_F(PublisherTest, HasPatienceAsLongAsReceiptsCome) {
  join_sio();
  submit("1", kStart);
  submit("2", kStart);
  submit("3", kStart);
  ack(0, kStart + seconds(9));
  EXPECT_EQ(publisher_.next_deadline(), kStart + seconds(19));
  ack(1, kStart + seconds(18));
  publisher_.expire(kStart + seconds(27));
  EXPECT_EQ(fates_.missing, 0U);
  publisher_.expire(kStart + seconds(28));
  EXPECT_EQ(fates_.missing, 1U);
}

TEST_F(PublisherTest, CountsPatienceFromTheLastSending) {
  join_sio();
  submit("1", kStart);
  publisher_.lost(kStart + seconds(9));
  EXPECT_EQ(publisher_.next_deadline(), kNever);
  join_sio(kStart + seconds(60));
  EXPECT_EQ(publisher_.next_deadline(), kStart + seconds(70));
}

TEST_F(PublisherTest, LosesPatienceWithoutConnectionOnlyWhenTheInputHasEnded) {
  join_sio();
  submit("1", kStart);
  publisher_.lost(kStart + seconds(1));
  publisher_.expire(kStart + seconds(1000));
  EXPECT_EQ(fates_.missing, 0U);
  publisher_.finish(kStart + seconds(1000));
  EXPECT_EQ(publisher_.next_deadline(), kStart + seconds(1010));
  publisher_.expire(kStart + seconds(1010));
  EXPECT_EQ(fates_.missing, 1U);
  EXPECT_TRUE(publisher_.idle());
}

TEST_F(PublisherTest, WaitsForTheAckOfAnyServerIfTold) {
  options_.wait_for_acks = true;
  Publisher publisher(wire_, fates_, options_);
  publisher.joined("/", false, kStart);
  publisher.submit({.event = "sum", .args = "1,2"}, kStart);
  publisher.flush();
  EXPECT_THAT(wire_.sent, ElementsAre(R"(20["sum",1,2])"));
  EXPECT_EQ(wire_.pings, 0);
  publisher.acknowledged({.ns = "/", .id = 0, .args = R"({"error":{"code":"x","message":""}})"},
                         kStart + milliseconds(5));
  EXPECT_THAT(fates_.answers, ElementsAre(R"(sum {"error":{"code":"x","message":""}})"));
  EXPECT_EQ(fates_.last_round_trip, milliseconds(5));
  EXPECT_TRUE(publisher.idle());
}

TEST_F(PublisherTest, KeepsNamespacesApart) {
  publisher_.joined("/a", true, kStart);
  publisher_.joined("/b", true, kStart);
  publisher_.submit({.ns = "/a", .event = "e"}, kStart);
  publisher_.submit({.ns = "/b", .event = "e"}, kStart);
  publisher_.acknowledged({.ns = "/a", .id = 1, .args = R"({"id":null})"}, kStart);
  EXPECT_EQ(publisher_.confirmed(), 0U) << "an ack of another namespace";
  publisher_.lost(kStart);
  wire_.take();
  publisher_.joined("/b", true, kStart);
  EXPECT_THAT(wire_.sent, ElementsAre(R"(2/b,1["e"])"));
}

// --retries and --spool.
class RetryingPublisherTest : public PublisherTest {
 protected:
  static PublisherOptions with_retries(PublisherOptions options) {
    options.retries = 1;
    options.wait_for_acks = true;
    options.name = "p";
    return options;
  }
  Publisher retrying_{wire_, fates_, with_retries(options_)};

  void send(std::string_view args, TimePoint now = kStart) {
    retrying_.submit({.event = "e", .args = args}, now);
  }
};

TEST_F(RetryingPublisherTest, SendsAgainWordForWordWhatHasNoAckInTime) {
  retrying_.joined("/", true, kStart);
  send("1");
  send("2");
  const std::vector<std::string> first = wire_.take();
  retrying_.expire(kStart + seconds(10));
  EXPECT_EQ(wire_.take(), first);
  EXPECT_EQ(fates_.missing, 0U);
}

TEST_F(RetryingPublisherTest, GivesUpWhenTheRetriesAreUsed) {
  retrying_.joined("/", true, kStart);
  send("1");
  retrying_.expire(kStart + seconds(10));
  EXPECT_EQ(retrying_.next_deadline(), kStart + seconds(20));
  retrying_.expire(kStart + seconds(20));
  EXPECT_EQ(fates_.missing, 1U);
  EXPECT_TRUE(retrying_.idle());
}

TEST_F(RetryingPublisherTest, SendsAgainToAnyServerWhatAsksForAnAckWhenTheConnectionBreaks) {
  retrying_.joined("/", false, kStart);
  send("1");
  const std::vector<std::string> first = wire_.take();
  retrying_.lost(kStart);
  retrying_.joined("/", false, kStart);
  EXPECT_EQ(wire_.take(), first);
  retrying_.lost(kStart);
  EXPECT_EQ(fates_.unknown, 1U);
}

TEST_F(RetryingPublisherTest, GivesBackWhatHasNoReceiptUnderTheKeyThatTheServerKnows) {
  retrying_.joined("/", true, kStart);
  send("1");
  send("2");
  retrying_.acknowledged({.ns = "/", .id = 0, .args = R"({"id":"#a-1"})"}, kStart);
  retrying_.lost(kStart);
  send("3");
  const auto back = retrying_.give_back();
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].args, "2");
  EXPECT_EQ(back[0].key, "p.1");
  EXPECT_EQ(back[1].args, "3");
  EXPECT_EQ(back[1].key, "");  // no server has seen it
  EXPECT_TRUE(retrying_.idle());
  EXPECT_EQ(retrying_.next_number(), 3U);
}

TEST_F(RetryingPublisherTest, GivesBackRoomsKeysAndAttachments) {
  retrying_.joined("/", true, kStart);
  const std::vector<std::string> attachments = {"bytes"};
  const std::vector<std::string> rooms = {"a"};
  retrying_.submit({.event = "e",
                    .args = R"({"_placeholder":true,"num":0})",
                    .attachments = &attachments,
                    .rooms = &rooms,
                    .key = "mine"},
                   kStart);
  retrying_.lost(kStart);
  const auto back = retrying_.give_back();
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].event, "e");
  EXPECT_EQ(back[0].args, R"({"_placeholder":true,"num":0})");
  EXPECT_EQ(back[0].rooms, rooms);
  EXPECT_EQ(back[0].attachments, attachments);
  EXPECT_EQ(back[0].key, "mine");
}

}  // namespace
}  // namespace sio::client
