#include "client/link.h"

#include <fmt/format.h>

#include <utility>

#include "proto/json_text.h"

namespace sio::client {
namespace {

constexpr Duration kOpenTimeout = std::chrono::seconds(20);

// Stands in for a link that is gone before its transport.
class NobodyListens final : public net::TransportEvents {
 public:
  void on_open(net::Transport&) override {}
  void on_message(net::MessageKind, std::string_view) override {}
  void on_drained() override {}
  void on_closed(const net::TransportClosed&) override {}
};
NobodyListens nobody;

// The `code` and `message` of an Engine.IO error body.
struct EngineRefusal {
  int code = -1;
  std::string message;
};
EngineRefusal parse_engine_refusal(std::string_view body) {
  EngineRefusal refusal;
  const auto kind = proto::check_json(body);
  if (!kind || *kind != proto::JsonKind::object) return refusal;
  const auto code = proto::object_member(body, "code");
  const auto message = proto::object_member(body, "message");
  if (code && code->size() == 1 && (*code)[0] >= '0' && (*code)[0] <= '9')
    refusal.code = (*code)[0] - '0';
  if (message && proto::json_kind(*message) == proto::JsonKind::string)
    refusal.message = proto::json_unescape(*message);
  return refusal;
}

LinkDown unreachable(std::string message, std::string hint, bool may_work_later = true) {
  return {
      .may_work_later = may_work_later,
      .cause = {
          .ending = Ending::unreachable, .message = std::move(message), .hint = std::move(hint)}};
}
LinkDown incompatible(std::string message, std::string hint) {
  return {
      .may_work_later = false,
      .cause = {
          .ending = Ending::incompatible, .message = std::move(message), .hint = std::move(hint)}};
}

LinkDown judge_http(const LinkTarget& target, const net::ConnectFailure& failure) {
  const std::string& name = target.name;
  const EngineRefusal refusal = parse_engine_refusal(failure.http_body);
  const int status = failure.http_status;
  const std::string said = fmt::format("{}: HTTP {}{}{}", name, status,
                                       refusal.message.empty() ? "" : ": ", refusal.message);
  if (status == 0 && target.endpoint.tls)
    return unreachable(failure.message, "does the server want a certificate? --cert, --key", false);
  if (status == 0) return incompatible(failure.message, "is this an HTTP port?");
  if (status == 401 || status == 403)
    return {.may_work_later = false,
            .cause = {.ending = Ending::refused,
                      .message = said,
                      .hint = "other credentials? -A, -H 'Authorization: ...'"}};
  if (refusal.code == 5)
    return incompatible(said, "the server does not speak Engine.IO v4 (Socket.IO v3 or later)");
  if (refusal.code == 0) return unreachable(said, "another --transport?", false);
  if (refusal.code >= 0) return unreachable(said, "");
  if (status >= 300 && status < 400)
    return unreachable(said, "the server redirects: name the address it leads to", false);
  if (status >= 500 || status == 429) return unreachable(said, "");
  if (failure.http_body.find(":0{\"sid\"") != std::string::npos)
    return incompatible(name + ": an Engine.IO v3 server",
                        "Socket.IO v1 and v2 are not spoken here");
  return incompatible(said + ": not a Socket.IO server", "another --path? another port?");
}

LinkDown judge_proxy(const net::ConnectFailure& failure) {
  using net::ProxyProblem;
  switch (failure.proxy) {
    case ProxyProblem::unauthorized:
      return unreachable(failure.message, "name user and password: --proxy http://USER:PASS@HOST",
                         false);
    case ProxyProblem::forbidden:
      return unreachable(failure.message,
                         "the proxy does not allow this host and port; $no_proxy names hosts that "
                         "are reached without it",
                         false);
    case ProxyProblem::not_a_proxy:
      return unreachable(failure.message, "is it the other kind? --proxy http://... or socks5h://",
                         false);
    case ProxyProblem::no_way:
      return unreachable(failure.message, "the proxy is there, the server behind it is not");
    case ProxyProblem::unreachable:
    case ProxyProblem::none:
      break;
  }
  return unreachable(failure.message,
                     "is the proxy right? --proxy or $https_proxy names it, --proxy '' is none");
}

LinkDown judge(const LinkTarget& target, const net::ConnectFailure& failure) {
  switch (failure.stage) {
    case net::ConnectStage::dns:
      return unreachable(failure.message, "is the name right?");
    case net::ConnectStage::tcp:
      if (!target.endpoint.unix_path.empty())
        return unreachable(failure.message, fmt::format("is the server running? sio serve unix:{}",
                                                        target.endpoint.unix_path));
      return unreachable(failure.message,
                         fmt::format("is the server running? sio serve {}", target.endpoint.port));
    case net::ConnectStage::proxy:
      return judge_proxy(failure);
    case net::ConnectStage::tls:
      return unreachable(failure.message,
                         "--cacert FILE names a certificate to trust, -k trusts any", false);
    case net::ConnectStage::timeout:
      return unreachable(failure.message, "");
    case net::ConnectStage::http:
      break;
  }
  return judge_http(target, failure);
}

std::string reason_of(const net::TransportClosed& closed) {
  const bool orderly =
      closed.reason == net::CloseReason::remote || closed.reason == net::CloseReason::local;
  std::string reason = orderly ? "transport close" : "transport error";
  if (closed.code == 1009) reason += ": message too large for the server";
  if (!closed.detail.empty()) reason += ": " + closed.detail;
  return reason;
}

}  // namespace

Link::Link(net::Loop& loop, net::Connector& connector, LinkTarget target, LinkEvents& events,
           Trace* trace)
    : loop_(loop),
      connector_(connector),
      target_(std::move(target)),
      events_(events),
      trace_(trace),
      timer_(loop, *this) {}

Link::~Link() {
  if (transport_ == nullptr || polling_ != nullptr) return;
  transport_->set_events(nobody);
  transport_->abort();
}

std::string_view Link::transport_name() const {
  return transport_ == nullptr ? "" : transport_->name();
}

void Link::connect(net::HttpHeaders headers) {
  headers_ = std::move(headers);
  polling_.reset();
  verdict_.reset();
  paused_ = false;
  if (target_.transport == TransportChoice::polling)
    open_polling();
  else
    open_websocket();
}

void Link::open_websocket() {
  step(fmt::format("connecting to {} by websocket", target_.name));
  attempt_ =
      connector_.open_websocket(target_.endpoint, engine_target("websocket"), headers_, *this);
}

void Link::open_polling() {
  step(fmt::format("connecting to {} by polling", target_.name));
  net::WebSocketEvents& self = *this;
  polling_ = std::make_unique<PollingTransport>(
      loop_, connector_, PollingTarget{target_.endpoint, engine_target("polling"), headers_}, self);
}

std::string Link::engine_target(std::string_view transport) const {
  return fmt::format("{}?{}{}EIO=4&transport={}", target_.path, target_.query,
                     target_.query.empty() ? "" : "&", transport);
}

void Link::on_open(net::Transport& transport) {
  transport_ = &transport;
  engine_.emplace(loop_.now(), kOpenTimeout);
  arm_timer();
}

void Link::on_failed(const net::ConnectFailure& failure) {
  const bool can_poll = polling_ == nullptr && failure.stage == net::ConnectStage::http;
  if (can_poll && target_.transport == TransportChoice::automatic) {
    step("no websocket: " + failure.message);
    return open_polling();
  }
  down(judge(target_, failure));
}

void Link::on_message(net::MessageKind kind, std::string_view bytes) {
  if (verdict_ || !engine_) return;
  if (kind == net::MessageKind::binary) {
    if (trace_ != nullptr) trace_->on_binary_packet(Direction::received, bytes);
    return events_.on_link_binary(bytes);
  }
  if (trace_ != nullptr) trace_->on_text_packet(Direction::received, bytes);
  const auto received = engine_->receive(bytes, loop_.now());
  if (received) return take(*received);
  if (!engine_->is_open())
    return give_up(incompatible(target_.name + ": " + received.error().message,
                                "not a Socket.IO server of version 3 or later"));
  give_up(
      {.cause = {.ending = Ending::lost, .message = "parse error: " + received.error().message}});
}

void Link::take(const proto::EngineClient::Received& received) {
  using Input = proto::EngineClient::Input;
  switch (received.input) {
    case Input::message:
      return events_.on_link_text(received.data);
    case Input::ping:
      send_packet("3", received.data);
      return arm_timer();
    case Input::opened:
      step(fmt::format("connected to {} by {}", target_.name, transport_->name()));
      arm_timer();
      return events_.on_link_open();
    case Input::closed:
      return give_up({.cause = {.ending = Ending::lost, .message = "transport close"}});
    case Input::ignored:
      return;
  }
}

void Link::on_closed(const net::TransportClosed& closed) {
  LinkDown verdict;
  if (verdict_)
    verdict = std::move(*verdict_);
  else if (engine_ && engine_->is_open())
    verdict.cause = {.ending = Ending::lost, .message = reason_of(closed)};
  else if (closed.reason == net::CloseReason::violation)
    verdict = incompatible(fmt::format("{}: {}", target_.name, reason_of(closed)),
                           "not a Socket.IO server of version 3 or later");
  else
    verdict = unreachable(
        fmt::format("{}: {} before the handshake was done", target_.name, reason_of(closed)), "");
  verdict.was_open = engine_ && engine_->is_open();
  down(verdict);
}

void Link::on_timer(net::Timer&) {
  if (transport_ == nullptr || !engine_) return;
  if (paused_) {
    send_packet("3", {});
    return arm_timer();
  }
  if (loop_.now() < engine_->deadline()) return arm_timer();
  if (engine_->is_open())
    return give_up({.cause = {.ending = Ending::lost, .message = "ping timeout"}});
  give_up(unreachable(target_.name + ": no answer to the Engine.IO handshake", ""));
}

void Link::arm_timer() {
  if (paused_)
    timer_.arm_in(engine_->sign_of_life_interval());
  else
    timer_.arm(engine_->deadline());
}

void Link::send_packet(std::string_view type, std::string_view data) {
  const net::Frame frame = loop_.frames().text({type, data});
  if (trace_ != nullptr) trace_->on_text_packet(Direction::sent, frame.payload());
  transport_->send(frame);
}

void Link::send_text(std::string_view message) {
  if (transport_ != nullptr) send_packet("4", message);
}

void Link::send_binary(std::string_view bytes) {
  if (transport_ == nullptr) return;
  if (trace_ != nullptr) trace_->on_binary_packet(Direction::sent, bytes);
  transport_->send(loop_.frames().binary(bytes));
}

void Link::set_drain_mark(std::size_t bytes) {
  if (transport_ != nullptr) transport_->set_drain_mark(bytes);
}

void Link::pause() {
  if (paused_ || !is_open()) return;
  paused_ = true;
  engine_->hold();
  transport_->pause_reading();
  arm_timer();
}

void Link::resume() {
  if (!paused_ || !is_open()) return;
  paused_ = false;
  engine_->release(loop_.now());
  transport_->resume_reading();
  arm_timer();
}

void Link::close() {
  if (transport_ != nullptr) return transport_->close();
  abort();
}

void Link::abort() {
  if (transport_ != nullptr) return transport_->abort();
  attempt_.reset();
  polling_.reset();
}

void Link::drop(Outcome cause) {
  if (transport_ != nullptr) give_up({.cause = std::move(cause)});
}

// The transport is dropped; on_closed() tells it.
void Link::give_up(LinkDown down) {
  verdict_ = std::move(down);
  transport_->abort();
}

void Link::step(std::string_view text) const {
  if (trace_ != nullptr) trace_->on_step(text);
}

void Link::down(const LinkDown& down) {
  timer_.cancel();
  transport_ = nullptr;
  engine_.reset();
  events_.on_link_down(down);
}

}  // namespace sio::client
