#include "net/proxy_handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sio::net {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

Proxy http_proxy() {
  return {.kind = ProxyKind::http, .host = "proxy", .port = 8888};
}
Proxy socks_proxy() {
  return {.kind = ProxyKind::socks5, .host = "proxy", .port = 1080};
}
Proxy with_login(Proxy proxy) {
  proxy.user = "ann";
  proxy.password = "pw";
  return proxy;
}

// The answer of a proxy that refused, in pieces of one byte.
ProxyRefusal refusal_of(ProxyHandshake& handshake, const std::string& answer) {
  for (const char& byte : answer) handshake.receive({&byte, 1});
  EXPECT_FALSE(handshake.done());
  EXPECT_TRUE(handshake.refusal().has_value());
  return handshake.refusal().value_or(ProxyRefusal{});
}

TEST(ProxyHandshakeByHttp, AsksForTheServer) {
  ProxyHandshake handshake(http_proxy(), "example.org", 443);
  EXPECT_EQ(handshake.take_output(),
            "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n");
  EXPECT_EQ(handshake.take_output(), "");
}

TEST(ProxyHandshakeByHttp, PutsBracketsAroundAnAddressWithColons) {
  ProxyHandshake handshake(http_proxy(), "::1", 80);
  EXPECT_THAT(handshake.take_output(),
              HasSubstr("CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"));
}

TEST(ProxyHandshakeByHttp, ShowsUserAndPassword) {
  ProxyHandshake handshake(with_login(http_proxy()), "h", 1);
  EXPECT_THAT(handshake.take_output(), HasSubstr("\r\nProxy-Authorization: Basic YW5uOnB3\r\n"));
}

TEST(ProxyHandshakeByHttp, LeavesWhatTheServerSaysBehindTheAnswer) {
  const std::string head = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
  for (std::size_t cut = 0; cut < head.size(); ++cut) {
    ProxyHandshake handshake(http_proxy(), "h", 1);
    EXPECT_EQ(handshake.receive(head.substr(0, cut)), cut);
    ASSERT_FALSE(handshake.done());
    EXPECT_EQ(handshake.receive(head.substr(cut) + "server"), head.size() - cut);
    EXPECT_TRUE(handshake.done());
  }
}

TEST(ProxyHandshakeByHttp, WaitsForTheAnswerBehindAProvisionalOne) {
  ProxyHandshake handshake(http_proxy(), "h", 1);
  const std::string both = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n";
  const std::size_t first = handshake.receive(both);
  EXPECT_FALSE(handshake.done());
  handshake.receive(std::string_view(both).substr(first));
  EXPECT_TRUE(handshake.done());
}

TEST(ProxyHandshakeByHttp, SaysWhatKindOfNoItWas) {
  const auto refused = [](const std::string& status) {
    ProxyHandshake handshake(http_proxy(), "h", 1);
    return refusal_of(handshake, "HTTP/1.1 " + status + "\r\n\r\n");
  };
  EXPECT_EQ(refused("407 Go away").problem, ProxyProblem::unauthorized);
  EXPECT_EQ(refused("407 Go away").status, 407);
  EXPECT_EQ(refused("407 Go away").message,
            "answered 407 Proxy Authentication Required to CONNECT h:1");
  EXPECT_EQ(refused("403 Forbidden").problem, ProxyProblem::forbidden);
  EXPECT_EQ(refused("502 Bad Gateway").problem, ProxyProblem::no_way);
  EXPECT_EQ(refused("405 Method Not Allowed").problem, ProxyProblem::not_a_proxy);
}

TEST(ProxyHandshakeByHttp, RefusesWhatIsNotHttp) {
  for (const std::string& answer : {"SSH-2.0"s, "\5\0"s, "HTTP/1.1 2x0 OK\r\n\r\n"s,
                                    "HTTP/1.1 99\r\n\r\n"s, "HTTP/1.\r\n\r\n"s}) {
    ProxyHandshake handshake(http_proxy(), "h", 1);
    EXPECT_EQ(refusal_of(handshake, answer).problem, ProxyProblem::not_a_proxy) << answer;
  }
}

