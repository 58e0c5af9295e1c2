#include "client/load_messages.h"

#include <gtest/gtest.h>

#include <string>

namespace sio::client {
namespace {

class LoadMessagesTest : public testing::Test {
 protected:
  LoadMessages messages(std::string ns = "/", std::size_t size = 20) {
    return {{.ns = std::move(ns), .event = "be\"nch", .run = "run-007", .size = size}, decoder_};
  }
  static void expect_mark(std::optional<LoadMark> found, std::uint32_t client,
                          std::uint64_t number) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->client, client);
    EXPECT_EQ(found->number, number);
  }

  proto::PacketDecoder decoder_;
};

TEST_F(LoadMessagesTest, AnEventHasOneStringOfTheSizeThatWasAskedFor) {
  LoadMessages load = messages();
  const std::string event(load.event({1, 2}));
  EXPECT_EQ(event, R"(2["be\"nch","run-0070010000020000"])");
  const auto packet = decoder_.decode(event);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->event, "be\"nch");
  EXPECT_EQ(packet->args.size(), 22u);

  EXPECT_EQ(messages("/", LoadMessages::kMarkSize).event({0, 0}),
            R"(2["be\"nch","run-007000000000"])");
}

TEST_F(LoadMessagesTest, AQuestionHasItsNumberAsAckId) {
  LoadMessages load = messages("/chat");
  EXPECT_EQ(load.question({63, 64}), R"(2/chat,64["be\"nch","run-00700_0000100000"])");
  EXPECT_LE(load.question({1, 1u << 30}).size() + 1, load.largest());
}

TEST_F(LoadMessagesTest, AQuestionMayBeForNobodyElse) {
  LoadMessages load = messages("/chat");
  load.address_nobody();
  EXPECT_EQ(load.question({63, 64}),
            R"(2/chat,64["sio:emit",{"event":"be\"nch","args":["run-00700_0000100000"],)"
            R"("rooms":["bench:run-007"]}])");
  EXPECT_LE(load.question({1, 1u << 30}).size() + 1, load.largest());
  EXPECT_EQ(load.event({1, 2}), R"(2/chat,["be\"nch","run-0070010000020000"])");
}

TEST_F(LoadMessagesTest, KnowsItsEventsAgain) {
  for (const std::string ns : {"/", "/chat"}) {
    LoadMessages load = messages(ns);
    for (const LoadMark mark : {LoadMark{0, 0}, LoadMark{5, 123'456'789'012 % (1ull << 36)},
                                LoadMark{LoadMessages::kMaxClients - 1, (1ull << 36) - 1}}) {
      expect_mark(load.find_mark(load.event(mark)), mark.client, mark.number);
      expect_mark(load.find_mark(load.question(mark)), mark.client, mark.number);
    }
  }
}

TEST_F(LoadMessagesTest, KnowsThemAsOtherServersWriteThem) {
  const LoadMessages load = messages();
  expect_mark(load.find_mark(R"(2["reply","run-0070010000020000"])"), 1, 2);
  expect_mark(load.find_mark(R"(2["be\"nch", "run-0070010000020000","offset"])"), 1, 2);
  expect_mark(load.find_mark(R"(217["be\"nch","run-0070010000020000"])"), 1, 2);
  expect_mark(load.find_mark(R"(2["be\"nch","run-0070010000020000",{"more":1}])"), 1, 2);
}

TEST_F(LoadMessagesTest, LeavesEverythingElseAlone) {
  const LoadMessages load = messages();
  for (const char* other :
       {R"(2["be\"nch","other-70010000020000"])", R"(2["be\"nch",7])", R"(2["be\"nch"])",
        R"(2["be\"nch","run-007)", R"(2["be\"nch","run-007"])",
        R"(2["be\"nch","run-0070#1000002"])", R"(2/chat,["be\"nch","run-0070010000020000"])",
        R"(31["run-0070010000020000"])", "2", "", "{", R"(0{"sid":"x"})"})
    EXPECT_FALSE(load.find_mark(other)) << other;
}

TEST_F(LoadMessagesTest, FindsAcks) {
  const LoadMessages load = messages();
  EXPECT_EQ(load.find_ack(R"(317["a"])")->id, 17u);
  EXPECT_FALSE(load.find_ack(R"(317["a"])")->refused);
  EXPECT_EQ(load.find_ack("30[]")->id, 0u);
  EXPECT_EQ(load.find_ack(R"(61-5[{"_placeholder":true,"num":0}])")->id, 5u);
  EXPECT_TRUE(load.find_ack(R"(35[{"error":{"code":"full","message":"m"}}])")->refused);
  EXPECT_EQ(messages("/chat").find_ack("3/chat,8[]")->id, 8u);
}

TEST_F(LoadMessagesTest, SaysWhyAnEventWasRefused) {
  const LoadMessages load = messages();
  EXPECT_EQ(load.refusal_in(R"(35[{"error":{"code":"full","message":"no room"}}])"),
            "full: no room");
  EXPECT_EQ(load.refusal_in(R"(35[{"error":7}])"), "an error");
}

TEST_F(LoadMessagesTest, FindsNoAckInWhatIsNone) {
  const LoadMessages load = messages();
  for (const char* other : {"", "3", "3[]", "3/chat,8[]", "399999999999999999999[]", R"(2["a"])"})
    EXPECT_FALSE(load.find_ack(other)) << other;
}

}  // namespace
}  // namespace sio::client
