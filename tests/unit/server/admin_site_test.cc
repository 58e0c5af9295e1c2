#include "server/admin_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "server/token_authenticator.h"
#include "unit/server/session_fixture.h"

namespace sio::server::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Says what the test wants, when it wants.
class LateAuthenticator final : public Authenticator {
 public:
  HandshakeNeed handshake_need() const override { return HandshakeNeed::everything; }
  std::optional<AuthVerdict> check(const Claim& claim, AuthWaiter& waiter) override {
    asked.emplace_back(claim.auth);
    waiters.push_back(&waiter);
    return std::nullopt;
  }
  void withdraw(AuthWaiter& waiter) override { std::erase(waiters, &waiter); }
  bool still_grants(std::string_view, const Access&) const override { return true; }
  void admit_first() {
    AuthWaiter* const waiter = waiters.front();
    waiters.erase(waiters.begin());
    const std::vector<Grant> grants{Grant{}};
    waiter->on_verdict({Access::in("/admin", grants), {}, {}});
  }

  std::vector<std::string> asked;
  std::vector<AuthWaiter*> waiters;
};

class AdminSiteTest : public SessionFixture {
 protected:
  void SetUp() override { options_.remembers_handshakes = true; }
  void TearDown() override {
    site_.reset();
    SessionFixture::TearDown();
  }

  AdminSite& site() {
    if (site_ == nullptr) site_ = std::make_unique<AdminSite>(*loop_, server(), authenticator_);
    return *site_;
  }
  void ask_for_tokens(std::string_view text) {
    tokens_ = std::make_unique<TokenAuthenticator>(std::move(*TokenFile::parse(text, "tokens")));
    authenticator_ = tokens_.get();
  }

  int status_for(net::HttpHeaders headers) {
    const FakeRequest request("GET", std::string(kWebSocket), std::move(headers));
    net::UpgradeAnswer answer = site().on_upgrade(request);
    auto* const accept = std::get_if<net::UpgradeAccept>(&answer);
    if (accept == nullptr) return std::get<net::HttpResponse>(answer).status;
    websockets_.emplace_back(*accept->events).open();
    return 101;
  }
  WebSocket& open_admin_session() {
    EXPECT_EQ(status_for({}), 101);
    end_turn();
    websockets_.back().take_texts();
    return websockets_.back();
  }
  // One who looks on; what is said of that is taken.
  WebSocket& open_admin(std::string_view auth = "") {
    WebSocket& admin = open_admin_session();
    say(admin, "40/admin," + std::string(auth));
    greeting_ = admin.take_texts();
    return admin;
  }
  static std::string sid_in(const std::vector<std::string>& texts) {
    return texts.at(0).substr(texts.at(0).find("\"sid\":\"") + 7, 20);
  }
  std::string open_named_client(WebSocket*& client, std::string_view connect = "40") {
    client = &open_websocket();
    client->take_texts();
    say(*client, connect);
    return sid_in(client->take_texts());
  }
  static std::size_t count(const std::vector<std::string>& texts, std::string_view part) {
    return static_cast<std::size_t>(std::ranges::count_if(
        texts, [&](const std::string& text) { return text.find(part) != std::string::npos; }));
  }

  std::unique_ptr<TokenAuthenticator> tokens_;
  Authenticator* authenticator_ = nullptr;
  std::unique_ptr<AdminSite> site_;
  std::vector<std::string> greeting_;
};

TEST_F(AdminSiteTest, WatchesOnlyWhileSomebodyLooks) {
  WebSocket& client = open_client();
  EXPECT_EQ(server().hub().watcher(), nullptr);
  WebSocket& admin = open_admin();
  WebSocket& second = open_admin();
  EXPECT_NE(server().hub().watcher(), nullptr);
  say(client, R"(42["hi"])");
  EXPECT_THAT(admin.take_texts(), Contains(HasSubstr("event_received")));
  admin.close_from_peer();
  end_turn();
  EXPECT_NE(server().hub().watcher(), nullptr);
  EXPECT_THAT(second.take_texts(),
              AllOf(Contains(HasSubstr("socket_disconnected")), Contains(HasSubstr("room_left"))));
  say(second, "41/admin,");
  EXPECT_EQ(server().hub().watcher(), nullptr);
  WebSocket& other = open_client();
  say(other, R"(42["hi"])");
  EXPECT_THAT(client.take_texts(), ElementsAre(R"(42["hi"])"));
}

