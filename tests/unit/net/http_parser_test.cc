#include "net/http_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(RequestHead, KeepsTheTargetAsItWasSent) {
  const auto head = parse_request_head("GET /a%2Fb/?x=%2B+c&y HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "GET");
  EXPECT_EQ(head->target, "/a%2Fb/?x=%2B+c&y");
  EXPECT_TRUE(head->http11);
}

TEST(RequestHead, LowersHeaderNamesAndTrimsValues) {
  const auto head = parse_request_head("GET / HTTP/1.0\r\nX-Some:\t a b \r\nEmpty:\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_THAT(head->headers, ElementsAre(Pair("x-some", "a b"), Pair("empty", "")));
  EXPECT_FALSE(head->http11);
}

TEST(RequestHead, TakesThePathOfAnAbsoluteTarget) {
  EXPECT_EQ(parse_request_head("GET http://h:1/p?q HTTP/1.1\r\n\r\n")->target, "/p?q");
  EXPECT_EQ(parse_request_head("GET http://h HTTP/1.1\r\n\r\n")->target, "/");
}

class BadRequestHead : public testing::TestWithParam<std::pair<std::string, int>> {};

TEST_P(BadRequestHead, IsRefusedWithItsStatus) {
  const auto head = parse_request_head(GetParam().first);
  ASSERT_FALSE(head) << GetParam().first;
  EXPECT_EQ(head.error().status, GetParam().second) << GetParam().first;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRequestHead,
    testing::Values(std::pair("GET\r\n\r\n", 400), std::pair("GET / \r\n\r\n", 400),
                    std::pair("GET /\r\n\r\n", 400), std::pair("GE(T / HTTP/1.1\r\n\r\n", 400),
                    std::pair("GET / HTTP/2.0\r\n\r\n", 505),
                    std::pair("GET / HTTX/1.1\r\n\r\n", 400),
                    std::pair("GET nowhere HTTP/1.1\r\n\r\n", 400),
                    std::pair("GET /a b HTTP/1.1\r\n\r\n", 400),
                    std::pair(std::string("GET /\0 HTTP/1.1\r\n\r\n", 20), 400),
                    std::pair("GET / HTTP/1.1\r\nNo colon\r\n\r\n", 400),
                    std::pair("GET / HTTP/1.1\r\nSpace : x\r\n\r\n", 400),
                    std::pair("GET / HTTP/1.1\r\n folded\r\n\r\n", 400),
                    std::pair("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400),
                    std::pair("GET / HTTP/1.1\r\n: x\r\n\r\n", 400)));

TEST(RequestHead, IsGivenUpAsSoonAsItCannotBeOne) {
  EXPECT_TRUE(may_be_request("G"));
  EXPECT_TRUE(may_be_request("GET /\x01"));
  EXPECT_FALSE(may_be_request("\x16\x03\x01"));
  EXPECT_FALSE(may_be_request("GET\r\n"));
}

TEST(RequestHead, HasABoundOnTheNumberOfHeaders) {
  std::string text = "GET / HTTP/1.1\r\n";
  for (std::size_t i = 0; i < kMaxHeaders; ++i) text += "a: b\r\n";
  EXPECT_TRUE(parse_request_head(text + "\r\n"));
  EXPECT_EQ(parse_request_head(text + "a: b\r\n\r\n").error().status, 431);
}

TEST(StatusHead, IsParsedWithAndWithoutAReason) {
  EXPECT_EQ(parse_status_head("HTTP/1.1 404 Not Found\r\n\r\n")->status, 404);
  EXPECT_EQ(parse_status_head("HTTP/1.0 200\r\nA: b\r\n\r\n")->status, 200);
  EXPECT_FALSE(parse_status_head("HTTP/1.1 2x0 OK\r\n\r\n"));
  EXPECT_FALSE(parse_status_head("SSH-2.0-OpenSSH\r\n\r\n"));
}

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
}

class BodyReaderTest : public testing::Test {
 protected:
  static HttpResult<BodyReader> request(const HttpHeaders& headers) {
    return BodyReader::of_request(headers, 100);
  }
  // Feeds a byte at a time; what is wrong, or what is left over.
  static std::optional<HttpRefusal> feed(BodyReader& reader, std::string_view bytes) {
    for (const char& byte : bytes) {
      std::string_view one(&byte, 1);
      if (auto refusal = reader.feed(one)) return refusal;
      EXPECT_TRUE(one.empty() || reader.done());
    }
    return std::nullopt;
  }
};

TEST_F(BodyReaderTest, IsDoneAtOnceWithoutABody) {
  EXPECT_TRUE(request({})->done());
  EXPECT_TRUE(request({{"content-length", "0"}})->done());
}

TEST_F(BodyReaderTest, TakesAsManyBytesAsWereAnnounced) {
  auto reader = *request({{"content-length", "5"}});
  std::string_view bytes = "helloGET /";
  EXPECT_FALSE(reader.feed(bytes));
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(bytes, "GET /");
  EXPECT_EQ(reader.take(), "hello");
}

TEST_F(BodyReaderTest, RefusesALargerBodyBeforeItComes) {
  EXPECT_TRUE(request({{"content-length", "100"}}));
  EXPECT_EQ(request({{"content-length", "101"}}).error().status, 413);
}

TEST_F(BodyReaderTest, RefusesLengthsThatAreNone) {
  for (const char* length : {"", "-1", "+1", "1x", "0x10", "99999999999999999999"})
    EXPECT_EQ(request({{"content-length", length}}).error().status, 400) << length;
  EXPECT_EQ(request({{"content-length", "1"}, {"content-length", "2"}}).error().status, 400);
  EXPECT_TRUE(request({{"content-length", "1"}, {"content-length", "1"}}));
}

TEST_F(BodyReaderTest, JoinsChunks) {
  auto reader = *request({{"transfer-encoding", "chunked"}});
  EXPECT_FALSE(feed(reader, "3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"));
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.take(), "abc0123456789");
}

