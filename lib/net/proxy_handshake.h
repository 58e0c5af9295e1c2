// What is said to a proxy before it becomes a way to the server: CONNECT (RFC 9110 §9.3.6) or
// SOCKS 5 (RFC 1928, RFC 1929). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/proxy.h"

namespace sio::net {

struct ProxyRefusal {
  ProxyProblem problem = ProxyProblem::not_a_proxy;
  int status = 0;       // of an HTTP answer, or a SOCKS reply
  std::string message;  // "answered 407 Proxy Authentication Required", behind the proxy's name
};

class ProxyHandshake {
 public:
  // The way to `host`, which is a name or an address without brackets; the proxy looks a name up.
  ProxyHandshake(const Proxy& proxy, std::string host, std::uint16_t port);

  // What there is to send, once.
  std::string take_output() { return std::exchange(output_, {}); }
  // Takes what the proxy has said. Returns how much of it was meant for us: what follows an answer
  // that is yes comes from the server.
  std::size_t receive(std::string_view bytes);

  // It is the way to the server from here on.
  bool done() const { return step_ == Step::done; }
  // It is not, and will not be.
  const std::optional<ProxyRefusal>& refusal() const { return refusal_; }

 private:
  enum class Step : std::uint8_t { http_head, method, login, reply, done };

  void ask_by_http();
  void ask_by_socks();
  std::size_t receive_head(std::string_view bytes);
  void judge_head();
  std::size_t receive_socks(std::string_view bytes);
  std::size_t wanted() const;
  void take_answer();
  void choose_method();
  void judge_login();
  void judge_reply();
  void send_request();
  void refuse(ProxyProblem problem, int status, std::string message);
  bool has_login() const { return !proxy_.user.empty() || !proxy_.password.empty(); }

  Proxy proxy_;
  std::string host_;
  std::uint16_t port_;
  Step step_ = Step::http_head;
  std::string output_;
  std::string answer_;  // as much as has come of it
  std::optional<ProxyRefusal> refusal_;
};

}  // namespace sio::net