TEST_F(AdminSiteTest, GreetsWithWhatThereIs) {
  WebSocket* client = nullptr;
  const std::string sid = open_named_client(client, "40/shop");
  open_admin();
  ASSERT_EQ(greeting_.size(), 6U);
  EXPECT_THAT(greeting_[0], StartsWith("40/admin,{\"sid\""));
  EXPECT_THAT(greeting_[1], StartsWith(R"(42/admin,["room_joined","/admin",)"));
  EXPECT_THAT(greeting_[2], StartsWith(R"(42/admin,["socket_connected",{"id":)"));
  EXPECT_EQ(
      greeting_[3],
      R"(42/admin,["config",{"supportedFeatures":["EMIT","JOIN","LEAVE","DISCONNECT","MJOIN",)"
      R"("MLEAVE","MDISCONNECT","AGGREGATED_EVENTS","ALL_EVENTS"]}])");
  EXPECT_THAT(greeting_[4],
              AllOf(HasSubstr("all_sockets"), HasSubstr(sid), HasSubstr(R"("nsp":"/shop")"),
                    HasSubstr(R"("issued":1000)"), HasSubstr(sid_in(greeting_))));
  EXPECT_THAT(greeting_[5], AllOf(HasSubstr("server_stats"), HasSubstr(R"("clientsCount":2)"),
                                  HasSubstr(R"({"name":"/shop","socketsCount":1})")));
}

TEST_F(AdminSiteTest, HasOneNamespaceAndTheServerHasNoneOfIt) {
  WebSocket& admin = open_admin_session();
  say(admin, "40");
  EXPECT_THAT(admin.take_texts(), ElementsAre(R"(44{"message":"Invalid namespace"})"));
  WebSocket& client = open_client("40/admin");
  say(client, R"(42/admin,["_disconnect","/",true])");
  EXPECT_FALSE(client.closing()) << "there it is a namespace like any other";
}

TEST_F(AdminSiteTest, MasksSecretsOfClients) {
  net::UpgradeAnswer answer = upgrade(std::string(kWebSocket) + "&token=abc&x=1",
                                      {{"authorization", "Bearer abc"}, {"user-agent", "me"}});
  WebSocket& client = websockets_.emplace_back(*std::get<net::UpgradeAccept>(answer).events);
  client.open();
  say(client, "40");
  open_admin();
  const std::string& all = greeting_.at(4);
  EXPECT_THAT(all, AllOf(HasSubstr(R"("authorization":"Bearer ***")"),
                         HasSubstr(R"("user-agent":"me")"), HasSubstr("&token=***&x=1"),
                         HasSubstr(R"("token":"***")"), Not(HasSubstr("abc"))));
}

