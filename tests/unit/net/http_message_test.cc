#include "net/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(HttpHeaders, JoinRepeatedValues) {
  const HttpHeaders headers = {{"a", "1"}, {"b", "x"}, {"a", "2"}};
  EXPECT_EQ(header_value(headers, "a"), "1, 2");
  EXPECT_EQ(header_value(headers, "c"), "");
}

TEST(HttpHeaders, FindTokensInLists) {
  const HttpHeaders headers = {{"connection", "Keep-Alive ,UPGRADE"}};
  EXPECT_TRUE(header_has_token(headers, "connection", "upgrade"));
  EXPECT_TRUE(header_has_token(headers, "connection", "keep-alive"));
  EXPECT_FALSE(header_has_token(headers, "connection", "close"));
  EXPECT_EQ(first_in_list(" first ,second"), "first");
}

std::string encoded(std::string_view text, TargetPart part) {
  std::string out;
  append_encoded(out, text, part);
  return out;
}

TEST(RequestTarget, IsWrittenSoThatItMeansTheSame) {
  EXPECT_EQ(encoded("/socket.io/", TargetPart::path), "/socket.io/");
  EXPECT_EQ(encoded("/a b?c#%+", TargetPart::path), "/a%20b%3Fc%23%25%2B");
  EXPECT_EQ(encoded("EIO=4", TargetPart::argument), "EIO=4");
  EXPECT_EQ(encoded("t=a&b;c+d e%", TargetPart::argument), "t=a%26b%3Bc%2Bd%20e%25");
  EXPECT_EQ(encoded("q=\xc3\xa9\x01", TargetPart::argument), "q=%C3%A9%01");
}

class RequestBody : public testing::Test {
 protected:
  static HttpResult<std::uint64_t> size(const HttpHeaders& headers,
                                        const std::string& method = "GET") {
    return request_body_size({.method = method, .headers = headers}, 100);
  }
};

TEST_F(RequestBody, IsAsLongAsAnnounced) {
  EXPECT_EQ(*size({}), 0u);
  EXPECT_EQ(*size({{"content-length", "0"}}, "POST"), 0u);
  EXPECT_EQ(*size({{"content-length", "100"}}, "POST"), 100u);
}

TEST_F(RequestBody, IsRefusedWhenTooLarge) {
  EXPECT_EQ(size({{"content-length", "101"}}).error().status, 413);
}

TEST_F(RequestBody, IsRefusedWithoutALength) {
  EXPECT_EQ(size({}, "POST").error().status, 411);
  EXPECT_EQ(size({{"transfer-encoding", "chunked"}}, "POST").error().status, 411);
  EXPECT_EQ(size({{"transfer-encoding", "chunked"}, {"content-length", "3"}}).error().status, 411);
}

TEST_F(RequestBody, IsRefusedWithALengthThatIsNone) {
  for (const char* length : {"", "-1", "+1", "1x", "0x10", "99999999999999999999"})
    EXPECT_EQ(size({{"content-length", length}}).error().status, 400) << length;
  EXPECT_EQ(size({{"content-length", "1"}, {"content-length", "1"}}).error().status, 400);
}

TEST(HttpConnections, StayAsTheVersionAndTheClientSay) {
  EXPECT_TRUE(wants_to_stay({.http11 = true}));
  EXPECT_FALSE(wants_to_stay({.http11 = true, .headers = {{"connection", "Close"}}}));
  EXPECT_FALSE(wants_to_stay({.http11 = false}));
  EXPECT_TRUE(wants_to_stay({.http11 = false, .headers = {{"connection", "keep-alive"}}}));
}

RequestHead browser_request() {
  return {.method = "GET",
          .target = "/",
          .headers = {{"connection", "keep-alive, Upgrade"},
                      {"host", "h"},
                      {"sec-websocket-version", "13"},
                      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}}};
}

TEST(WebSocketRequest, IsWhatABrowserSends) {
  EXPECT_TRUE(check_websocket_request(browser_request()));
}

TEST(WebSocketRequest, HasAnotherVersionAnsweredWith426) {
  RequestHead request = browser_request();
  request.headers[2].second = "8";
  EXPECT_EQ(check_websocket_request(request).error().status, 426);
}

TEST(WebSocketRequest, IsRefusedWhenSomethingIsMissing) {
  for (std::size_t i : {0u, 1u, 3u}) {
    RequestHead request = browser_request();
    request.headers.erase(request.headers.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(check_websocket_request(request).error().status, 400) << i;
  }
  RequestHead post = browser_request();
  post.method = "POST";
  EXPECT_EQ(check_websocket_request(post).error().status, 400);
  RequestHead short_key = browser_request();
  short_key.headers[3].second = "c2hvcnQ=";
  EXPECT_EQ(check_websocket_request(short_key).error().status, 400);
}

TEST(Response, SaysLengthDateAndWhetherItCloses) {
  const std::string bytes = response_bytes({.status = 404, .headers = {{"X", "y"}}, .body = "abc"},
                                           {.close = true, .wall_ms = 1'769'868'306'123});
  EXPECT_EQ(bytes,
            "HTTP/1.1 404 Not Found\r\nX: y\r\nContent-Length: 3\r\n"
            "Date: Sat, 31 Jan 2026 14:05:06 GMT\r\nConnection: close\r\n\r\nabc");
}

TEST(Response, SaysNoLengthWhereThereIsNoBody) {
  EXPECT_THAT(response_bytes({.status = 204, .body = "x"}, {}),
              AllOf(Not(HasSubstr("Content-Length")), EndsWith("\r\n\r\n")));
}

TEST(Response, ToAHeadRequestHasTheLengthOnly) {
  EXPECT_THAT(response_bytes({.body = "abc"}, {.to_head_request = true}),
              AllOf(HasSubstr("Content-Length: 3\r\n"), EndsWith("\r\n\r\n")));
}

TEST(Response, CannotBeSplitByAHeader) {
  EXPECT_THAT(response_bytes({.headers = {{"A:\r\nB", "c\r\n\r\nd"}}}, {}),
              HasSubstr("AB: cd\r\n"));
}

}  // namespace
}  // namespace sio::net
