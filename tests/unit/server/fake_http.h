// HTTP requests without a network.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/http.h"

namespace sio::server::test {

class FakeRequest final : public net::HttpRequest {
 public:
  FakeRequest(std::string method, std::string target, net::HttpHeaders headers = {})
      : method_(std::move(method)), target_(std::move(target)), headers_(std::move(headers)) {}

  std::string_view method() const override { return method_; }
  std::string_view target() const override { return target_; }
  std::string_view header(std::string_view name) const override {
    const auto it = std::ranges::find(headers_, name, &std::pair<std::string, std::string>::first);
    return it == headers_.end() ? std::string_view() : it->second;
  }
  const net::HttpHeaders& headers() const override { return headers_; }
  std::string_view peer_address() const override { return "127.0.0.1"; }
  bool secure() const override { return false; }
  bool is_local() const override { return local; }

  bool local = true;

 private:
  std::string method_;
  std::string target_;
  net::HttpHeaders headers_;
};

// Remembers its answer.
class FakeExchange final : public net::HttpExchange, public net::HttpStream {
 public:
  explicit FakeExchange(FakeRequest request) : request_(std::move(request)) {}

  const net::HttpRequest& request() const override { return request_; }
  bool expects_body() const override { return request_.method() == "POST"; }
  void set_observer(net::HttpObserver* observer) override { observer_ = observer; }
  void respond(net::HttpResponse response) override {
    EXPECT_FALSE(answer) << "answered twice";
    EXPECT_FALSE(destroyed) << "answered after it was destroyed";
    observer_ = nullptr;
    answer = std::move(response);
  }
  void destroy() override {
    observer_ = nullptr;
    destroyed = true;
  }
  net::HttpStream& stream(net::HttpResponse response, net::HttpStreamEvents& its_events,
                          std::optional<std::uint64_t> its_length) override {
    observer_ = nullptr;
    answer = std::move(response);
    events = &its_events;
    length = its_length;
    return *this;
  }

  // HttpStream
  void write(std::string_view bytes) override {
    answer->body += bytes;
    if (stalled) waiting += bytes.size();
  }
  std::size_t backlog() const override { return waiting; }
  void set_drain_mark(std::size_t) override { wants_drain = true; }
  void end() override {
    ended = true;
    events = nullptr;
  }
  void abort() override {
    destroyed = true;
    events = nullptr;
  }
  // The client takes everything, or goes.
  void drain() {
    waiting = 0;
    if (std::exchange(wants_drain, false) && events != nullptr) events->on_drained();
  }
  void leave() {
    if (net::HttpStreamEvents* gone = std::exchange(events, nullptr)) gone->on_closed();
  }
  std::string take() { return std::exchange(answer->body, {}); }

  // The client's side.
  void send_body(std::string body) {
    if (observer_ != nullptr) observer_->on_body(*this, std::move(body));
  }
  void go_away() {
    if (net::HttpObserver* observer = std::exchange(observer_, nullptr))
      observer->on_aborted(*this);
  }

  int status() const { return answer ? answer->status : 0; }
  std::string body() const { return answer ? answer->body : "(no answer)"; }
  std::string header(std::string_view name) const {
    if (!answer) return "";
    for (const auto& [key, value] : answer->headers)
      if (key == name) return value;
    return "";
  }

  std::optional<net::HttpResponse> answer;
  bool destroyed = false;
  net::HttpStreamEvents* events = nullptr;
  std::optional<std::uint64_t> length;
  std::size_t waiting = 0;
  bool stalled = false;
  bool wants_drain = false;
  bool ended = false;

 private:
  FakeRequest request_;
  net::HttpObserver* observer_ = nullptr;
};

}  // namespace sio::server::test
