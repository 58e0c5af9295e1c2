// A whole server without sockets: requests and transports are played by the test.
#pragma once

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/loop.h"
#include "server/pubsub_policy.h"
#include "server/server.h"
#include "store/memory_store.h"
#include "support/fake_transport.h"
#include "unit/server/fake_http.h"
#include "unit/server/fakes.h"

namespace sio::server::test {

class SessionFixture : public testing::Test {
 protected:
  using WebSocket = sio::test::FakeTransport;

  // Everything that a session needs. Called by the first request; options can be set before.
  Server& server() {
    if (server_ != nullptr) return *server_;
    server_ = std::make_unique<Server>(*loop_, &store_, clock_, policy(), options_);
    pubsub_.set_hub(server_->hub());
    return *server_;
  }
  virtual Policy& policy() { return pubsub_; }

  void TearDown() override {
    // As net does when its server goes: nobody listens to a transport any more.
    server_.reset();
  }

  // --- the loop

  void end_turn() { loop_->finish_turn(); }
  // Runs one turn, timers that are due included.
  void run_turn() {
    loop_->post([this] { loop_->stop(); });
    loop_->run();
  }
  template <typename Condition>
  void run_until(Condition condition) {
    while (!condition()) run_turn();
  }

  // --- polling

  static constexpr std::string_view kPolling = "/socket.io/?EIO=4&transport=polling";

  FakeExchange& request(std::string method, std::string target, net::HttpHeaders headers = {}) {
    auto& exchange = exchanges_.emplace_back(
        FakeRequest(std::move(method), std::move(target), std::move(headers)));
    server().handler().on_request(exchange);
    return exchange;
  }
  FakeExchange& get(std::string_view sid) {
    return request("GET", std::string(kPolling) + "&sid=" + std::string(sid));
  }
  // A poll whose answer is there.
  std::string poll(std::string_view sid) {
    FakeExchange& exchange = get(sid);
    end_turn();
    return exchange.body();
  }
  FakeExchange& start_post(std::string_view sid) {
    return request("POST", std::string(kPolling) + "&sid=" + std::string(sid));
  }
  FakeExchange& post(std::string_view sid, std::string body) {
    FakeExchange& exchange = start_post(sid);
    exchange.send_body(std::move(body));
    end_turn();
    return exchange;
  }
  // A new polling session; returns its sid.
  std::string open_polling() {
    FakeExchange& exchange = request("GET", std::string(kPolling));
    end_turn();
    return exchange.body().substr(9, 20);
  }
  bool is_known(std::string_view sid) {
    return request("PUT", std::string(kPolling) + "&sid=" + std::string(sid)).status() == 500;
  }

  // --- websocket

  static constexpr std::string_view kWebSocket = "/socket.io/?EIO=4&transport=websocket";

  net::UpgradeAnswer upgrade(std::string target, net::HttpHeaders headers = {}) {
    const FakeRequest request("GET", std::move(target), std::move(headers));
    return server().handler().on_upgrade(request);
  }
  // A WebSocket that is open.
  WebSocket& open_websocket(std::string_view target = kWebSocket) {
    net::UpgradeAnswer answer = upgrade(std::string(target));
    auto* accept = std::get_if<net::UpgradeAccept>(&answer);
    EXPECT_NE(accept, nullptr);
    WebSocket& websocket = websockets_.emplace_back(*accept->events);
    websocket.open();
    end_turn();
    return websocket;
  }
  // A WebSocket session in namespace `/`; what was sent so far is taken.
  WebSocket& open_client(std::string_view connect = "40") {
    WebSocket& websocket = open_websocket();
    say(websocket, connect);
    websocket.take_sent();
    return websocket;
  }
  void say(WebSocket& websocket, std::string_view packet) {
    websocket.receive_text(packet);
    end_turn();
  }

  std::unique_ptr<net::Loop> loop_ = std::move(*net::Loop::create({}));
  FakeClock clock_;
  store::MemoryStore store_{{.name = "k3f9"}};
  PubSubPolicy pubsub_{{}};
  ServerOptions options_{.version = "9.9"};
  std::deque<FakeExchange> exchanges_;
  std::deque<WebSocket> websockets_;
  std::unique_ptr<Server> server_;
};

}  // namespace sio::server::test