TEST(ProxyHandshakeByHttp, EndsAHeadThatDoesNotEnd) {
  ProxyHandshake handshake(http_proxy(), "h", 1);
  handshake.receive("HTTP/1.1 200 OK\r\n");
  while (!handshake.refusal()) handshake.receive(std::string(1000, 'x'));
  EXPECT_THAT(handshake.refusal()->message, HasSubstr("does not end"));
}

TEST(ProxyHandshakeBySocks, ConnectsToAName) {
  ProxyHandshake handshake(socks_proxy(), "example.org", 443);
  EXPECT_EQ(handshake.take_output(), "\5\1\0"s);
  EXPECT_EQ(handshake.receive("\5\0"s), 2u);
  EXPECT_EQ(handshake.take_output(), "\5\1\0\3\13example.org\1\273"s);
  EXPECT_EQ(handshake.receive("\5\0\0\1\177\0\0\1\0\1server"s), 10u);
  EXPECT_TRUE(handshake.done());
}

TEST(ProxyHandshakeBySocks, SendsAddressesAsAddresses) {
  const auto request_for = [](const std::string& host) {
    ProxyHandshake handshake(socks_proxy(), host, 80);
    handshake.take_output();
    handshake.receive("\5\0"s);
    return handshake.take_output();
  };
  EXPECT_EQ(request_for("127.0.0.1"), "\5\1\0\1\177\0\0\1\0\120"s);
  EXPECT_EQ(request_for("::1"), "\5\1\0\4"s + std::string(15, '\0') + "\1\0\120"s);
}

TEST(ProxyHandshakeBySocks, LogsInWhenItIsAsked) {
  ProxyHandshake handshake(with_login(socks_proxy()), "h", 1);
  EXPECT_EQ(handshake.take_output(), "\5\2\0\2"s);
  handshake.receive("\5\2"s);
  EXPECT_EQ(handshake.take_output(), "\1\3ann\2pw"s);
  handshake.receive("\1\0"s);
  EXPECT_EQ(handshake.take_output(), "\5\1\0\3\1h\0\1"s);
}

TEST(ProxyHandshakeBySocks, MeasuresEveryKindOfAddressInTheReply) {
  for (const std::string& address :
       {"\1\1\2\3\4"s, "\3\5abcde"s, "\3\0"s, "\4"s + std::string(16, 'x')}) {
    const std::string answer = "\5\0"s + "\5\0\0"s + address + "\0\1"s;
    ProxyHandshake handshake(socks_proxy(), "h", 1);
    std::size_t used = 0;
    for (std::size_t i = 0; i < answer.size(); ++i) {
      EXPECT_FALSE(handshake.done());
      used += handshake.receive({&answer[i], 1});
    }
    EXPECT_TRUE(handshake.done());
    EXPECT_EQ(used, answer.size());
    EXPECT_EQ(handshake.receive("server"), 0u);
  }
}

TEST(ProxyHandshakeBySocks, SaysWhatKindOfNoItWas) {
  const auto refused = [](const std::string& answer) {
    ProxyHandshake handshake(socks_proxy(), "h", 1);
    return refusal_of(handshake, answer);
  };
  EXPECT_EQ(refused("\5\377"s).problem, ProxyProblem::unauthorized);
  EXPECT_EQ(refused("\5\2"s).problem, ProxyProblem::unauthorized);
  EXPECT_EQ(refused("HT"s).problem, ProxyProblem::not_a_proxy);
  EXPECT_EQ(refused("\5\0\5\2"s).problem, ProxyProblem::forbidden);
  EXPECT_EQ(refused("\5\0\5\5"s).problem, ProxyProblem::no_way);
  EXPECT_EQ(refused("\5\0\5\5"s).status, 5);
  EXPECT_EQ(refused("\5\0\5\5"s).message,
            "could not connect to h:1: connection refused (SOCKS reply 5)");
  EXPECT_EQ(refused("\5\0\5\7"s).problem, ProxyProblem::not_a_proxy);
  EXPECT_EQ(refused("\5\0\5\0\0\7\1\2\3\4\5\6"s).problem, ProxyProblem::not_a_proxy);
}

TEST(ProxyHandshakeBySocks, SaysThatTheLoginWasRefused) {
  ProxyHandshake handshake(with_login(socks_proxy()), "h", 1);
  EXPECT_EQ(refusal_of(handshake, "\5\2\1\1"s).problem, ProxyProblem::unauthorized);
}

}  // namespace
}  // namespace sio::net