TEST_F(AdminSiteTest, CopiesNoMoreEventsThanAPersonCanRead) {
  WebSocket* client = nullptr;
  open_named_client(client);
  WebSocket* listener = nullptr;
  open_named_client(listener);
  WebSocket& admin = open_admin();
  for (int i = 0; i < 5'000; ++i) client->receive_text(R"(42["tick"])");
  end_turn();
  EXPECT_EQ(listener->take_texts().size(), 5'000U) << "nobody misses anything";
  const std::size_t copies = count(admin.take_texts(), "[\"tick\"]");
  EXPECT_GE(copies, CopyBudget::kEventsPerSecond);
  EXPECT_LE(copies, CopyBudget::kEventsPerSecond * (CopyBudget::kBurst + 1));
  EXPECT_EQ(site().events_left_out() + copies, 10'000U) << "received and sent, all accounted for";
}

TEST_F(AdminSiteTest, TellsASlowOneNothingUntilItHasRead) {
  WebSocket& admin = open_admin();
  admin.block();
  for (int i = 0; i < 3'000; ++i) open_websocket().receive_text("40");
  end_turn();
  EXPECT_LT(admin.backlog(), 2u << 20);
  EXPECT_LT(count(admin.take_texts(), "socket_connected"), 3'000U);
  admin.unblock();
  std::vector<std::string> texts;
  run_until([&] {
    for (std::string& text : admin.take_texts()) texts.push_back(std::move(text));
    return count(texts, "server_stats") > 0;
  });
  ASSERT_EQ(count(texts, "all_sockets"), 1U) << "it begins anew";
  const std::string& all = *std::ranges::find_if(
      texts, [](const std::string& text) { return text.find("all_sockets") != std::string::npos; });
  std::size_t sockets = 0;
  for (std::size_t at = 0; (at = all.find("\"clientId\"", at)) != std::string::npos; ++at)
    ++sockets;
  EXPECT_EQ(sockets, 3'001U);
}

TEST_F(AdminSiteTest, DoesWhatItIsTold) {
  WebSocket* a = nullptr;
  WebSocket* b = nullptr;
  const std::string sid = open_named_client(a);
  open_named_client(b);
  WebSocket& admin = open_admin();
  say(admin, R"(42/admin,1["join","/",["r","r2"],")" + sid + "\"]");
  EXPECT_THAT(admin.take_texts(), AllOf(Contains(HasSubstr(R"(["room_joined","/","r2",")" + sid)),
                                        Contains(R"(43/admin,1[{"sockets":1}])")));
  say(admin, R"(452-/admin,["emit","/","r","news",{"_placeholder":true,"num":1},1])");
  admin.receive_binary("x");
  admin.receive_binary("y");
  end_turn();
  EXPECT_THAT(a->take_texts(),
              ElementsAre(R"(452-["news",{"_placeholder":true,"num":1},1])", "x", "y"));
  EXPECT_THAT(b->take_texts(), IsEmpty());
  EXPECT_EQ(store_.bounds().next, 2U) << "it went through the queue";
  say(admin, R"(42/admin,["leave","/","r"])");
  EXPECT_THAT(admin.take_texts(), Contains(HasSubstr(R"(["room_left","/","r",)")));
  say(admin, R"(42/admin,["_disconnect","/",false,"r2"])");
  EXPECT_THAT(a->take_texts(), ElementsAre("41"));
  EXPECT_FALSE(a->closing());
  say(admin, R"(422["_disconnect","/",true])");
  EXPECT_FALSE(b->closing()) << "not in this namespace";
}

TEST_F(AdminSiteTest, MayEvenSendItselfAway) {
  WebSocket& admin = open_admin();
  say(admin, R"(42/admin,7["_disconnect","/admin",true])");
  EXPECT_THAT(admin.take_texts(), Contains("41/admin,"));
  EXPECT_TRUE(admin.closing());
  EXPECT_EQ(site().admins(), 0U);
  EXPECT_EQ(server().hub().watcher(), nullptr);
}

TEST_F(AdminSiteTest, AnswersNonsenseAndDisturbsNobody) {
  WebSocket* client = nullptr;
  open_named_client(client, "40/shop");
  WebSocket& admin = open_admin();
  for (const char* packet :
       {R"(1["emit"])", R"(1["emit","shop",null,"x"])", R"(1["join","/shop",{},null])",
        R"(1["leave"])", R"(1["_disconnect",7])", R"(1["_disconnect","/shop","x"])", R"(1["x",1])",
        R"(1["emit","/shop",null,"connect"])"}) {
    say(admin, "42/admin," + std::string(packet));
    EXPECT_THAT(admin.take_texts(), Contains(HasSubstr(R"("code":"bad_request")"))) << packet;
  }
  const std::string huge(500'000, 'f');
  say(admin, R"(42/admin,1["_disconnect","/shop",true,")" + huge + "\"]");
  EXPECT_THAT(admin.take_texts(), Contains(R"(43/admin,1[{"sockets":0}])"));
  say(admin, R"(42/admin,1["join","/nowhere","r"])");
  EXPECT_THAT(admin.take_texts(), Contains(R"(43/admin,1[{"sockets":0}])"));
  say(admin, R"(42/admin,1["join","/shop",")" + huge + "\"]");
  EXPECT_THAT(client->take_texts(), IsEmpty());
  EXPECT_FALSE(client->closing());
  EXPECT_FALSE(admin.closing());
}

TEST_F(AdminSiteTest, RefusesPagesOfOtherOrigins) {
  options_.cors_origins = {"https://ui.example.org", "*"};
  const std::string host = "127.0.0.1:9000";
  EXPECT_EQ(status_for({{"host", host}}), 101);
  EXPECT_EQ(status_for({{"host", host}, {"origin", "http://" + host}}), 101);
  EXPECT_EQ(status_for({{"host", "[::1]:1"}, {"origin", "http://[::1]:1"}}), 101);
  EXPECT_EQ(status_for({{"host", "localhost:1"}, {"origin", "http://localhost:1"}}), 101);
  EXPECT_EQ(status_for({{"host", host}, {"origin", "https://ui.example.org"}}), 101);
  EXPECT_EQ(status_for({{"host", host}, {"origin", "http://evil.example.org"}}), 403);
  EXPECT_EQ(status_for({{"host", host}, {"origin", "null"}}), 403);
  EXPECT_EQ(status_for({{"host", "evil.org:9000"}, {"origin", "http://evil.org:9000"}}), 403)
      << "a name that leads here";
  auto& exchange = exchanges_.emplace_back(
      FakeRequest("POST", std::string(kPolling), {{"host", host}, {"origin", "http://evil.org"}}));
  site().on_request(exchange);
  EXPECT_EQ(exchange.status(), 403);
}

TEST_F(AdminSiteTest, TakesAnyNameWhereTokensAreAsked) {
  ask_for_tokens("boss\n");
  EXPECT_EQ(status_for({{"host", "a.org"}, {"origin", "https://a.org"}}), 101);
  EXPECT_EQ(status_for({{"host", "a.org"}, {"origin", "https://b.org"}}), 403);
}

TEST_F(AdminSiteTest, AsksForATokenInTheWordsOfTheUi) {
  ask_for_tokens("boss\nreader /admin * r\nwriter /admin * w\nteam / *\nroom /admin r rw\n");
  for (const char* auth :
       {"", R"({"sessionId":null})", R"({"username":"x","password":""})", R"({"password":"bass"})",
        R"({"password":7})", R"({"token":"team"})", R"({"token":"writer"})", R"({"token":"room"})",
        R"({"sessionId":"0123456789abcdef"})"}) {
    open_admin(auth);
    EXPECT_THAT(greeting_, ElementsAre(R"(44/admin,{"message":"invalid credentials"})")) << auth;
  }
  open_admin(R"({"token":"boss"})");
  EXPECT_THAT(greeting_,
              AllOf(Contains(HasSubstr("config")), Not(Contains(HasSubstr("session\"")))));
  open_admin(R"({"username":"me","password":"boss"})");
  EXPECT_THAT(greeting_[1], StartsWith(R"(42/admin,["session",")"));
}

TEST_F(AdminSiteTest, LetsReadersLookOnly) {
  ask_for_tokens("reader * * r\nhalf * * r\nhalf /admin room w\n");
  WebSocket* client = nullptr;
  open_named_client(client);
  for (const char* auth : {R"({"token":"reader"})", R"({"token":"half"})"}) {
    WebSocket& admin = open_admin(auth);
    EXPECT_THAT(greeting_, Contains(R"(42/admin,["config",{"supportedFeatures":)"
                                    R"(["AGGREGATED_EVENTS","ALL_EVENTS"]}])"));
    say(admin, R"(42/admin,1["_disconnect","/",true])");
    EXPECT_THAT(admin.take_texts(), ElementsAre(HasSubstr("forbidden"))) << auth;
  }
  EXPECT_FALSE(client->closing());
}

TEST_F(AdminSiteTest, RemembersALoginForADayAsLongAsTheTokenIsGood) {
  ask_for_tokens("boss\nother\n");
  open_admin(R"({"username":"","password":"boss"})");
  const std::string id = greeting_.at(1).substr(greeting_.at(1).size() - 18, 16);
  const std::string auth = R"({"sessionId":")" + id + "\"}";
  WebSocket& admin = open_admin(auth);
  EXPECT_THAT(greeting_,
              AllOf(Contains(HasSubstr("config")), Not(Contains(HasSubstr("session\"")))));
  tokens_->set_tokens(std::move(*TokenFile::parse("other\n", "tokens")));
  EXPECT_EQ(site().grants_have_changed(), 2U);
  run_until([&] { return admin.aborted(); });
  open_admin(auth);
  EXPECT_THAT(greeting_, ElementsAre(HasSubstr("invalid credentials")));
  tokens_->set_tokens(std::move(*TokenFile::parse("boss\n", "tokens")));
  open_admin(auth);
  EXPECT_THAT(greeting_, Contains(HasSubstr("config")));
  clock_.wall += AdminSessions::kLifetime_ms;
  open_admin(auth);
  EXPECT_THAT(greeting_, ElementsAre(HasSubstr("invalid credentials")));
}

TEST_F(AdminSiteTest, WaitsForALateVerdict) {
  LateAuthenticator late;
  authenticator_ = &late;
  WebSocket& gone = open_admin(R"({"password":"x"})");
  EXPECT_THAT(greeting_, IsEmpty());
  EXPECT_THAT(late.asked, ElementsAre(R"({"username":"","token":"x"})"));
  gone.close_from_peer();
  EXPECT_THAT(late.waiters, IsEmpty());
  WebSocket& admin = open_admin(R"({"username":"me","password":"x"})");
  late.admit_first();
  end_turn();
  EXPECT_THAT(admin.take_texts(),
              AllOf(Contains(HasSubstr("\"session\"")), Contains(HasSubstr("all_sockets"))));
  open_admin(R"({"token":"y"})");
  site_.reset();
  EXPECT_THAT(late.waiters, IsEmpty());
}

TEST(AdminSessions, AreBounded) {
  const std::vector<Grant> grants{Grant{}};
  const auto access = Access::in("/admin", grants);
  AdminSessions sessions;
  const std::string first = sessions.begin(*access, 0);
  EXPECT_EQ(first.size(), 16U);
  EXPECT_NE(sessions.find(first, 0), nullptr);
  for (std::size_t i = 1; i < AdminSessions::kMost; ++i) sessions.begin(*access, 0);
  EXPECT_NE(sessions.find(first, 0), nullptr);
  sessions.begin(*access, 0);
  EXPECT_EQ(sessions.find(first, 0), nullptr);
}

}  // namespace
}  // namespace sio::server::test
