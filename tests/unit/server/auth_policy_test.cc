#include "server/auth_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/token_authenticator.h"
#include "unit/server/session_fixture.h"

namespace sio::server::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TokenFile tokens(std::string_view text) {
  return std::move(*TokenFile::parse(text, "tokens"));
}

// Says what the test wants, when it wants.
class LateAuthenticator final : public Authenticator {
 public:
  HandshakeNeed handshake_need() const override { return HandshakeNeed::everything; }
  std::optional<AuthVerdict> check(const Claim& claim, AuthWaiter& waiter) override {
    asked.emplace_back(claim.ns);
    waiters.push_back(&waiter);
    return std::nullopt;
  }
  void withdraw(AuthWaiter& waiter) override { std::erase(waiters, &waiter); }
  bool still_grants(std::string_view, const Access&) const override { return true; }

  std::vector<std::string> asked;
  std::vector<AuthWaiter*> waiters;
};

class AuthPolicyWithTokens : public SessionFixture {
 protected:
  Policy& policy() override { return guarded_; }
  void SetUp() override { guarded_.set_server(server()); }

  std::string connect(std::string_view packet) {
    WebSocket& socket = open_websocket();
    socket.take_texts();
    say(socket, packet);
    return socket.take_texts().at(0);
  }

  TokenAuthenticator tokens_{tokens("boss\nreader / * r\nteam / t* rw\n")};
  AuthPolicy guarded_{pubsub_, tokens_};
};

TEST_F(AuthPolicyWithTokens, AdmitsWhoHasAToken) {
  EXPECT_THAT(connect(R"(40{"token":"boss"})"), HasSubstr("40{\"sid\""));
  EXPECT_EQ(connect(R"(40{"token":"bass"})"), R"(44{"message":"unknown token"})");
  EXPECT_THAT(connect("40"), HasSubstr("a token is needed"));
  EXPECT_THAT(connect(R"(40{"token":7})"), HasSubstr("a token is needed"));
  EXPECT_THAT(connect(R"(40/a,{"token":"reader"})"), HasSubstr("not for namespace /a"));
}

TEST_F(AuthPolicyWithTokens, TakesATokenFromTheRequest) {
  net::UpgradeAnswer answer =
      upgrade(std::string(kWebSocket), {{"authorization", "bearer  reader"}});
  WebSocket& socket = websockets_.emplace_back(*std::get<net::UpgradeAccept>(answer).events);
  socket.open();
  end_turn();
  socket.take_texts();
  say(socket, "40");
  EXPECT_THAT(socket.take_texts(), ElementsAre(HasSubstr("40{\"sid\"")));
}

TEST_F(AuthPolicyWithTokens, LetsReadersListenButNotPublish) {
  WebSocket& reader = open_client(R"(40{"token":"reader"})");
  WebSocket& boss = open_client(R"(40{"token":"boss"})");
  say(boss, R"(42["hi"])");
  EXPECT_THAT(reader.take_texts(), ElementsAre(R"(42["hi"])"));
  say(reader, R"(421["hi"])");
  EXPECT_THAT(reader.take_texts(), ElementsAre(HasSubstr("forbidden")));
  say(reader, R"(422["sio:emit",{"event":"hi","rooms":["a"]}])");
  EXPECT_THAT(reader.take_texts(), ElementsAre(HasSubstr("may not publish to room a")));
  say(reader, R"(423["join","a"])");
  EXPECT_THAT(reader.take_texts(), ElementsAre(R"(433[{"rooms":["a"]}])"));
  EXPECT_THAT(boss.take_texts(), IsEmpty());
}

TEST_F(AuthPolicyWithTokens, KeepsATeamToItsRooms) {
  WebSocket& team = open_client(R"(40{"token":"team"})");
  say(team, R"(421["join",["t1","x"]])");
  EXPECT_THAT(team.take_texts(), ElementsAre(HasSubstr("may not read room x")));
  say(team, R"(422["plain"])");
  EXPECT_THAT(team.take_texts(), ElementsAre(HasSubstr("rooms only")));
  say(team, R"(423["sio:emit",{"event":"hi","rooms":["t1"]}])");
  EXPECT_THAT(team.take_texts(), ElementsAre(HasSubstr("\"id\"")));
}

TEST_F(AuthPolicyWithTokens, ClosesWhoseTokenHasChangedAndNobodyElse) {
  WebSocket& reader = open_client(R"(40{"token":"reader"})");
  WebSocket& team = open_client(R"(40{"token":"team"})");
  WebSocket& boss = open_client(R"(40{"token":"boss"})");
  tokens_.set_tokens(tokens("boss\nboss2\nteam / t* r\n"));
  EXPECT_EQ(guarded_.grants_have_changed(), 2U);
  run_turn();
  EXPECT_TRUE(reader.closing());
  EXPECT_TRUE(team.closing());
  EXPECT_FALSE(boss.closing());
  EXPECT_EQ(guarded_.grants_have_changed(), 0U);
}

class AuthPolicyThatWaits : public SessionFixture {
 protected:
  Policy& policy() override { return guarded_; }
  void SetUp() override { guarded_.set_server(server()); }

  void answer(AuthVerdict verdict) {
    AuthWaiter* waiter = late_.waiters.front();
    late_.waiters.erase(late_.waiters.begin());
    waiter->on_verdict(std::move(verdict));
    end_turn();
  }

  LateAuthenticator late_;
  AuthPolicy guarded_{pubsub_, late_};
};

TEST_F(AuthPolicyThatWaits, ConnectsWhenTheVerdictHasCome) {
  WebSocket& socket = open_client("40");
  EXPECT_THAT(late_.asked, ElementsAre("/"));
  const std::vector<Grant> grants{{"*", "*", true, false}};
  answer({Access::in("/", grants), {}, {}});
  EXPECT_THAT(socket.take_texts(), ElementsAre(HasSubstr("40{\"sid\"")));
  say(socket, R"(421["hi"])");
  EXPECT_THAT(socket.take_texts(), ElementsAre(HasSubstr("forbidden")));
}

TEST_F(AuthPolicyThatWaits, RefusesWithTheMessageAndData) {
  WebSocket& socket = open_client("40");
  answer(AuthVerdict::refuse("banned", R"({"until":1})"));
  EXPECT_THAT(socket.take_texts(), ElementsAre(R"(44{"message":"banned","data":{"until":1}})"));
}

TEST_F(AuthPolicyThatWaits, ForgetsAClientThatGoes) {
  WebSocket& socket = open_client("40");
  ASSERT_EQ(late_.waiters.size(), 1U);
  socket.lose();
  end_turn();
  EXPECT_THAT(late_.waiters, IsEmpty());
}

}  // namespace
}  // namespace sio::server::test
