#include "proto/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::proto {
namespace {

using testing::HasSubstr;

ServerUrl parsed(std::string_view text) {
  auto url = parse_server_url(text);
  EXPECT_TRUE(url) << text << "\n" << (url ? "" : url.error().message);
  return url.value_or(ServerUrl{});
}

std::string problem(std::string_view text) {
  const auto url = parse_server_url(text);
  if (url) return "";
  EXPECT_EQ(url.error().code, Errc::usage);
  return url.error().message;
}

TEST(ServerUrl, TakesAWholeUrlApart) {
  const ServerUrl url = parsed("https://me:s%40fe@Chat.Example.org:8443/admin?token=a%20b#top");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "chat.example.org");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.ns, "/admin");
  EXPECT_EQ(url.query, "token=a%20b");
  EXPECT_EQ(url.user_info, "me:s@fe");
  EXPECT_EQ(url.unix_path, "");
  EXPECT_EQ(url.origin(), "https://chat.example.org:8443");
}

TEST(ServerUrl, KnowsTheUsualPorts) {
  EXPECT_EQ(parsed("http://h").port, 80);
  EXPECT_EQ(parsed("ws://h").port, 80);
  EXPECT_EQ(parsed("https://h/").port, 443);
  EXPECT_EQ(parsed("wss://h?x=1").port, 443);
  EXPECT_FALSE(parsed("ws://h").tls);
  EXPECT_TRUE(parsed("WSS://h").tls);
}

TEST(ServerUrl, TakesTheMainNamespaceForNoPath) {
  EXPECT_EQ(parsed("http://h").ns, "/");
  EXPECT_EQ(parsed("http://h/").ns, "/");
  EXPECT_EQ(parsed("http://h?a=/b").ns, "/");
  EXPECT_EQ(parsed("http://h?a=/b").query, "a=/b");
  EXPECT_EQ(parsed("http://h/a/b?").ns, "/a/b");
  EXPECT_EQ(parsed("http://h/a/").ns, "/a/");
}

TEST(ServerUrl, TakesHostAndPort) {
  EXPECT_EQ(parsed("example.org:3000").host, "example.org");
  EXPECT_EQ(parsed("example.org:3000").port, 3000);
  EXPECT_EQ(parsed(":3000").host, "127.0.0.1");
  EXPECT_EQ(parsed("localhost:3000/admin").ns, "/admin");
  EXPECT_EQ(parsed("[::1]:3000").host, "::1");
}

TEST(ServerUrl, TakesAddressesOfBothKinds) {
  const ServerUrl url = parsed("http://[fe80::1%25eth0]:3000/n");
  EXPECT_EQ(url.host, "fe80::1%eth0");
  EXPECT_EQ(url.origin(), "http://[fe80::1%25eth0]:3000");
  EXPECT_EQ(parsed("http://[fe80::1%ed0]").host, "fe80::1%ed0");
  EXPECT_EQ(url.port, 3000);
  EXPECT_EQ(parsed("http://[::1]").port, 80);
  EXPECT_EQ(parsed("http://[::1]:81").origin(), "http://[::1]:81");
  EXPECT_EQ(parsed("http://127.0.0.1").host, "127.0.0.1");
}

TEST(ServerUrl, TakesUnixSockets) {
  const ServerUrl url = parsed("unix:/run/sio.sock");
  EXPECT_EQ(url.unix_path, "/run/sio.sock");
  EXPECT_EQ(url.host, "localhost");
  EXPECT_EQ(url.ns, "/");
  EXPECT_EQ(url.origin(), "unix:/run/sio.sock");
  EXPECT_EQ(parsed("unix:///run/sio.sock").unix_path, "/run/sio.sock");
  EXPECT_EQ(parsed("unix:////run//sio.sock").unix_path, "/run//sio.sock");
  EXPECT_EQ(parsed("unix:@name").unix_path, "@name");
  EXPECT_EQ(parsed("unix:here.sock").unix_path, "here.sock");
}

TEST(ServerUrl, SaysWhatIsWrongAndShowsARightOne) {
  EXPECT_EQ(problem("localhost"),
            "server \"localhost\": no port (write http://host:3000/ns, host:3000 or unix:/path)");
  EXPECT_THAT(problem(""), HasSubstr("no port"));
  EXPECT_THAT(problem("ftp://h"), HasSubstr("unknown scheme ftp"));
  EXPECT_THAT(problem("http:h"), HasSubstr("expected // behind http:"));
  EXPECT_THAT(problem("http://"), HasSubstr("no host"));
  EXPECT_THAT(problem("http://:80"), HasSubstr("no host"));
  EXPECT_THAT(problem("http://h:"), HasSubstr("\"\" is not a port"));
  EXPECT_THAT(problem("http://h:0"), HasSubstr("\"0\" is not a port"));
  EXPECT_THAT(problem("h:65536"), HasSubstr("\"65536\" is not a port"));
  EXPECT_THAT(problem("h:30x"), HasSubstr("\"30x\" is not a port"));
  EXPECT_THAT(problem("http://::1:3000"), HasSubstr("needs brackets"));
  EXPECT_THAT(problem("http://[::1%]"), HasSubstr("not an IPv6 address"));
  EXPECT_THAT(problem("http://[nope]"), HasSubstr("not an IPv6 address"));
  EXPECT_THAT(problem("http://a b"), HasSubstr("white space"));
  EXPECT_THAT(problem("http://h\n"), HasSubstr("control character"));
  EXPECT_THAT(problem("http://a$b"), HasSubstr("\"a$b\" is not a host name"));
  EXPECT_THAT(problem("http://h/a,b"), HasSubstr("comma"));
  EXPECT_THAT(problem("http://h/" + std::string(600, 'n')), HasSubstr("more than 512 bytes"));
  EXPECT_THAT(problem("unix:"), HasSubstr("no path"));
  EXPECT_THAT(problem("unix:/" + std::string(200, 'p')), HasSubstr("longer than 107 bytes"));
}

TEST(ServerUrl, IsToldFromAnEventName) {
  EXPECT_TRUE(looks_like_server("http://h"));
  EXPECT_TRUE(looks_like_server("wss:whatever"));
  EXPECT_TRUE(looks_like_server("unix:/x"));
  EXPECT_TRUE(looks_like_server("HTTPS://h"));
  EXPECT_FALSE(looks_like_server("h:3000"));
  EXPECT_FALSE(looks_like_server("project:delete"));
  EXPECT_FALSE(looks_like_server("http"));
  EXPECT_FALSE(looks_like_server(""));
}

}  // namespace
}  // namespace sio::proto
