#include "proto/engine_client.h"

#include <gtest/gtest.h>

namespace sio::proto {
namespace {

using std::chrono::seconds;
using Input = EngineClient::Input;

constexpr std::string_view kOpen =
    R"(0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":500})";

const TimePoint kStart{seconds(1000)};

class EngineClientTest : public testing::Test {
 protected:
  EngineClient client_{kStart, seconds(5)};

  Input receive(std::string_view packet, TimePoint now = kStart) {
    const auto received = client_.receive(packet, now);
    EXPECT_TRUE(received.has_value()) << packet;
    return received ? received->input : Input::ignored;
  }
};

TEST_F(EngineClientTest, OpensWithTheOpenPacket) {
  EXPECT_FALSE(client_.is_open());
  EXPECT_EQ(receive(kOpen), Input::opened);
  EXPECT_TRUE(client_.is_open());
  EXPECT_EQ(client_.open().sid, "abc");
  EXPECT_EQ(client_.open().max_payload, 500U);
}

TEST_F(EngineClientTest, RefusesAnythingElseFirst) {
  EXPECT_FALSE(client_.receive("40", kStart).has_value());
  EXPECT_FALSE(client_.receive("HTTP/1.1 400 Bad Request", kStart).has_value());
  EXPECT_FALSE(client_.receive("", kStart).has_value());
  EXPECT_FALSE(client_.receive("0{\"sid\":", kStart).has_value());
  EXPECT_FALSE(client_.is_open());
}

TEST_F(EngineClientTest, HandsOutWhatAMessageCarries) {
  receive(kOpen);
  const auto received = client_.receive("42[\"a\"]", kStart);
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->input, Input::message);
  EXPECT_EQ(received->data, "2[\"a\"]");
}

TEST_F(EngineClientTest, AsksForAPongWithTheDataOfThePing) {
  receive(kOpen);
  const auto received = client_.receive("2probe", kStart);
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->input, Input::ping);
  EXPECT_EQ(received->data, "probe");
}

TEST_F(EngineClientTest, IgnoresPacketsThatMeanNothingToAClient) {
  receive(kOpen);
  for (const char* packet : {"0{}", "3", "3probe", "5", "6"})
    EXPECT_EQ(receive(packet), Input::ignored) << packet;
}

TEST_F(EngineClientTest, TellsThatTheServerClosed) {
  receive(kOpen);
  EXPECT_EQ(receive("1"), Input::closed);
}

TEST_F(EngineClientTest, RefusesUnknownPackets) {
  receive(kOpen);
  EXPECT_FALSE(client_.receive("7", kStart).has_value());
  EXPECT_FALSE(client_.receive("x", kStart).has_value());
  EXPECT_FALSE(client_.receive("", kStart).has_value());
}

TEST_F(EngineClientTest, WaitsOnlySoLongForTheOpenPacket) {
  EXPECT_EQ(client_.deadline(), kStart + seconds(5));
}

TEST_F(EngineClientTest, ExpectsAPingWithinIntervalAndTimeout) {
  receive(kOpen);
  EXPECT_EQ(client_.deadline(), kStart + seconds(45));
  receive("2", kStart + seconds(25));
  EXPECT_EQ(client_.deadline(), kStart + seconds(70));
}

TEST_F(EngineClientTest, OnlyAPingMovesTheDeadline) {
  receive(kOpen);
  receive("42[\"a\"]", kStart + seconds(30));
  receive("3", kStart + seconds(30));
  EXPECT_EQ(client_.deadline(), kStart + seconds(45));
}

TEST_F(EngineClientTest, HasNoDeadlineWhileNobodyReads) {
  receive(kOpen);
  client_.hold();
  EXPECT_EQ(client_.deadline(), kNever);
  client_.release(kStart + seconds(100));
  EXPECT_EQ(client_.deadline(), kStart + seconds(145));
}

TEST_F(EngineClientTest, OwesNoPongUnseenWhileItReads) {
  receive(kOpen);
  EXPECT_EQ(client_.pong_due(), kNever);
}

TEST_F(EngineClientTest, OwesAPongWhenThePingMustBeThereUnread) {
  receive(kOpen);  // 25 s, and 20 s
  client_.hold();
  EXPECT_EQ(client_.pong_due(), kStart + std::chrono::milliseconds(25'250));
  client_.gave_pong(kStart + seconds(26));
  EXPECT_EQ(client_.pong_due(), kStart + std::chrono::milliseconds(51'250));
  client_.release(kStart + seconds(30));
  EXPECT_EQ(client_.pong_due(), kStart + std::chrono::milliseconds(51'250))
      << "the ping is behind what comes first";
}

TEST_F(EngineClientTest, GivesOnePongForEachPing) {
  receive(kOpen);
  client_.hold();
  for (const int at : {26, 52}) client_.gave_pong(kStart + seconds(at));
  client_.release(kStart + seconds(60));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(receive("2", kStart + seconds(61)), Input::answered_ping);
  EXPECT_EQ(client_.deadline(), kStart + seconds(106));
  EXPECT_EQ(receive("2", kStart + seconds(77)), Input::ping);
  EXPECT_EQ(client_.pong_due(), kNever) << "nothing is behind any more";
}

}  // namespace
}  // namespace sio::proto
