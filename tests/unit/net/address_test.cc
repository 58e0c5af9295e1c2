#include "net/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::net {
namespace {

using ::testing::HasSubstr;

TEST(ListenAddress, IsALoopbackPortWhenOnlyAPortIsGiven) {
  const auto address = parse_listen_address("3000");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "127.0.0.1");
  EXPECT_EQ(address->port, 3000);
}

TEST(ListenAddress, TakesAHostAndAPort) {
  const auto address = parse_listen_address("0.0.0.0:0");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "0.0.0.0");
  EXPECT_EQ(address->port, 0);
}

TEST(ListenAddress, TakesAV6AddressInBrackets) {
  const auto address = parse_listen_address("[::1]:80");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->port, 80);
}

TEST(ListenAddress, TakesAUnixPathWithAMode) {
  const auto address = parse_listen_address("unix:/run/sio.sock,mode=660");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->unix_path, "/run/sio.sock");
  EXPECT_EQ(address->unix_mode, 0660);
}

TEST(ListenAddress, TakesAnAbstractUnixName) {
  const auto address = parse_listen_address("unix:@sio");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->unix_path, "@sio");
}

class BadListenAddress : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(BadListenAddress, IsRefusedWithTheReason) {
  const auto [text, reason] = GetParam();
  const auto address = parse_listen_address(text);
  ASSERT_FALSE(address) << text;
  EXPECT_EQ(address.error().code, Errc::usage);
  EXPECT_THAT(address.error().message, HasSubstr(reason));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadListenAddress,
    testing::Values(std::pair("", "not a port"), std::pair("70000", "not a port"),
                    std::pair("-1", "not a port"), std::pair("host:", "not a port"),
                    std::pair("host:80x", "not a port"), std::pair(":80", "no host"),
                    std::pair("::1", "[ADDRESS]:PORT"), std::pair("[::1]", "[V6ADDRESS]:PORT"),
                    std::pair("unix:", "no path"), std::pair("unix:@", "no path"),
                    std::pair("unix:/a,mode=9", "not a mode"),
                    std::pair("unix:/a,mode=1777", "not a mode"),
                    std::pair("/run/sio.sock", "unix:PATH")));

TEST(ListenAddress, RefusesAUnixPathThatASocketCannotHave) {
  EXPECT_FALSE(parse_listen_address("unix:/" + std::string(107, 'x')));
  EXPECT_TRUE(parse_listen_address("unix:/" + std::string(106, 'x')));
}

TEST(ListenAddress, IsLoopbackOnlyWhereNobodyOutsideCanConnect) {
  EXPECT_TRUE(is_loopback({.host = "127.0.0.1"}));
  EXPECT_TRUE(is_loopback({.host = "127.9.9.9"}));
  EXPECT_TRUE(is_loopback({.host = "::1"}));
  EXPECT_TRUE(is_loopback({.host = "localhost"}));
  EXPECT_TRUE(is_loopback({.host = "", .unix_path = "/a"}));
  EXPECT_FALSE(is_loopback({.host = "0.0.0.0"}));
  EXPECT_FALSE(is_loopback({.host = "::"}));
  EXPECT_FALSE(is_loopback({.host = "127.example.org"}));
}

}  // namespace
}  // namespace sio::net
