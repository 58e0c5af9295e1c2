#include "client/link.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/nobody_listens.h"

namespace sio::client {
namespace {

constexpr Duration kOpenTimeout = std::chrono::seconds(20);

std::string reason_of(const net::TransportClosed& closed) {
  const bool orderly =
      closed.reason == net::CloseReason::remote || closed.reason == net::CloseReason::local;
  std::string reason = orderly ? "transport close" : "transport error";
  if (closed.code == 1009) reason += ": message too large for the server";
  if (!closed.detail.empty()) reason += ": " + closed.detail;
  return reason;
}

Diagnosis lost(std::string reason) {
  return {.layer = Layer::websocket,
          .cause = {.ending = Ending::lost, .message = std::move(reason)}};
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
  drop_silently(*transport_);
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
  step(fmt::format("connecting to {}{} by websocket", target_.name, target_.via));
  attempt_ = connector_.open_websocket(target_.endpoint, engine_target(target_, "websocket"),
                                       headers_, *this);
}

void Link::open_polling() {
  step(fmt::format("connecting to {}{} by polling", target_.name, target_.via));
  net::WebSocketEvents& self = *this;
  polling_ = std::make_unique<PollingTransport>(
      loop_, connector_,
      PollingTarget{target_.endpoint, engine_target(target_, "polling"), headers_}, self);
}

void Link::on_open(net::Transport& transport) {
  transport_ = &transport;
  engine_.emplace(loop_.now(), kOpenTimeout);
  arm_timer();
}

void Link::on_failed(const net::ConnectFailure& failure) {
  const bool speaks_http =
      failure.symptom != net::Symptom::not_http && failure.symptom != net::Symptom::speaks_tls;
  const bool can_poll =
      polling_ == nullptr && failure.stage == net::ConnectStage::http && speaks_http;
  if (can_poll && target_.transport == TransportChoice::automatic) {
    step("no websocket: " + failure.message);
    return open_polling();
  }
  down({.why = diagnose(target_, polling_ == nullptr ? "websocket" : "polling", failure)});
}

void Link::on_message(net::MessageKind kind, std::string_view bytes) {
  if (verdict_ || !engine_) return;
  if (kind == net::MessageKind::binary && target_.parser == proto::Parser::msgpack)
    return take_msgpack(bytes);
  if (kind == net::MessageKind::binary) {
    if (trace_ != nullptr) trace_->on_binary_packet(Direction::received, bytes);
    return events_.on_link_binary(bytes);
  }
  if (trace_ != nullptr) trace_->on_text_packet(Direction::received, bytes);
  const auto received = engine_->receive(bytes, loop_.now());
  if (received) return take(*received);
  if (!engine_->is_open())
    return give_up(diagnose_first_message(target_, received.error().message));
  give_up(lost("parse error: " + received.error().message));
}

void Link::take(const proto::EngineClient::Received& received) {
  using Input = proto::EngineClient::Input;
  switch (received.input) {
    case Input::message:
      return take_message(received.data);
    case Input::ping:
      send_packet("3", received.data);
      [[fallthrough]];
    case Input::answered_ping:
      arm_timer();
      return events_.on_link_heartbeat();
    case Input::opened:
      step(fmt::format("connected to {} by {}", target_.name, transport_->name()));
      arm_timer();
      return events_.on_link_open();
    case Input::closed:
      return give_up(lost("transport close"));
    case Input::ignored:
      return;
  }
}

void Link::take_message(std::string_view message) {
  if (target_.parser == proto::Parser::json) return events_.on_link_text(message);
  give_up(diagnose_other_parser(target_));
}

// Shown, and handed on, as what the default parser would have received.
void Link::take_msgpack(std::string_view bytes) {
  const auto packet = proto::decode_msgpack(bytes);
  if (!packet) return give_up(lost("parse error: " + packet.error().message));
  trace(Direction::received, packet->text);
  events_.on_link_text(packet->text);
  for (const std::string& attachment : packet->attachments) {
    if (verdict_ || transport_ == nullptr) return;
    if (trace_ != nullptr) trace_->on_binary_packet(Direction::received, attachment);
    events_.on_link_binary(attachment);
  }
}

void Link::on_closed(const net::TransportClosed& closed) {
  const bool was_open = engine_ && engine_->is_open();
  Diagnosis why;
  if (verdict_)
    why = std::move(*verdict_);
  else if (!was_open)
    why = diagnose_end_before_open(target_, reason_of(closed), closed);
  else if (polling_ != nullptr)
    why = diagnose_session_refused(polling_->refusal(), reason_of(closed));
  else
    why = lost(reason_of(closed));
  down({.was_open = was_open, .why = std::move(why)});
}

void Link::on_timer(net::Timer&) {
  if (transport_ == nullptr || !engine_) return;
  give_pong_if_due();
  if (loop_.now() < engine_->deadline()) return arm_timer();
  if (engine_->is_open()) return give_up(lost("ping timeout"));
  give_up(diagnose_silence(target_));
}

void Link::arm_timer() {
  timer_.arm(std::min(engine_->pong_due(), engine_->deadline()));
}

void Link::give_pong_if_due() {
  if (engine_->pong_due() > loop_.now()) return;
  send_packet("3", {});
  engine_->gave_pong(loop_.now());
}

void Link::send_packet(std::string_view type, std::string_view data) {
  const net::Frame frame = loop_.frames().text({type, data});
  if (trace_ != nullptr) trace_->on_text_packet(Direction::sent, frame.payload());
  transport_->send(frame);
}

// On polling, a pong that nobody asked for: it means nothing to the server.
void Link::send_round_trip() {
  if (polling_ != nullptr) send_packet("3", {});
  transport_->send_ping();
}

void Link::send_text(std::string_view message) {
  if (transport_ == nullptr) return;
  if (target_.parser == proto::Parser::json) return send_packet("4", message);
  trace(Direction::sent, message);
  send_msgpack(msgpack_.add_text(message));
}

void Link::send_msgpack(const std::optional<std::string>& packet) {
  if (packet) transport_->send(loop_.frames().binary(*packet));
}

void Link::trace(Direction direction, std::string_view message) const {
  if (trace_ != nullptr) trace_->on_text_packet(direction, "4" + std::string(message));
}

void Link::send_binary(std::string_view bytes) {
  if (transport_ == nullptr) return;
  if (trace_ != nullptr) trace_->on_binary_packet(Direction::sent, bytes);
  if (target_.parser == proto::Parser::msgpack) return send_msgpack(msgpack_.add_binary(bytes));
  transport_->send(loop_.frames().binary(bytes));
}

void Link::set_drain_mark(std::size_t bytes) {
  if (transport_ != nullptr) transport_->set_drain_mark(bytes);
}

void Link::pause() {
  if (paused_ || !is_open()) return;
  paused_ = true;
  engine_->hold();
  give_pong_if_due();  // not only when the timer comes: pauses may be short and many
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
  if (transport_ == nullptr) return abort();
  // A WebSocket says it without a packet.
  if (polling_ != nullptr && trace_ != nullptr) trace_->on_text_packet(Direction::sent, "1");
  transport_->close();
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
void Link::give_up(Diagnosis why) {
  verdict_ = std::move(why);
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
