// The other end of a client's connections, played by a test: what is dialled, sent and received is
// plain text. Runs on a real loop, because timers and later turns are part of what is tested.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/connector.h"
#include "net/loop.h"

namespace sio::client {

inline constexpr std::string_view kOpenPacket =
    R"(0{"sid":"eio","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000})";

// A WebSocket in memory.
class FakeSocket final : public net::Transport {
 public:
  FakeSocket(net::Loop& loop, net::TransportEvents& events) : loop_(loop), events_(&events) {}

  void send(const net::FrameRun& run) override {
    for (const net::Frame& frame : run.frames) {
      const std::string payload(frame.payload());
      sent.push_back(frame.binary ? "<" + payload + ">" : payload);
    }
  }
  std::size_t backlog() const override { return 0; }
  void set_drain_mark(std::size_t) override {}
  bool writable() const override { return true; }
  bool send_ping() override {
    ++pings;
    return true;
  }
  void pause_reading() override { reading = false; }
  void resume_reading() override { reading = true; }
  void close(std::uint16_t) override { end({.reason = net::CloseReason::local}); }
  void abort() override { end({.reason = net::CloseReason::local}); }
  void set_events(net::TransportEvents& events) override { events_ = &events; }
  std::string_view name() const override { return "websocket"; }

  // What the server does.
  void say(std::string_view text) { events_->on_message(net::MessageKind::text, text); }
  void say_binary(std::string_view bytes) { events_->on_message(net::MessageKind::binary, bytes); }
  void pong() { events_->on_pong(); }
  void break_off(net::CloseReason reason = net::CloseReason::lost, std::uint16_t code = 0) {
    end({.reason = reason, .code = code});
  }
  std::vector<std::string> take() { return std::exchange(sent, {}); }

  std::vector<std::string> sent;
  int pings = 0;
  bool reading = true;
  bool ended = false;

 private:
  void end(net::TransportClosed closed) {
    if (std::exchange(ended, true)) return;
    loop_.post([this, closed] { events_->on_closed(closed); });
  }

  net::Loop& loop_;
  net::TransportEvents* events_;
};

class FakeServer final : public net::Connector {
 public:
  struct Dial {
    std::string target;
    net::HttpHeaders headers;
    net::WebSocketEvents* events = nullptr;
  };
  struct Request {
    std::string method;
    std::string target;
    std::string body;
    net::HttpResponseEvents* events = nullptr;
    bool cancelled = false;
  };

  explicit FakeServer(net::Loop& loop) : loop_(loop) {}

  std::unique_ptr<Attempt> open_websocket(const net::Endpoint&, std::string target,
                                          net::HttpHeaders headers,
                                          net::WebSocketEvents& events) override {
    dials.push_back({std::move(target), std::move(headers), &events});
    return std::make_unique<Attempt>();
  }
  std::unique_ptr<net::HttpCall> request(const net::Endpoint&, std::string method,
                                         std::string target, net::HttpHeaders, std::string body,
                                         net::HttpResponseEvents& events) override {
    requests.push_back(std::make_unique<Request>(
        Request{std::move(method), std::move(target), std::move(body), &events}));
    return std::make_unique<Call>(*requests.back());
  }

  // Accepts the newest dial; by default begins the Engine.IO session.
  FakeSocket& accept(std::string_view open_packet = kOpenPacket) {
    sockets.push_back(std::make_unique<FakeSocket>(loop_, *dials.back().events));
    dials.back().events->on_open(*sockets.back());
    if (!open_packet.empty()) sockets.back()->say(open_packet);
    return *sockets.back();
  }
  void refuse(const net::ConnectFailure& failure) { dials.back().events->on_failed(failure); }
  // Answers the oldest request of a method that waits.
  void answer(std::string_view method, int status, std::string body) {
    for (const auto& request : requests) {
      if (request->method != method || request->cancelled || request->events == nullptr) continue;
      return std::exchange(request->events, nullptr)->on_response({status, {}, std::move(body)});
    }
    FAIL() << "no " << method << " waits";
  }
  // Bodies of the requests of a method that wait for an answer.
  std::vector<std::string> waiting(std::string_view method) const {
    std::vector<std::string> bodies;
    for (const auto& request : requests)
      if (request->method == method && !request->cancelled && request->events != nullptr)
        bodies.push_back(request->body);
    return bodies;
  }

  std::vector<Dial> dials;
  std::vector<std::unique_ptr<FakeSocket>> sockets;
  std::vector<std::unique_ptr<Request>> requests;

 private:
  class Call final : public net::HttpCall {
   public:
    explicit Call(Request& request) : request_(request) {}
    ~Call() override { request_.cancelled = true; }

   private:
    Request& request_;
  };

  net::Loop& loop_;
};

// A loop that runs until something is so.
class LoopTest : public testing::Test, private net::Timer::Handler {
 protected:
  LoopTest() : loop_(std::move(*net::Loop::create({}))), tick_(*loop_, *this) {}

  // Turns the loop until `condition` holds; fails after ten seconds.
  void run_until(std::function<bool()> condition) {
    condition_ = std::move(condition);
    give_up_at_ = SystemClock().now() + std::chrono::seconds(10);
    tick_.arm_in(Duration::zero());
    loop_->run();
    EXPECT_TRUE(condition_()) << "ten seconds passed";
  }
  // A few turns: what was posted, and timers that are due, have run.
  void settle() {
    int turns = 0;
    run_until([&turns] { return ++turns > 3; });
  }

  std::unique_ptr<net::Loop> loop_;

 private:
  void on_timer(net::Timer&) override {
    if (condition_() || SystemClock().now() > give_up_at_) return loop_->stop();
    tick_.arm_in(std::chrono::milliseconds(1));
  }

  net::Timer tick_;
  std::function<bool()> condition_;
  TimePoint give_up_at_{};
};

}  // namespace sio::client
