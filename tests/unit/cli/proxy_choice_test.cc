#include "cli/proxy_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sio::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProxyChoice : public testing::Test {
 protected:
  std::optional<net::Proxy> chosen(const std::string& server) {
    const auto url = proto::parse_server_url(server);
    EXPECT_TRUE(url.has_value());
    const auto proxy = choose_proxy(*url, option_, [this](const char* name) {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::string() : found->second;
    });
    EXPECT_TRUE(proxy.has_value());
    return proxy.value_or(std::nullopt);
  }
  std::string host_for(const std::string& server) {
    const auto proxy = chosen(server);
    return proxy ? proxy->host : "none";
  }

  std::map<std::string, std::string> environment_;
  std::optional<std::string> option_;
};

TEST_F(ProxyChoice, GoesStraightWhenNobodyNamesAProxy) {
  EXPECT_EQ(host_for("http://host:1"), "none");
}

TEST_F(ProxyChoice, HasOneVariableForPlainServersAndOneForTls) {
  environment_ = {{"http_proxy", "plain:1"}, {"https_proxy", "tls:1"}, {"all_proxy", "all:1"}};
  EXPECT_EQ(host_for("http://host:1"), "plain");
  EXPECT_EQ(host_for("ws://host:1"), "plain");
  EXPECT_EQ(host_for("wss://host:1"), "tls");
  environment_ = {{"all_proxy", "all:1"}};
  EXPECT_EQ(host_for("http://host:1"), "all");
  EXPECT_EQ(host_for("https://host:1"), "all");
}

TEST_F(ProxyChoice, ReadsAllButOneInCapitalsToo) {
  environment_ = {{"HTTP_PROXY", "plain:1"}, {"HTTPS_PROXY", "tls:1"}};
  EXPECT_EQ(host_for("http://host:1"), "none");
  EXPECT_EQ(host_for("https://host:1"), "tls");
  environment_ = {{"ALL_PROXY", "all:1"}, {"NO_PROXY", "host"}};
  EXPECT_EQ(host_for("http://other:1"), "all");
  EXPECT_EQ(host_for("http://host:1"), "none");
}

TEST_F(ProxyChoice, PrefersTheOption) {
  environment_ = {{"http_proxy", "plain:1"}};
  option_ = "socks5h://typed";
  EXPECT_EQ(host_for("http://host:1"), "typed");
  EXPECT_EQ(chosen("http://host:1")->source, "--proxy");
  option_ = "";
  EXPECT_EQ(host_for("http://host:1"), "none");
}

TEST_F(ProxyChoice, ExemptsUnixSocketsAndWhatNoProxyNames) {
  environment_ = {{"no_proxy", "inner.example"}};
  option_ = "proxy:1";
  EXPECT_EQ(host_for("unix:/run/x"), "none");
  EXPECT_EQ(host_for("http://a.inner.example:1"), "none");
  EXPECT_EQ(host_for("http://127.0.0.1:1"), "proxy");
}

TEST(NoProxy, NamesDomainsWithWhatIsBelowThem) {
  EXPECT_TRUE(is_reached_directly("example.org", "a, example.org"));
  EXPECT_TRUE(is_reached_directly("www.Example.org", "example.org"));
  EXPECT_TRUE(is_reached_directly("www.example.org.", ".example.org"));
  EXPECT_FALSE(is_reached_directly("badexample.org", "example.org"));
  EXPECT_FALSE(is_reached_directly("org", "example.org"));
  EXPECT_TRUE(is_reached_directly("anything", "*"));
  EXPECT_FALSE(is_reached_directly("anything", ""));
  EXPECT_FALSE(is_reached_directly("anything", " ,. ,"));
}

TEST(NoProxy, NamesAddressesAndRangesOfThem) {
  EXPECT_TRUE(is_reached_directly("127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(is_reached_directly("10.20.30.40", "192.168.0.0/16 10.0.0.0/8"));
  EXPECT_TRUE(is_reached_directly("10.0.0.127", "10.0.0.96/27"));
  EXPECT_FALSE(is_reached_directly("10.0.0.128", "10.0.0.96/27"));
  EXPECT_TRUE(is_reached_directly("::1", "[::1]"));
  EXPECT_TRUE(is_reached_directly("fe80::7", "fe80::/10"));
  EXPECT_FALSE(is_reached_directly("10.0.0.1", "10.0.0.0/33"));
  EXPECT_FALSE(is_reached_directly("10.0.0.1", "10.0.0.0/x"));
  EXPECT_FALSE(is_reached_directly("10.0.0.1", "0.0.1"));
  EXPECT_FALSE(is_reached_directly("10.0.0.1", "::/0"));
}

TEST(ProxyAddress, HasSchemeUserHostAndPort) {
  const auto proxy = parse_proxy("socks5h://a%40b:p:w%25@Host:1081/", "x");
  ASSERT_TRUE(proxy.has_value());
  EXPECT_EQ(proxy->kind, net::ProxyKind::socks5);
  EXPECT_EQ(proxy->user, "a@b");
  EXPECT_EQ(proxy->password, "p:w%");
  EXPECT_EQ(proxy->host, "host");
  EXPECT_EQ(proxy->port, 1081);
}

TEST(ProxyAddress, IsHttpOnPort1080UnlessItSaysOtherwise) {
  const auto proxy = parse_proxy("[::1]", "x");
  ASSERT_TRUE(proxy.has_value());
  EXPECT_EQ(proxy->kind, net::ProxyKind::http);
  EXPECT_EQ(proxy->host, "::1");
  EXPECT_EQ(proxy->port, 1080);
}

TEST(ProxyAddress, SaysWhatIsWrongButNotThePassword) {
  const auto complaint = [](std::string_view text) {
    const auto proxy = parse_proxy(text, "$https_proxy");
    return proxy ? "" : proxy.error().message;
  };
  EXPECT_THAT(complaint("https://u:secret@host:1"), HasSubstr("$https_proxy: https:// is no kind"));
  EXPECT_THAT(complaint("https://u:secret@host:1"), Not(HasSubstr("secret")));
  EXPECT_THAT(complaint("host:0"), HasSubstr("\"0\" is not a port"));
  EXPECT_THAT(complaint("host:99999"), HasSubstr("not a port"));
  EXPECT_THAT(complaint("http://:80"), HasSubstr("no host"));
  EXPECT_THAT(complaint("ho st"), HasSubstr("white space"));
  EXPECT_THAT(complaint("http://" + std::string(256, 'u') + ":p@host"), HasSubstr("255"));
}

}  // namespace
}  // namespace sio::cli
