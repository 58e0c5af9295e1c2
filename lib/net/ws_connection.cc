#include "net/ws_connection.h"

#include <array>
#include <cstring>

#include "base/check.h"
#include "base/random_id.h"

namespace sio::net {
namespace {

constexpr auto kCloseTime = std::chrono::seconds(5);
// A peer that sends pings and does not read gets no answers that pile up.
constexpr std::size_t kMaxPongBacklog = 64 * 1024;

}  // namespace

// Keys nobody can guess, with one system call for many of them.
class WsConnection::MaskKeys {
 public:
  MaskKey next() {
    if (used_ == keys_.size()) {
      random_bytes(keys_.data(), sizeof keys_);
      used_ = 0;
    }
    return keys_[used_++];
  }

 private:
  std::array<MaskKey, 256> keys_{};
  std::size_t used_ = keys_.size();
};

WsConnection::WsConnection(Loop& loop, Stream& stream, WsRole role, std::size_t max_message,
                           TransportEvents& events)
    : loop_(loop), stream_(&stream), events_(&events), reader_(role, max_message) {
  if (role == WsRole::client) masks_ = std::make_unique<MaskKeys>();
  stream_->set_events(this);
}

WsConnection::~WsConnection() = default;

void WsConnection::start(std::string early_bytes) {
  events_->on_open(*this);
  if (!early_bytes.empty()) on_stream_bytes(early_bytes.data(), early_bytes.size());
}

void WsConnection::sever() {
  events_ = nullptr;
  stream_->abort();
}

// --- sending

void WsConnection::send(const FrameRun& run) {
  if (closing_ || events_ == nullptr) return;
  if (masks_)
    send_masked(run);
  else
    stream_->send(run.bytes);
}

void WsConnection::send_masked(const FrameRun& run) {
  std::string masked;
  masked.reserve(run.bytes.size() + run.frames.size() * sizeof(MaskKey));
  for (const Frame& frame : run.frames)
    append_masked_frame(masked, frame.binary ? kOpcodeBinary : kOpcodeText, frame.payload(),
                        masks_->next());
  stream_->send_copy(std::move(masked));
}

void WsConnection::send_control(unsigned char opcode, std::string_view payload) {
  std::string frame;
  if (masks_)
    append_masked_frame(frame, opcode, payload, masks_->next());
  else
    append_frame(frame, opcode, payload);
  stream_->send_copy(frame);
}

bool WsConnection::send_ping() {
  if (closing_ || events_ == nullptr) return false;
  const std::uint32_t number = ++pings_sent_;
  char payload[sizeof number];
  std::memcpy(payload, &number, sizeof number);
  send_control(kOpcodePing, {payload, sizeof payload});
  return true;
}

std::size_t WsConnection::backlog() const {
  return stream_->backlog();
}

void WsConnection::set_drain_mark(std::size_t bytes) {
  stream_->set_drain_mark(bytes);
}

bool WsConnection::writable() const {
  return !closing_ && stream_->backlog() == 0;
}

void WsConnection::pause_reading() {
  stream_->pause();
}

void WsConnection::resume_reading() {
  stream_->resume();
}

void WsConnection::on_stream_drained() {
  if (events_ != nullptr && !closing_) events_->on_drained();
}

// --- closing

void WsConnection::close(std::uint16_t code) {
  if (closing_ || events_ == nullptr) return;
  closing_ = true;
  send_control(kOpcodeClose, close_payload(code, ""));
  stream_->resume();  // to see the answer
  close_timer_ = std::make_unique<Timer>(loop_, *this);
  close_timer_->arm_in(kCloseTime);
}

void WsConnection::on_timer(Timer&) {
  stream_->abort();
}

void WsConnection::abort() {
  closing_ = true;
  stream_->abort();
}

void WsConnection::report(TransportClosed closed) {
  TransportEvents* events = std::exchange(events_, nullptr);
  if (events != nullptr) events->on_closed(closed);
}

void WsConnection::on_stream_closed(const StreamEnd& end) {
  const CloseReason reason = closing_ ? CloseReason::local : CloseReason::lost;
  report({.reason = reason, .detail = end.detail});
  delete this;
}

// --- reading

void WsConnection::on_stream_bytes(char* data, std::size_t size) {
  if (!reading_) return;
  if (const auto violation = reader_.feed(data, size, *this)) violated(*violation);
}

void WsConnection::violated(const WsViolation& violation) {
  reading_ = false;
  const bool was_closing = closing_;
  if (!was_closing) send_control(kOpcodeClose, close_payload(violation.code, ""));
  stream_->finish();
  report({.reason = was_closing ? CloseReason::local : CloseReason::violation,
          .detail = std::string(violation.what)});
}

bool WsConnection::on_ws_message(MessageKind kind, std::string_view payload) {
  if (closing_ || events_ == nullptr) return true;  // only the close frame matters now
  events_->on_message(kind, payload);
  return true;
}

bool WsConnection::on_ws_ping(std::string_view payload) {
  if (!closing_ && stream_->backlog() < kMaxPongBacklog) send_control(kOpcodePong, payload);
  return true;
}

bool WsConnection::on_ws_pong(std::string_view payload) {
  std::uint32_t number = 0;
  if (payload.size() != sizeof number) return true;
  std::memcpy(&number, payload.data(), sizeof number);
  // A peer may answer only the last of several pings; that speaks for those before it.
  while (pongs_seen_ != pings_sent_ && number - pongs_seen_ - 1 < pings_sent_ - pongs_seen_) {
    ++pongs_seen_;
    if (events_ != nullptr && !closing_) events_->on_pong();
  }
  return true;
}

void WsConnection::on_ws_close(std::uint16_t code, std::string_view reason) {
  reading_ = false;
  const bool was_closing = closing_;
  if (!was_closing) send_control(kOpcodeClose, close_payload(code, ""));
  stream_->finish();
  report({.reason = was_closing ? CloseReason::local : CloseReason::remote,
          .code = code,
          .detail = std::string(reason)});
}

}  // namespace sio::net
