#include "server/web_response.h"

#include <gtest/gtest.h>

#include "unit/server/fake_http.h"

namespace sio::server::test {
namespace {

TEST(TakesGzip, FollowsWhatIsLikedBest) {
  for (const std::string_view text : {"gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.8, *;q=0.1",
                                      "*", "x-gzip", "gzip ; q=0.001", "deflate,gzip;Q=1.000",
                                      "identity;q=0.5, gzip;q=0.5", "gzip,identity;q=0"})
    EXPECT_TRUE(takes_gzip(text)) << text;
  for (const std::string_view text : {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0",
                                      "gzip;q=0, *", "gzipped", "identity, gzip;q=0.5", "deflate"})
    EXPECT_FALSE(takes_gzip(text)) << text;
}

TEST(TakesGzip, PassesOverWhatCannotBeRead) {
  for (const std::string_view text :
       {"gzip;q=", "gzip;q=nan", "gzip;q=-1", "gzip;q=2", "gzip;q=inf", "gzip;level=9", "gzip;;",
        ",,;", "gzip;q=1x", ";q=1", "gzip;q=1e0"})
    EXPECT_FALSE(takes_gzip(text)) << text;
}

class WebResponseTest : public testing::Test {
 protected:
  static net::HttpResponse ask(net::HttpHeaders headers) {
    const web::FileSet& set = web::socket_io_client();
    return web_response(set, *set.find("socket.io.min.js"),
                        FakeRequest("GET", "/socket.io/socket.io.min.js", std::move(headers)));
  }
};

TEST_F(WebResponseTest, SaysThatAClientHasTheFile) {
  const std::string etag(web::socket_io_client().etag);
  for (const std::string& header : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    const net::HttpResponse response = ask({{"if-none-match", header}});
    EXPECT_EQ(response.status, 304) << header;
    EXPECT_EQ(response.body, "");
  }
  EXPECT_EQ(ask({{"if-none-match", "\"x\""}}).status, 200);
}

TEST_F(WebResponseTest, SendsWhatIsPackedToThoseOnlyThatTakeIt) {
  EXPECT_LT(ask({{"accept-encoding", "gzip"}}).body.size(), 20'000U);
  EXPECT_GT(ask({}).body.size(), 40'000U);
}

}  // namespace
}  // namespace sio::server::test
