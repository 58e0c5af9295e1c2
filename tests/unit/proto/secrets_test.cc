#include "proto/secrets.h"

#include <gtest/gtest.h>

namespace sio::proto {
namespace {

TEST(Secrets, HideUserAndTokensOfAUrl) {
  EXPECT_EQ(mask_url("https://me:pw@h:1/ns?EIO=4&token=a%20b&x=1&API_KEY="),
            "https://***@h:1/ns?EIO=4&token=***&x=1&API_KEY=***");
  EXPECT_EQ(mask_url("http://u@h"), "http://***@h");
  EXPECT_EQ(mask_url("/socket.io/?EIO=4&transport=polling&sid=abc"),
            "/socket.io/?EIO=4&transport=polling&sid=abc");
  EXPECT_EQ(mask_url("http://h/a@b?&&x&token"), "http://h/a@b?&&x&token");
}

TEST(Secrets, HideHeadersThatSayWhoSomebodyIs) {
  EXPECT_EQ(mask_header("Authorization", "Bearer abc"), "Bearer ***");
  EXPECT_EQ(mask_header("proxy-authorization", "Basic abc"), "Basic ***");
  EXPECT_EQ(mask_header("authorization", "abc"), "***");
  EXPECT_EQ(mask_header("Cookie", "a=b; c=d"), "***");
  EXPECT_EQ(mask_header("Set-Cookie", "a=b"), "***");
  EXPECT_EQ(mask_header("X-Api-Key", "a"), "***");
  EXPECT_EQ(mask_header("X-Auth-Token", "a b"), "***");
  EXPECT_EQ(mask_header("Host", "h:1"), "h:1");
  EXPECT_EQ(mask_header("Sec-WebSocket-Key", "abc=="), "abc==");
  EXPECT_EQ(mask_header("WWW-Authenticate", "Bearer realm=x"), "Bearer realm=x");
}

}  // namespace
}  // namespace sio::proto
