#include "client/polling_transport.h"

#include <fmt/format.h>

#include <utility>

#include "base/base64.h"
#include "proto/engine_payload.h"
#include "proto/handshake.h"

// Requests are started at the end of a turn, never from within the answer to another one: what was
// sent in a turn goes out as one POST, and no call is replaced while it is being answered.

namespace sio::client {
namespace {

// How long a session that is being closed may take over its last request.
constexpr Duration kCloseWait = std::chrono::seconds(2);

std::string describe(std::string_view request, const net::HttpResponse& response) {
  const std::string message = parse_engine_refusal(response.body).message;
  return fmt::format("{}: HTTP {}{}{}", request, response.status, message.empty() ? "" : ": ",
                     message);
}

}  // namespace

PollingTransport::PollingTransport(net::Loop& loop, net::Connector& connector, PollingTarget target,
                                   net::WebSocketEvents& events)
    : loop_(loop),
      connector_(connector),
      target_(std::move(target)),
      opening_events_(events),
      events_(&events),
      timer_(loop, *this),
      poll_answers_(*this, &PollingTransport::got_poll),
      post_answers_(*this, &PollingTransport::got_post) {
  loop_.add_turn_listener(*this);
  start_poll();
}

PollingTransport::~PollingTransport() {
  loop_.remove_turn_listener(*this);
}

void PollingTransport::send(const net::FrameRun& run) {
  if (state_ != State::open) return;
  for (const net::Frame& frame : run.frames) {
    const auto kind = frame.binary ? Item::Kind::binary : Item::Kind::text;
    queue_.push_back({kind, std::string(frame.payload())});
    queued_bytes_ += frame.payload().size();
  }
}

void PollingTransport::set_drain_mark(std::size_t bytes) {
  drain_mark_ = bytes;
  drain_wanted_ = true;
}

bool PollingTransport::send_ping() {
  if (state_ == State::open) queue_.push_back({Item::Kind::ping, {}});
  return true;
}

void PollingTransport::close(std::uint16_t) {
  if (state_ != State::open) return abort();
  queue_.push_back({Item::Kind::text, "1"});
  ++queued_bytes_;
  state_ = State::closing;
  timer_.arm_in(kCloseWait);
}

void PollingTransport::abort() {
  end(net::CloseReason::local, {});
}

void PollingTransport::on_turn_end() {
  if (state_ == State::ending || state_ == State::gone) {
    poll_.reset();
    post_.reset();
    return;
  }
  if (post_done_) {
    post_.reset();
    post_done_ = false;
  }
  if (post_ == nullptr && !queue_.empty()) start_post();
  if (poll_wanted_ && !paused_ && state_ == State::open) start_poll();
}

void PollingTransport::on_timer(net::Timer&) {
  if (state_ == State::open) return tell_pongs();
  if (state_ == State::closing) end(net::CloseReason::local, {});
  if (state_ != State::ending) return;
  state_ = State::gone;
  if (open_failed_)
    opening_events_.on_failed(failure_);
  else
    events_->on_closed(closed_);
}

void PollingTransport::start_poll() {
  poll_wanted_ = false;
  poll_ = connector_.request(target_.endpoint, "GET", target_.target, target_.headers, {},
                             poll_answers_);
}

void PollingTransport::got_poll(net::HttpResponse response) {
  if (state_ == State::ending || state_ == State::gone) return;
  if (state_ == State::opening) return got_open(response);
  poll_wanted_ = true;
  if (response.status != 200) return end_refused("poll", response);
  deliver(response.body);
}

// The first answer must begin with an open packet; whatever else it is goes to on_failed().
void PollingTransport::got_open(const net::HttpResponse& response) {
  const std::string_view body = response.body;
  const std::string_view first = body.substr(0, body.find(proto::kPayloadSeparator));
  if (response.status != 200 || !first.starts_with("0{"))
    return fail_to_open(failure_of(response, describe("GET " + target_.target, response)));
  const auto open = proto::parse_open(first.substr(1));
  if (!open) return fail_to_open(failure_of(response, open.error().message));
  target_.target += "&sid=" + open->sid;
  max_payload_ = open->max_payload;
  state_ = State::open;
  poll_wanted_ = true;
  events_->on_open(*this);
  deliver(body);
}

void PollingTransport::deliver(std::string_view payload) {
  std::size_t begin = 0;
  while (state_ == State::open || state_ == State::closing) {
    const std::size_t end = payload.find(proto::kPayloadSeparator, begin);
    deliver_packet(payload.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return;
    begin = end + 1;
  }
}

void PollingTransport::deliver_packet(std::string_view packet) {
  if (!packet.starts_with('b')) return events_->on_message(net::MessageKind::text, packet);
  auto bytes = decode_base64(packet.substr(1));
  if (!bytes) return end(net::CloseReason::violation, "binary packet: " + bytes.error().message);
  decoded_ = std::move(*bytes);
  events_->on_message(net::MessageKind::binary, decoded_);
}

void PollingTransport::start_post() {
  const std::size_t queued_before = queued_bytes_;
  std::string payload = take_payload();
  posted_bytes_ = queued_before - queued_bytes_;
  // Nothing but pings: everything before them has been answered already.
  if (payload.empty()) return timer_.arm_in(Duration::zero());
  net::HttpHeaders headers = target_.headers;
  headers.emplace_back("Content-Type", "text/plain;charset=UTF-8");
  post_ = connector_.request(target_.endpoint, "POST", target_.target, std::move(headers),
                             std::move(payload), post_answers_);
}

std::string PollingTransport::take_payload() {
  proto::PayloadWriter writer(max_payload_);
  while (!queue_.empty()) {
    const Item& item = queue_.front();
    if (item.kind == Item::Kind::text && !writer.add_text(item.bytes)) break;
    if (item.kind == Item::Kind::binary && !writer.add_binary(item.bytes)) break;
    if (item.kind == Item::Kind::ping) ++pings_posted_;
    queued_bytes_ -= item.bytes.size();
    queue_.pop_front();
  }
  return writer.take();
}

void PollingTransport::got_post(net::HttpResponse response) {
  if (state_ == State::ending || state_ == State::gone) return;
  post_done_ = true;
  posted_bytes_ = 0;
  if (response.status != 200) return end_refused("post", response);
  tell_pongs();
  if (state_ == State::closing && queue_.empty()) return end(net::CloseReason::local, {});
  tell_drained();
}

void PollingTransport::tell_pongs() {
  for (std::size_t pings = std::exchange(pings_posted_, 0); pings > 0; --pings) events_->on_pong();
}

void PollingTransport::tell_drained() {
  if (!drain_wanted_ || backlog() > drain_mark_) return;
  drain_wanted_ = false;
  events_->on_drained();
}

void PollingTransport::request_failed(const net::ConnectFailure& failure) {
  if (state_ == State::opening) return fail_to_open(failure);
  if (state_ == State::closing) return end(net::CloseReason::local, {});
  end(net::CloseReason::lost, failure.message);
}

void PollingTransport::fail_to_open(net::ConnectFailure failure) {
  open_failed_ = true;
  failure_ = std::move(failure);
  end(net::CloseReason::lost, {});
}

void PollingTransport::end_refused(std::string_view request, const net::HttpResponse& response) {
  refusal_ = parse_engine_refusal(response.body);
  end(net::CloseReason::lost, describe(request, response));
}

void PollingTransport::end(net::CloseReason reason, std::string detail) {
  if (state_ == State::ending || state_ == State::gone) return;
  closed_ = {.reason = reason, .code = 0, .detail = std::move(detail)};
  state_ = State::ending;
  timer_.arm_in(Duration::zero());
}

}  // namespace sio::client
