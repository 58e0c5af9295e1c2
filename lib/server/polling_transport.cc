#include "server/polling_transport.h"

#include <algorithm>
#include <utility>

#include "proto/engine3_payload.h"
#include "proto/limits.h"
#include "server/cors.h"

namespace sio::server {
namespace {

constexpr std::string_view kTextBody = "text/plain; charset=UTF-8";
constexpr std::string_view kBinaryBody = "application/octet-stream";

}  // namespace

void DirtyPolls::flush() {
  std::vector<PollingTransport*> list;
  list.swap(list_);
  for (PollingTransport* transport : list) transport->flush();
}

PollingTransport::PollingTransport(net::Loop& loop, const Cors& cors, std::size_t max_payload,
                                   DirtyPolls& dirty, net::TransportEvents& events, Dialect dialect)
    : cors_(cors),
      max_payload_(max_payload),
      dialect_(dialect),
      dirty_(dirty),
      events_(&events),
      close_timer_(loop, *this) {}

PollingTransport::~PollingTransport() {
  end_requests();
  dirty_.remove(*this);
}

// --- requests

void PollingTransport::on_get(net::HttpExchange& exchange) {
  if (closed_) return refuse(exchange);
  if (poll_ != nullptr) {
    refuse(exchange);
    return break_off(net::CloseReason::violation, "a second poll while one is pending");
  }
  poll_ = &exchange;
  exchange.set_observer(this);
  if (!buffer_.empty() || closing_) mark_dirty();
}

void PollingTransport::on_post(net::HttpExchange& exchange) {
  if (closed_) return refuse(exchange);
  if (post_ != nullptr || held_post_ != nullptr) {
    refuse(exchange);
    return break_off(net::CloseReason::violation, "a second POST while one is under way");
  }
  if (exchange.request().header("content-type") == kBinaryBody &&
      dialect_.revision == proto::EngineRevision::v4) {
    refuse(exchange);
    return break_off(net::CloseReason::violation, "a binary POST");
  }
  exchange.set_observer(this);
  post_ = &exchange;
  if (!exchange.expects_body()) on_body(exchange, {});
}

void PollingTransport::on_body(net::HttpExchange& exchange, std::string body) {
  if (&exchange != post_) return;  // a poll that has a body, which means nothing
  post_ = nullptr;
  if (!closing_ && dialect_.revision == proto::EngineRevision::v3) {
    receive_v3(body, exchange.request().header("content-type") == kBinaryBody);
  } else if (!closing_) {
    receive(body);
  }
  if (paused_ && !closed_) {
    held_post_ = &exchange;
  } else {
    accept_post(exchange);
  }
}

void PollingTransport::on_aborted(net::HttpExchange& exchange) {
  for (net::HttpExchange** mine : {&poll_, &post_, &held_post_})
    if (*mine == &exchange) *mine = nullptr;
  break_off(net::CloseReason::lost, "the client left in the middle of a request");
}

void PollingTransport::receive(std::string_view payload) {
  for (std::size_t count = 0; count < proto::kMaxPacketsReceived; ++count) {
    const std::size_t end = payload.find(proto::kPayloadSeparator);
    deliver(net::MessageKind::text, payload.substr(0, end));
    if (closed_ || closing_ || end == std::string_view::npos) return;
    payload.remove_prefix(end + 1);
  }
  break_off(net::CloseReason::violation, "too many packets in one POST");
}

void PollingTransport::receive_v3(std::string_view payload, bool binary) {
  proto::Payload3Reader reader(payload, binary);
  while (!reader.done() && !closed_ && !closing_) {
    const auto packet = reader.next();
    if (!packet) return break_off(net::CloseReason::violation, packet.error().message);
    deliver(packet->binary ? net::MessageKind::binary : net::MessageKind::text, packet->bytes);
  }
}

void PollingTransport::deliver(net::MessageKind kind, std::string_view packet) {
  // A client that says goodbye gets its poll back first.
  const bool is_close = kind == net::MessageKind::text && packet.starts_with('1');
  if (is_close && poll_ != nullptr) answer_poll("6");
  events_->on_message(kind, packet);
}

// --- answers

void PollingTransport::answer_poll(proto::PayloadWriter& writer) {
  const bool binary = writer.form() == proto::PayloadForm::v3_binary;
  net::HttpExchange& exchange = *std::exchange(poll_, nullptr);
  net::HttpResponse response{
      .headers = {{"Content-Type", std::string(binary ? kBinaryBody : kTextBody)},
                  {"Cache-Control", "no-store"}},
      .body = writer.take()};
  cors_.add_headers(exchange.request(), response.headers);
  exchange.respond(std::move(response));
}

void PollingTransport::answer_poll(std::string_view packet) {
  const bool is_v4 = dialect_.revision == proto::EngineRevision::v4;
  proto::PayloadWriter writer(max_payload_,
                              is_v4 ? proto::PayloadForm::v4 : proto::PayloadForm::v3_text);
  writer.add_text(packet);
  answer_poll(writer);
}

void PollingTransport::accept_post(net::HttpExchange& exchange) const {
  net::HttpResponse response{
      .headers = {{"Content-Type", "text/html"}, {"Cache-Control", "no-store"}}, .body = "ok"};
  cors_.add_headers(exchange.request(), response.headers);
  exchange.respond(std::move(response));
}

void PollingTransport::refuse(net::HttpExchange& exchange) const {
  net::HttpResponse response{.status = 400};
  cors_.add_headers(exchange.request(), response.headers);
  exchange.respond(std::move(response));
}

void PollingTransport::release_poll() {
  if (writable()) answer_poll("6");
}

void PollingTransport::mark_dirty() {
  if (std::exchange(is_dirty_, true)) return;
  dirty_.add(*this);
}

void PollingTransport::flush() {
  is_dirty_ = false;
  if (closed_) return;
  if (poll_ != nullptr && closing_) {
    answer_last_polls();
  } else if (poll_ != nullptr && !buffer_.empty()) {
    answer_with_buffer();
  }
  if (wants_drain_ && backlog_ <= drain_mark_) {
    wants_drain_ = false;
    events_->on_drained();
  }
}

// The session is to end: what is left, and behind it the close packet.
void PollingTransport::answer_last_polls() {
  proto::PayloadWriter writer(max_payload_, form());
  if (buffer_.empty()) {
    writer.add_text("6");
  } else {
    fill(writer);
  }
  const bool is_last = buffer_.empty() && writer.add_text("1");
  answer_poll(writer);
  if (!is_last) return;
  closed_ = true;
  report_later();
}

void PollingTransport::fill(proto::PayloadWriter& writer) {
  while (!buffer_.empty()) {
    const Packet& packet = buffer_.front();
    const bool taken =
        packet.binary ? writer.add_binary(packet.data) : writer.add_text(packet.data);
    if (!taken) return;
    backlog_ -= packet.data.size();
    buffer_.pop_front();
  }
}

// In revision 3 a payload is binary when it has to be and the client can take it.
proto::PayloadForm PollingTransport::form() const {
  if (dialect_.revision == proto::EngineRevision::v4) return proto::PayloadForm::v4;
  const std::size_t count = std::min(buffer_.size(), proto::kMaxPacketsPerPayload);
  const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(count);
  const bool has_binary =
      std::any_of(buffer_.begin(), end, [](const Packet& p) { return p.binary; });
  return has_binary && !dialect_.base64_only ? proto::PayloadForm::v3_binary
                                             : proto::PayloadForm::v3_text;
}

void PollingTransport::answer_with_buffer() {
  proto::PayloadWriter writer(max_payload_, form());
  fill(writer);
  answer_poll(writer);
}

// --- transport

void PollingTransport::send(const net::FrameRun& run) {
  if (closed_ || closing_) return;
  for (const net::Frame& frame : run.frames) {
    buffer_.push_back({frame.binary, std::string(frame.payload())});
    backlog_ += frame.payload().size();
  }
  mark_dirty();
}

void PollingTransport::set_drain_mark(std::size_t bytes) {
  drain_mark_ = bytes;
  wants_drain_ = true;
}

void PollingTransport::resume_reading() {
  paused_ = false;
  if (held_post_ != nullptr) accept_post(*std::exchange(held_post_, nullptr));
}

// A poll that waits learns of the end at once; packets that are buffered go out first, and then
// the end is told to the next poll, for which the session waits a while.
void PollingTransport::close(std::uint16_t) {
  if (closed_ || closing_) return;
  if (poll_ != nullptr && buffer_.empty()) return abort();
  if (poll_ != nullptr) answer_with_buffer();
  closing_ = true;
  close_timer_.arm_in(proto::kPollingCloseWait);
}

void PollingTransport::abort() {
  if (closed_) return;
  closed_ = true;
  end_requests();
  report_later();
}

std::deque<PollingTransport::Packet> PollingTransport::hand_over() {
  closed_ = true;
  end_requests();
  backlog_ = 0;
  return std::exchange(buffer_, {});
}

void PollingTransport::end_requests() {
  if (poll_ != nullptr) answer_poll("1");
  if (held_post_ != nullptr) accept_post(*std::exchange(held_post_, nullptr));
  if (post_ != nullptr) std::exchange(post_, nullptr)->destroy();
}

void PollingTransport::break_off(net::CloseReason reason, std::string_view detail) {
  if (std::exchange(closed_, true)) return;
  end_requests();
  close_timer_.cancel();
  events_->on_closed({.reason = reason, .detail = std::string(detail)});
}

// on_closed() must not be called from within a call that the session made.
void PollingTransport::report_later() {
  close_timer_.arm_in(Duration::zero());
}

void PollingTransport::on_timer(net::Timer&) {
  closed_ = true;
  end_requests();
  events_->on_closed({.reason = net::CloseReason::local});
}

}  // namespace sio::server
