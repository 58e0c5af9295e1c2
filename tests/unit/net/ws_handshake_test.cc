#include "net/ws_handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RequestHead browser_request() {
  return {.method = "GET",
          .target = "/",
          .headers = {{"connection", "keep-alive, Upgrade"},
                      {"upgrade", "websocket"},
                      {"sec-websocket-version", "13"},
                      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}}};
}

TEST(WsHandshake, AnswersTheKeyAsTheStandardSays) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsHandshake, MakesKeysThatDifferAndPass) {
  const std::string first = websocket_key();
  EXPECT_NE(first, websocket_key());
  RequestHead request = browser_request();
  request.headers.back().second = first;
  EXPECT_TRUE(check_websocket_request(request));
}

TEST(WsHandshake, KnowsAWebSocketRequestAmongOthers) {
  EXPECT_TRUE(asks_for_websocket(browser_request()));
  RequestHead h2c{.method = "GET",
                  .target = "/",
                  .headers = {{"connection", "Upgrade, HTTP2-Settings"}, {"upgrade", "h2c"}}};
  EXPECT_FALSE(asks_for_websocket(h2c));
  EXPECT_FALSE(
      asks_for_websocket({.method = "GET", .target = "/", .headers = {{"upgrade", "websocket"}}}));
}

TEST(WsHandshake, RefusesOtherVersionsWith426) {
  RequestHead request = browser_request();
  request.headers[2].second = "8";
  EXPECT_EQ(check_websocket_request(request).error().status, 426);
}

TEST(WsHandshake, RefusesABadKey) {
  RequestHead request = browser_request();
  request.headers[3].second = "c2hvcnQ=";
  EXPECT_EQ(check_websocket_request(request).error().status, 400);
}

TEST(WsHandshake, RefusesOtherMethods) {
  RequestHead request = browser_request();
  request.method = "POST";
  EXPECT_EQ(check_websocket_request(request).error().status, 400);
}

TEST(WsHandshake, SelectsTheFirstProtocolOffered) {
  RequestHead request = browser_request();
  EXPECT_THAT(switching_protocols(request, {}), Not(HasSubstr("Sec-WebSocket-Protocol")));
  request.headers.emplace_back("sec-websocket-protocol", "first , second");
  EXPECT_THAT(switching_protocols(request, {}), HasSubstr("Sec-WebSocket-Protocol: first\r\n"));
}

TEST(WsHandshake, AcceptsNoExtension) {
  RequestHead request = browser_request();
  request.headers.emplace_back("sec-websocket-extensions", "permessage-deflate");
  EXPECT_THAT(switching_protocols(request, {}), Not(HasSubstr("xtension")));
}

TEST(WsHandshake, CannotBeSplitByAHeaderOfTheApplication) {
  const std::string head = switching_protocols(browser_request(), {{"X", "a\r\nEvil: 1"}});
  EXPECT_THAT(head, HasSubstr("X: aEvil: 1\r\n"));
}

}  // namespace
}  // namespace sio::net
