#include "proto/engine_server.h"

#include <gmock/gmock.h>

#include "proto/limits.h"

namespace sio::proto {
namespace {

using std::chrono::milliseconds;
using Action = EngineServer::Action;
using Due = EngineServer::Due;

class EngineServerTest : public testing::Test {
 protected:
  static TimePoint at(int ms) { return TimePoint(milliseconds(ms)); }
  EngineServer::Received text(std::string_view packet, int ms = 1) {
    return session_.receive_text(packet, storage_, at(ms));
  }

  HeartbeatTiming timing_{milliseconds(300), milliseconds(200)};
  EngineServer session_{timing_, at(0)};
  std::string storage_;
};

TEST_F(EngineServerTest, HandsMessagesUp) {
  const auto received = text("42[\"a\"]");
  EXPECT_EQ(received.action, Action::message);
  EXPECT_FALSE(received.binary);
  EXPECT_EQ(received.data, "2[\"a\"]");
}

TEST_F(EngineServerTest, HandsAnEmptyMessageUp) {
  const auto received = text("4");
  EXPECT_EQ(received.action, Action::message);
  EXPECT_EQ(received.data, "");
}

TEST_F(EngineServerTest, HandsBinaryUpInBothSpellings) {
  EXPECT_TRUE(session_.receive_binary("abc", at(1)).binary);
  const auto received = text("bYWJj");
  EXPECT_EQ(received.action, Action::message);
  EXPECT_TRUE(received.binary);
  EXPECT_EQ(received.data, "abc");
}

TEST_F(EngineServerTest, IsClosedByAClosePacket) {
  EXPECT_EQ(text("1").action, Action::closed_by_peer);
}

TEST_F(EngineServerTest, RefusesPingsOfTheClient) {
  EXPECT_EQ(text("2").action, Action::transport_error);
  EXPECT_EQ(text("2probe").action, Action::transport_error);
}

TEST_F(EngineServerTest, IgnoresPacketsThatMeanNothingHere) {
  for (const std::string_view packet : {"0", "5", "6", "3", "3xyz"})
    EXPECT_EQ(text(packet).action, Action::none) << packet;
}

TEST_F(EngineServerTest, CannotReadOtherBytes) {
  for (const std::string_view packet : {"", "7", "x", "b!", " 4"})
    EXPECT_EQ(text(packet).action, Action::parse_error) << packet;
}

TEST_F(EngineServerTest, PingsOnceAnInterval) {
  EXPECT_EQ(session_.next_deadline(), at(300));
  EXPECT_EQ(session_.on_deadline(at(299)), Due::nothing);
  EXPECT_EQ(session_.on_deadline(at(300)), Due::send_ping);
  text("3", 310);
  EXPECT_EQ(session_.next_deadline(), at(610));
}

TEST_F(EngineServerTest, DiesWithoutAPong) {
  session_.on_deadline(at(300));
  EXPECT_EQ(session_.next_deadline(), at(500));
  EXPECT_EQ(session_.on_deadline(at(499)), Due::nothing);
  EXPECT_EQ(session_.on_deadline(at(500)), Due::ping_timeout);
  EXPECT_EQ(session_.next_deadline(), kNever);
}

TEST_F(EngineServerTest, AnUnaskedPongRestartsTheInterval) {
  text("3", 100);
  EXPECT_EQ(session_.next_deadline(), at(400));
}

TEST_F(EngineServerTest, OtherPacketsExtendTheTimeoutOncePerPing) {
  session_.on_deadline(at(300));
  text("42[\"a\"]", 400);
  EXPECT_EQ(session_.next_deadline(), at(600));
  text("42[\"a\"]", 550);
  EXPECT_EQ(session_.next_deadline(), at(600));
}

TEST_F(EngineServerTest, OtherPacketsDoNotDelayThePing) {
  text("42[\"a\"]", 200);
  EXPECT_EQ(session_.next_deadline(), at(300));
}

TEST_F(EngineServerTest, AnExcusedSessionGetsTheFullTimeForItsPong) {
  session_.on_deadline(at(300));
  session_.excuse(at(450));
  EXPECT_EQ(session_.next_deadline(), at(650));
}

TEST_F(EngineServerTest, AnExcuseDoesNotDelayThePing) {
  session_.excuse(at(200));
  EXPECT_EQ(session_.next_deadline(), at(300));
}

class UpgradeProbeTest : public testing::Test {
 protected:
  static TimePoint at(int ms) { return TimePoint(milliseconds(ms)); }
  UpgradeProbe probe_{at(0)};
};

TEST_F(UpgradeProbeTest, AnswersTheProbeAndUpgrades) {
  EXPECT_EQ(probe_.receive(false, "2probe", at(1)), UpgradeProbe::Action::answer_probe);
  EXPECT_EQ(probe_.receive(false, "5", at(2)), UpgradeProbe::Action::upgrade);
}

TEST_F(UpgradeProbeTest, UpgradesWithoutAProbeToo) {
  EXPECT_EQ(probe_.receive(false, "5", at(2)), UpgradeProbe::Action::upgrade);
}

TEST_F(UpgradeProbeTest, ClosesOnAnythingElse) {
  for (const std::string_view packet : {"2", "2foo", "42[\"a\"]", "3probe", "", "1"})
    EXPECT_EQ(probe_.receive(false, packet, at(1)), UpgradeProbe::Action::close) << packet;
  EXPECT_EQ(probe_.receive(true, "5", at(1)), UpgradeProbe::Action::close);
}

TEST_F(UpgradeProbeTest, ReleasesThePollAHundredMillisecondsAfterTheProbeAndThenEachHundred) {
  EXPECT_EQ(probe_.next_deadline(), at(10'000));
  probe_.receive(false, "2probe", at(50));
  EXPECT_EQ(probe_.next_deadline(), at(150));
  EXPECT_EQ(probe_.on_deadline(at(149)), UpgradeProbe::Due::nothing);
  EXPECT_EQ(probe_.on_deadline(at(150)), UpgradeProbe::Due::release_poll);
  EXPECT_EQ(probe_.next_deadline(), at(250));
}

TEST_F(UpgradeProbeTest, GivesUpAfterTheUpgradeTimeout) {
  probe_.receive(false, "2probe", at(50));
  EXPECT_EQ(probe_.on_deadline(at(0) + kUpgradeTimeout), UpgradeProbe::Due::timeout);
}

class EngineServer3Test : public testing::Test {
 protected:
  static TimePoint at(int ms) { return TimePoint(milliseconds(ms)); }

  HeartbeatTiming timing_{milliseconds(300), milliseconds(200)};
  EngineServer session_{timing_, at(0), EngineRevision::v3};
  std::string storage_;
};

TEST_F(EngineServer3Test, TheClientPingsAndIsAnswered) {
  EXPECT_EQ(session_.next_deadline(), at(500));
  EXPECT_EQ(session_.receive_text("2", storage_, at(300)).action, Action::answer_ping);
  EXPECT_EQ(session_.next_deadline(), at(800));
  EXPECT_EQ(session_.on_deadline(at(799)), Due::nothing);
  EXPECT_EQ(session_.on_deadline(at(800)), Due::ping_timeout);
}

TEST_F(EngineServer3Test, OtherPacketsAreNoHeartbeat) {
  session_.receive_text("42[\"a\"]", storage_, at(400));
  EXPECT_EQ(session_.next_deadline(), at(500));
}

TEST_F(EngineServer3Test, RefusesPongsOfTheClient) {
  EXPECT_EQ(session_.receive_text("3", storage_, at(1)).action, Action::transport_error);
}

TEST_F(EngineServer3Test, BinaryHasATypeInBothSpellings) {
  const auto frame = session_.receive_binary("\x04hi", at(1));
  EXPECT_EQ(frame.action, Action::message);
  EXPECT_TRUE(frame.binary);
  EXPECT_EQ(frame.data, "hi");
  const auto text = session_.receive_text("b4aGk=", storage_, at(1));
  EXPECT_EQ(text.action, Action::message);
  EXPECT_TRUE(text.binary);
  EXPECT_EQ(text.data, "hi");
}

TEST_F(EngineServer3Test, BinaryThatIsNoMessageIsAnError) {
  for (const std::string_view bytes : {"", "\x02", "hi"})
    EXPECT_EQ(session_.receive_binary(bytes, at(1)).action, Action::parse_error) << bytes;
  for (const std::string_view text : {"b", "baGk=", "b2aGk=", "b4!"})
    EXPECT_EQ(session_.receive_text(text, storage_, at(1)).action, Action::parse_error) << text;
}

}  // namespace
}  // namespace sio::proto
