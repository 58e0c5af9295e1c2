#include "cli/hand_outs.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HandOutsTest : public testing::Test, protected client::PacketSink {
 protected:
  void send_text(std::string_view message) override { sent.emplace_back(message); }
  void send_binary(std::string_view bytes) override {
    sent.push_back("binary " + std::string(bytes));
  }
  bool send_ping() override { return true; }

  std::optional<std::uint64_t> hand_out(std::uint64_t ack_id, std::string_view record_id) {
    return hand_outs.take({.ns = "/", .ack_id = ack_id, .record_id = record_id});
  }

  std::vector<std::string> sent;
  HandOuts hand_outs{*this};
};

TEST_F(HandOutsTest, AcknowledgesWhatIsDone) {
  const auto number = hand_out(7, "#a-1");
  ASSERT_TRUE(number);
  EXPECT_THAT(sent, IsEmpty());
  hand_outs.settle(*number);
  EXPECT_THAT(sent, ElementsAre("37[]"));
  EXPECT_EQ(hand_outs.open(), 0U);
}

TEST_F(HandOutsTest, AnswersQuestionsInTheirNamespace) {
  const auto number = hand_outs.take({.ns = "/chat", .ack_id = 3});
  hand_outs.settle(*number, {.args = R"("yes")", .attachments = {}});
  EXPECT_THAT(sent, ElementsAre(R"(3/chat,3["yes"])"));
}

TEST_F(HandOutsTest, AnswersWithAttachments) {
  const auto number = hand_outs.take({.ns = "/", .ack_id = 3});
  hand_outs.settle(*number, {.args = R"({"_placeholder":true,"num":0})", .attachments = {"bytes"}});
  EXPECT_THAT(sent, ElementsAre(R"(61-3[{"_placeholder":true,"num":0}])", "binary bytes"));
}

TEST_F(HandOutsTest, SaysNothingToWhoDidNotAsk) {
  const auto number = hand_outs.take({.ns = "/", .ack_id = {}});
  hand_outs.settle(*number);
  EXPECT_THAT(sent, IsEmpty());
}

TEST_F(HandOutsTest, SaysWhatFailed) {
  hand_outs.settle_failed(*hand_out(7, "#a-1"), "exit 3");
  EXPECT_THAT(sent, ElementsAre(R"(37[{"error":"exit 3"}])"));
}

TEST_F(HandOutsTest, WorksAgainOnWhatFailed) {
  hand_outs.settle_failed(*hand_out(7, "#a-1"), "exit 3");
  EXPECT_TRUE(hand_out(8, "#a-1"));
}

TEST_F(HandOutsTest, AnswersNothingOfABrokenConnection) {
  const auto number = hand_out(7, "#a-1");
  hand_outs.lost();
  hand_outs.settle(*number);
  EXPECT_THAT(sent, IsEmpty());
}

TEST_F(HandOutsTest, DoesNotRepeatWhatWasDoneWhenItComesAgain) {
  const auto number = hand_out(7, "#a-1");
  hand_outs.lost();
  hand_outs.settle(*number);
  EXPECT_FALSE(hand_out(0, "#a-1"));
  EXPECT_THAT(sent, ElementsAre("30[]"));
}

TEST_F(HandOutsTest, AnswersALaterHandOutOfWhatIsBeingDone) {
  const auto number = hand_out(7, "#a-1");
  hand_outs.lost();
  EXPECT_FALSE(hand_out(0, "#a-1"));
  hand_outs.settle(*number);
  EXPECT_THAT(sent, ElementsAre("30[]"));
}

TEST_F(HandOutsTest, AnswersEachHandOutOfOneConnection) {
  const auto number = hand_out(7, "#a-1");
  EXPECT_FALSE(hand_out(8, "#a-1"));
  hand_outs.settle(*number);
  EXPECT_THAT(sent, ElementsAre("37[]", "38[]"));
}

TEST_F(HandOutsTest, AcknowledgesWhatNeedsNoWork) {
  hand_outs.acknowledge({.ns = "/", .ack_id = 5, .record_id = "#a-2"});
  EXPECT_THAT(sent, ElementsAre("35[]"));
}

}  // namespace
}  // namespace sio::cli
