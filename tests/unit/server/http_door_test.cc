#include "server/http_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/token_authenticator.h"
#include "unit/server/session_fixture.h"

namespace sio::server::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class HttpDoorTest : public SessionFixture {
 protected:
  HttpDoor& door() {
    if (door_ == nullptr) door_ = std::make_unique<HttpDoor>(*loop_, server(), door_options_);
    return *door_;
  }
  void TearDown() override {
    door_.reset();
    SessionFixture::TearDown();
  }

  FakeExchange& ask(std::string method, std::string target, net::HttpHeaders headers = {}) {
    auto& exchange = exchanges_.emplace_back(
        FakeRequest(std::move(method), std::move(target), std::move(headers)));
    door().on_request(exchange);
    settle();
    return exchange;
  }
  FakeExchange& post(std::string target, std::string body, net::HttpHeaders headers = {}) {
    headers.emplace_back("content-type", "application/json");
    FakeExchange& exchange = ask("POST", std::move(target), std::move(headers));
    exchange.send_body(std::move(body));
    settle();
    return exchange;
  }
  void settle() {
    for (int i = 0; i < 3; ++i) run_turn();
  }

  HttpDoor::Options door_options_;
  std::unique_ptr<HttpDoor> door_;
};

TEST_F(HttpDoorTest, PublishesABodyAndAnswersWithItsId) {
  WebSocket& socket = open_client();
  EXPECT_EQ(post("/sio/emit/hi", "[1]").body(), "{\"id\":\"#k3f9-1\"}\n");
  EXPECT_THAT(socket.take_texts(), ElementsAre(R"(42["hi",[1]])"));
  EXPECT_EQ(server().hub().socket_count(), 1U) << "who has posted is gone";
}

TEST_F(HttpDoorTest, StreamsWhatIsStoredAndWhatFollows) {
  post("/sio/emit/a", "1");
  FakeExchange& stream = ask("GET", "/sio/events?since=all");
  EXPECT_THAT(stream.take(), HasSubstr(R"("event":"a","args":[1],"id":"#k3f9-1")"));
  post("/sio/emit/b", "2");
  const std::string live = stream.take();
  EXPECT_THAT(live, HasSubstr(R"("event":"b","args":[2])"));
  EXPECT_THAT(live, Not(HasSubstr("replay")));
  stream.leave();
  settle();
  EXPECT_EQ(server().hub().socket_count(), 0U);
}

TEST_F(HttpDoorTest, EndsAPollWithTheQueue) {
  post("/sio/emit/a", "1");
  FakeExchange& stream = ask("GET", "/sio/events?since=all&poll=1");
  EXPECT_TRUE(stream.ended);
  EXPECT_THAT(stream.body(), HasSubstr("\"a\""));
}

TEST_F(HttpDoorTest, LetsASlowStreamReadFromTheQueue) {
  FakeExchange& stream = ask("GET", "/sio/events");
  stream.stalled = true;
  const std::string large(100'000, '7');
  for (int i = 0; i < 40; ++i) post("/sio/emit/n", "\"" + std::to_string(i) + large + "\"");
  EXPECT_EQ(server().hub().lag().readers, 1U);
  EXPECT_LT(stream.waiting, 2u << 20) << "the rest is in the queue";
  stream.stalled = false;
  std::string all = stream.take();
  for (int i = 0; i < 40; ++i) {
    stream.drain();
    settle();
    all += stream.take();
  }
  EXPECT_EQ(server().hub().lag().readers, 0U);
  std::size_t from = 0;
  for (int i = 0; i < 40; ++i) {
    from = all.find("\"args\":[\"" + std::to_string(i) + "7", from);
    ASSERT_NE(from, std::string::npos) << i;
  }
}

TEST_F(HttpDoorTest, SpeaksServerSentEvents) {
  post("/sio/emit/a", "1");
  FakeExchange& stream = ask("GET", "/sio/events?since=all", {{"accept", "text/event-stream"}});
  EXPECT_EQ(stream.header("Content-Type"), "text/event-stream");
  EXPECT_THAT(stream.body(), HasSubstr("id: #k3f9-1\ndata: {\"type\":\"event\""));
  FakeExchange& again = ask("GET", "/sio/events?since=all",
                            {{"accept", "text/event-stream"}, {"last-event-id", "#k3f9-1"}});
  EXPECT_EQ(again.body(), "retry: 1000\n\n");
}

TEST_F(HttpDoorTest, AsksForATokenWhereThereAreTokens) {
  TokenAuthenticator tokens(std::move(*TokenFile::parse("r / * r\nw / * w\n", "t")));
  door_options_.authenticator = &tokens;
  const net::HttpHeaders reader{{"authorization", "Bearer r"}};
  const net::HttpHeaders writer{{"authorization", "Bearer w"}};
  EXPECT_EQ(post("/sio/emit/a", "1").status(), 401);
  EXPECT_EQ(post("/sio/emit/a", "1", reader).status(), 403);
  EXPECT_EQ(post("/sio/emit/a", "1", writer).status(), 200);
  EXPECT_EQ(ask("GET", "/sio/events?poll=1").status(), 401);
  EXPECT_EQ(ask("GET", "/sio/events?poll=1", writer).status(), 403);
  EXPECT_EQ(ask("GET", "/sio/events?poll=1", reader).status(), 200);
  EXPECT_EQ(ask("GET", "/metrics").status(), 401);
  EXPECT_EQ(ask("GET", "/metrics", reader).status(), 200);
  EXPECT_EQ(ask("GET", "/healthz").status(), 200);
}

TEST_F(HttpDoorTest, TellsOfItselfToThisMachineOnly) {
  FakeRequest request("GET", "/metrics");
  request.local = false;
  FakeExchange far(std::move(request));
  door().on_request(far);
  EXPECT_EQ(far.status(), 403);
  EXPECT_EQ(ask("GET", "/metrics").status(), 200);
}

TEST_F(HttpDoorTest, LetsAStreamThatAsksInTheLastMinuteComeBackLater) {
  FakeExchange& stream = ask("GET", "/sio/events");
  door().shut_down();
  EXPECT_TRUE(stream.ended);
  EXPECT_TRUE(ask("GET", "/sio/events").destroyed);
  EXPECT_EQ(ask("GET", "/readyz").status(), 503);
  EXPECT_EQ(ask("POST", "/sio/emit/x").status(), 503);
}

TEST_F(HttpDoorTest, ForgetsWhoGoesBeforeItsBodyHasCome) {
  ask("POST", "/sio/emit/x", {{"content-type", "text/plain"}}).go_away();
  settle();
  EXPECT_EQ(server().hub().socket_count(), 0U);
}

}  // namespace
}  // namespace sio::server::test
