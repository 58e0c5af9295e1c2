// CONNECT
//   > CONNECT host:port HTTP/1.1 CRLF Host: host:port CRLF [Proxy-Authorization: Basic …] CRLF CRLF
//   < HTTP/1.x 2xx … CRLF headers CRLF CRLF      anything but 2xx is a refusal
//
// SOCKS 5 (all bytes)
//   > 5 n METHOD*n                    0: none, 2: user and password
//   < 5 METHOD                        255: none of these
//   > 1 len user len password         with method 2
//   < 1 STATUS                        0: welcome
//   > 5 1 0 ADDRESS port              ADDRESS: 1 and 4 bytes, 3 and len and a name, 4 and 16 bytes
//   < 5 REPLY 0 ADDRESS port          0: connected

#include "net/proxy_handshake.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/base64.h"
#include "net/http_message.h"
#include "net/socket_address.h"

namespace sio::net {
namespace {

constexpr char kVersion = 5;
constexpr char kLoginVersion = 1;
constexpr char kNoLogin = 0;
constexpr char kUserAndPassword = 2;
constexpr char kConnect = 1;
constexpr char kIpv4 = 1;
constexpr char kName = 3;
constexpr char kIpv6 = 4;
constexpr std::size_t kMaxField = 255;  // its length is one byte

unsigned byte_of(char c) {
  return static_cast<unsigned char>(c);
}

void append_field(std::string& out, std::string_view text) {
  const std::string_view part = text.substr(0, kMaxField);
  out += static_cast<char>(part.size());
  out += part;
}

// RFC 1928 §6.
std::string_view reply_text(unsigned reply) {
  constexpr std::array<std::string_view, 9> kTexts = {"succeeded",
                                                      "general failure",
                                                      "not allowed by its rules",
                                                      "network unreachable",
                                                      "host unreachable",
                                                      "connection refused",
                                                      "the way is too long (TTL expired)",
                                                      "it knows no CONNECT",
                                                      "it knows no such addresses"};
  return reply < kTexts.size() ? kTexts[reply] : "unknown reply";
}

ProxyProblem problem_of_reply(unsigned reply) {
  if (reply == 2) return ProxyProblem::forbidden;
  return reply == 7 || reply == 8 ? ProxyProblem::not_a_proxy : ProxyProblem::no_way;
}

ProxyProblem problem_of_status(int status) {
  if (status == 407 || status == 401) return ProxyProblem::unauthorized;
  if (status == 404 || status == 408 || status == 429 || status >= 500) return ProxyProblem::no_way;
  return status == 403 ? ProxyProblem::forbidden : ProxyProblem::not_a_proxy;
}

// "HTTP/1.1 407 …": the 407; 0 if it is no status line.
int status_of(std::string_view head) {
  int status = 0;
  if (!head.starts_with("HTTP/1.") || head.size() < 12 || head[8] != ' ') return 0;
  const auto [end, error] = std::from_chars(head.data() + 9, head.data() + 12, status);
  return error == std::errc() && end == head.data() + 12 && status >= 100 ? status : 0;
}

}  // namespace

ProxyHandshake::ProxyHandshake(const Proxy& proxy, std::string host, std::uint16_t port)
    : proxy_(proxy), host_(std::move(host)), port_(port) {
  if (proxy_.kind == ProxyKind::http)
    ask_by_http();
  else
    ask_by_socks();
}

std::size_t ProxyHandshake::receive(std::string_view bytes) {
  if (done() || refusal_) return 0;
  return proxy_.kind == ProxyKind::http ? receive_head(bytes) : receive_socks(bytes);
}

void ProxyHandshake::refuse(ProxyProblem problem, int status, std::string message) {
  refusal_ = {problem, status, std::move(message)};
}

// --- CONNECT

void ProxyHandshake::ask_by_http() {
  const std::string authority = host_and_port(host_, port_);
  output_ = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n", authority, authority);
  if (has_login()) {
    std::string login = "Basic ";
    append_base64(login, proxy_.user + ":" + proxy_.password);
    append_header(output_, "Proxy-Authorization", login);
  }
  output_ += "\r\n";
}

std::size_t ProxyHandshake::receive_head(std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t before = answer_.size();
  answer_.append(bytes.substr(0, kMaxHead - std::min(before, kMaxHead)));
  constexpr std::string_view kStart = "HTTP/1.";
  if (!kStart.starts_with(std::string_view(answer_).substr(0, kStart.size()))) {
    refuse(ProxyProblem::not_a_proxy, 0, "does not speak HTTP");
    return bytes.size();
  }
  const std::size_t from = before < kEnd.size() ? 0 : before - kEnd.size();
  const std::size_t end = answer_.find(kEnd, from);
  if (end == std::string::npos) {
    if (answer_.size() == kMaxHead)
      refuse(ProxyProblem::not_a_proxy, 0, "answered with a head that does not end");
    return bytes.size();
  }
  answer_.resize(end + kEnd.size());
  const std::size_t used = answer_.size() - before;
  judge_head();
  return used;
}

void ProxyHandshake::judge_head() {
  const std::string head = std::exchange(answer_, {});
  const int status = status_of(head);
  if (status == 0) return refuse(ProxyProblem::not_a_proxy, 0, "does not speak HTTP");
  if (status < 200) return;  // the answer is still to come
  if (status < 300) {
    step_ = Step::done;
    return;
  }
  refuse(problem_of_status(status), status,
         fmt::format("answered {} {} to CONNECT {}", status, reason_phrase(status),
                     host_and_port(host_, port_)));
}

// --- SOCKS

void ProxyHandshake::ask_by_socks() {
  step_ = Step::method;
  output_ = has_login() ? std::string{kVersion, 2, kNoLogin, kUserAndPassword}
                        : std::string{kVersion, 1, kNoLogin};
}

std::size_t ProxyHandshake::receive_socks(std::string_view bytes) {
  std::size_t used = 0;
  while (!done() && !refusal_ && used < bytes.size()) {
    const std::size_t piece = std::min(wanted() - answer_.size(), bytes.size() - used);
    answer_ += bytes.substr(used, piece);
    used += piece;
    if (answer_.size() == wanted()) take_answer();
  }
  return used;
}

// How long the answer is, as far as that can be seen already.
std::size_t ProxyHandshake::wanted() const {
  if (step_ != Step::reply || answer_.size() < 2) return 2;
  if (answer_[1] != 0) return 2;  // a refusal says nothing more that matters
  if (answer_.size() < 5) return 5;
  const std::size_t fixed = 4 + 2;
  if (answer_[3] == kName) return fixed + 1 + byte_of(answer_[4]);
  return fixed + (answer_[3] == kIpv6 ? 16u : 4u);
}

void ProxyHandshake::take_answer() {
  const char version = step_ == Step::login ? kLoginVersion : kVersion;
  if (answer_[0] != version) return refuse(ProxyProblem::not_a_proxy, 0, "does not speak SOCKS 5");
  switch (step_) {
    case Step::method:
      return choose_method();
    case Step::login:
      return judge_login();
    default:
      return judge_reply();
  }
}

void ProxyHandshake::choose_method() {
  const char method = std::exchange(answer_, {})[1];
  if (method == kNoLogin) return send_request();
  if (method != kUserAndPassword || !has_login())
    return refuse(ProxyProblem::unauthorized, 0,
                  has_login() ? "takes neither user and password nor anybody"
                              : "wants a user and a password");
  step_ = Step::login;
  output_ = kLoginVersion;
  append_field(output_, proxy_.user);
  append_field(output_, proxy_.password);
}

void ProxyHandshake::judge_login() {
  const unsigned status = byte_of(std::exchange(answer_, {})[1]);
  if (status == 0) return send_request();
  refuse(ProxyProblem::unauthorized, 0, "refused the user or the password");
}

void ProxyHandshake::send_request() {
  step_ = Step::reply;
  output_ = {kVersion, kConnect, 0};
  std::array<char, 16> address{};
  if (inet_pton(AF_INET, host_.c_str(), address.data()) == 1) {
    output_ += kIpv4;
    output_.append(address.data(), 4);
  } else if (inet_pton(AF_INET6, host_.c_str(), address.data()) == 1) {
    output_ += kIpv6;
    output_.append(address.data(), 16);
  } else {
    output_ += kName;
    append_field(output_, host_);
  }
  output_ += static_cast<char>(port_ >> 8);
  output_ += static_cast<char>(port_ & 0xff);
}

void ProxyHandshake::judge_reply() {
  const unsigned reply = byte_of(answer_[1]);
  if (reply != 0)
    return refuse(problem_of_reply(reply), static_cast<int>(reply),
                  fmt::format("could not connect to {}: {} (SOCKS reply {})",
                              host_and_port(host_, port_), reply_text(reply), reply));
  if (answer_[3] != kIpv4 && answer_[3] != kName && answer_[3] != kIpv6)
    return refuse(ProxyProblem::not_a_proxy, 0, "answered with an unknown kind of address");
  answer_.clear();
  step_ = Step::done;
}

}  // namespace sio::net