TEST_F(BodyReaderTest, LeavesWhatFollowsTheLastChunk) {
  auto reader = *request({{"transfer-encoding", "chunked"}});
  std::string_view bytes = "1\r\na\r\n0\r\n\r\nGET /";
  reader.feed(bytes);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(bytes, "GET /");
}

TEST_F(BodyReaderTest, RefusesBadChunks) {
  for (const char* bytes : {"x\r\n", "\r\n", "-1\r\n", "1\r\nab\r\n", "1 2\r\n"}) {
    auto reader = *request({{"transfer-encoding", "chunked"}});
    const auto refusal = feed(reader, bytes);
    ASSERT_TRUE(refusal) << bytes;
    EXPECT_EQ(refusal->status, 400) << bytes;
  }
}

TEST_F(BodyReaderTest, BoundsChunksAndTheirLines) {
  auto one = *request({{"transfer-encoding", "chunked"}});
  EXPECT_EQ(feed(one, "65\r\n")->status, 413);
  auto many = *request({{"transfer-encoding", "chunked"}});
  EXPECT_FALSE(feed(many, "60\r\n" + std::string(96, 'x') + "\r\n"));
  EXPECT_EQ(feed(many, "5\r\n")->status, 413);
  auto line = *request({{"transfer-encoding", "chunked"}});
  EXPECT_EQ(feed(line, "1;" + std::string(2000, 'x'))->status, 400);
}

TEST_F(BodyReaderTest, RefusesWhatLeavesTheLengthOpen) {
  EXPECT_EQ(request({{"transfer-encoding", "chunked"}, {"content-length", "3"}}).error().status,
            400);
  EXPECT_EQ(request({{"transfer-encoding", "gzip, chunked"}}).error().status, 501);
}

TEST_F(BodyReaderTest, EndsAResponseWithTheConnectionWhereNothingElseDoes) {
  auto reader = *BodyReader::of_response({.status = 200}, "GET", 100);
  std::string_view bytes = "all of it";
  reader.feed(bytes);
  EXPECT_FALSE(reader.done());
  EXPECT_TRUE(reader.end_of_stream());
  EXPECT_EQ(reader.take(), "all of it");
}

TEST_F(BodyReaderTest, MissesTheRestOfAShortResponse) {
  auto reader =
      *BodyReader::of_response({.status = 200, .headers = {{"content-length", "9"}}}, "GET", 100);
  std::string_view bytes = "short";
  reader.feed(bytes);
  EXPECT_FALSE(reader.end_of_stream());
}

TEST_F(BodyReaderTest, ExpectsNoBodyWhereThereCanBeNone) {
  EXPECT_TRUE(BodyReader::of_response({.status = 204}, "GET", 100)->done());
  EXPECT_TRUE(BodyReader::of_response({.status = 304}, "GET", 100)->done());
  EXPECT_TRUE(
      BodyReader::of_response({.status = 200, .headers = {{"content-length", "9"}}}, "HEAD", 100)
          ->done());
}

TEST(ResponseHead, SaysLengthDateAndWhetherItCloses) {
  const std::string head = response_head({.status = 404, .headers = {{"X", "y"}}, .body = "abc"},
                                         {.close = true, .wall_ms = 1'769'868'306'123});
  EXPECT_EQ(head,
            "HTTP/1.1 404 Not Found\r\nX: y\r\nContent-Length: 3\r\n"
            "Date: Sat, 31 Jan 2026 14:05:06 GMT\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, SaysNoLengthWhereThereIsNoBody) {
  EXPECT_THAT(response_head({.status = 204}, {}), Not(HasSubstr("Content-Length")));
}

TEST(ResponseHead, CannotBeSplitByAHeader) {
  EXPECT_THAT(response_head({.headers = {{"A:\r\nB", "c\r\n\r\nd"}}}, {}), HasSubstr("AB: cd\r\n"));
}

TEST(HeadLength, IsZeroUntilTheEmptyLineIsThere) {
  EXPECT_EQ(head_length("GET / HTTP/1.1\r\nA: b\r\n"), 0u);
  EXPECT_EQ(head_length("GET / HTTP/1.1\r\n\r\nrest"), 18u);
}

}  // namespace
}  // namespace sio::net
