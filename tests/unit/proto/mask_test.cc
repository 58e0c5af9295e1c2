#include "proto/mask.h"

#include <gtest/gtest.h>

namespace sio::proto {
namespace {

TEST(MaskPacket, HidesWhatConnectPresents) {
  EXPECT_EQ(mask_packet(Speaker::client, R"(40{"token":"t","n":{"a":1},"sio":{"v":1}})"),
            R"(40{"token":"***","n":"***","sio":{"v":1}})");
  EXPECT_EQ(mask_packet(Speaker::client, R"(40/ns,{"token":"t"})"), R"(40/ns,{"token":"***"})");
  EXPECT_EQ(mask_packet(Speaker::client, "40{oops"), "40***");
  EXPECT_EQ(mask_packet(Speaker::client, "40"), "40");
  EXPECT_EQ(mask_packet(Speaker::client, "40/ns,"), "40/ns,");
}

TEST(MaskPacket, HidesThePrivateIdOfASession) {
  EXPECT_EQ(mask_packet(Speaker::server, R"(40{"sid":"s","pid":"p"})"),
            R"(40{"sid":"s","pid":"***"})");
}

TEST(MaskPacket, LeavesEventsAlone) {
  const std::string_view event = R"(42["login",{"token":"t"}])";
  EXPECT_EQ(mask_packet(Speaker::client, event), event);
  EXPECT_EQ(mask_packet(Speaker::server, "2"), "2");
}

}  // namespace
}  // namespace sio::proto
