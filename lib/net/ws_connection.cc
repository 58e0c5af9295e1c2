// Writing. A WebSocket connection of libwebsockets (4.1.6) writes ready-made frames with
// LWS_WRITE_RAW: gathered, several million a second, where one lws_write() for each frame ends at
// 150,000. What the socket does not take it copies, and sends first when there is room again; until
// then nothing else may be written, or the stream is corrupt. Between two writes it may put a pong
// or a close frame of its own, so every write consists of whole frames. It goes on reading all the
// while: two peers that both send do not wait for each other. What it holds counts as backlog whole
// until all of it has gone: how much is left it does not tell.
//
// Masks. A client must mask its frames, and libwebsockets does not mind if it does not. But a frame
// that lies whole in the buffer of one read is handed over in place, behind its header, so the
// header can be looked at. Behind a masked frame's header there are 4 bytes of key; where those and
// the header do not fit between the beginning of the buffer and the payload, the header was cut by
// the end of a read, or there is no key. Which of the two is certain only for a peer that has not
// shown a mask yet. A server's frames are copied before they are handed over: a client cannot look.
//
// Pings. Of several in one read libwebsockets answers the first only. So we have one on its way at
// a time, and its pong speaks for those asked for before it was sent.

#include "net/ws_connection.h"

#include <libwebsockets.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/random_id.h"
#include "net/system_error.h"
#include "net/ws_frame.h"

namespace sio::net {
namespace {

constexpr auto kCloseTime = std::chrono::seconds(5);
constexpr std::size_t kKeptMessage = 64 * 1024;

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

WsConnection::WsConnection(Loop& loop, lws* wsi, WsRole role, std::size_t max_message,
                           TransportEvents& events)
    : loop_(loop), wsi_(wsi), events_(&events), max_message_(max_message), role_(role) {
  if (role == WsRole::client) masks_ = std::make_unique<MaskKeys>();
  lws_set_opaque_user_data(wsi_, static_cast<LwsUser*>(this));
}

WsConnection::~WsConnection() {
  loop_.impl().remove_output(*this);
  loop_.impl().cancel(*this);
}

void WsConnection::start() {
  events_->on_open(*this);
}

void WsConnection::sever() {
  loop_.impl().discard(wsi_);
  delete this;
}

int WsConnection::on_lws(lws*, int reason, void* in, std::size_t size) {
  const auto bytes = [&] { return std::string_view(static_cast<const char*>(in), size); };
  switch (reason) {
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
      return on_bytes(static_cast<const char*>(in), size);
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
      on_pong(bytes());
      return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      on_writable();
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      return on_peer_close(bytes());
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    case LWS_CALLBACK_WS_CLIENT_DROP_PROTOCOL:
      on_closing();
      return 0;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED:
      on_closed();
      return 0;
    case LWS_CALLBACK_WSI_DESTROY:
      on_closed();
      delete this;
      return 0;
    default:
      return 0;
  }
}

// --- Sending

void WsConnection::changed() {
  loop_.impl().add_output(*this);
}

void WsConnection::send(const FrameRun& run) {
  if (closing_ || dead_) return;
  if (masks_)
    send_masked(run);
  else
    out_.add(run.bytes);
  changed();
}

void WsConnection::send_masked(const FrameRun& run) {
  std::string masked;
  masked.reserve(run.bytes.size() + run.frames.size() * sizeof(MaskKey));
  for (const Frame& frame : run.frames)
    append_masked_frame(masked, frame.binary ? kOpcodeBinary : kOpcodeText, frame.payload(),
                        masks_->next());
  out_.add_copy(std::move(masked));
}

void WsConnection::send_control(unsigned char opcode, std::string_view payload) {
  std::string frame;
  if (masks_)
    append_masked_frame(frame, opcode, payload, masks_->next());
  else
    append_frame(frame, opcode, payload);
  out_.add_copy(std::move(frame));
  changed();
}

void WsConnection::flush_turn(std::span<char> scratch) {
  if (dead_) return;
  if (lws_partial_buffered(wsi_) != 0) out_.block();  // a pong of its own, perhaps
  const Outcome outcome = out_.flush(*this, scratch);
  if (outcome == Outcome::broken) return break_off(errno);
  if (out_.blocked() && held_ == 0) lws_callback_on_writable(wsi_);  // otherwise it does by itself
  check_drained();
}

ByteSink::Written WsConnection::write(const char* frames, std::size_t size) {
  // It does not change them, whatever its type says.
  auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(frames));
  if (lws_write(wsi_, bytes, size, LWS_WRITE_RAW) < 0) return {Outcome::broken, 0};
  if (lws_partial_buffered(wsi_) == 0) return {Outcome::taken, size};
  held_ = size;
  return {Outcome::blocked, size};
}

void WsConnection::on_writable() {
  if (dead_ || lws_partial_buffered(wsi_) != 0) return;
  held_ = 0;
  out_.unblock();
  flush_turn(loop_.impl().scratch());
}

void WsConnection::set_drain_mark(std::size_t bytes) {
  drain_mark_ = bytes;
  check_drained();
}

void WsConnection::check_drained() {
  if (drain_mark_ != kNoMark && backlog() <= drain_mark_) loop_.impl().defer(*this);
}

void WsConnection::run_deferred() {
  if (dead_) return Loop::Impl::close_now(wsi_);
  if (drain_mark_ == kNoMark || backlog() > drain_mark_) return;
  drain_mark_ = kNoMark;
  if (events_ != nullptr && !closing_) events_->on_drained();
}

// --- Pings

bool WsConnection::send_ping() {
  if (closing_ || dead_ || events_ == nullptr) return false;
  ++pings_asked_;
  if (ping_out_ == 0) ask_for_pong();
  return true;
}

void WsConnection::ask_for_pong() {
  ping_out_ = pings_asked_;
  char payload[sizeof ping_out_];
  std::memcpy(payload, &ping_out_, sizeof ping_out_);
  send_control(kOpcodePing, {payload, sizeof payload});
}

void WsConnection::on_pong(std::string_view payload) {
  std::uint32_t number = 0;
  if (payload.size() != sizeof number) return;
  std::memcpy(&number, payload.data(), sizeof number);
  if (number != ping_out_ || ping_out_ == 0) return;
  ping_out_ = 0;
  while (pongs_told_ != number) {
    ++pongs_told_;
    if (events_ != nullptr && !closing_) events_->on_pong();
  }
  if (pings_asked_ != pongs_told_ && !closing_ && !dead_ && ping_out_ == 0) ask_for_pong();
}

// --- Receiving

void WsConnection::pause_reading() {
  if (!dead_ && !closing_) lws_rx_flow_control(wsi_, 0);
}

void WsConnection::resume_reading() {
  if (!dead_) lws_rx_flow_control(wsi_, 1);
}

int WsConnection::on_bytes(const char* data, std::size_t size) {
  if (!reading_ || closing_ || dead_ || events_ == nullptr) return 0;
  const std::size_t rest = lws_remaining_packet_payload(wsi_);
  if (!in_frame_ && role_ == WsRole::server && is_unmasked(data, size + rest))
    return violated(1002, "an unmasked frame");
  in_frame_ = rest > 0;
  return on_piece({data, size}, rest, lws_is_final_fragment(wsi_) != 0);
}

bool WsConnection::is_unmasked(const char* payload, std::size_t payload_size) {
  const std::string_view buffer = loop_.impl().read_buffer();
  if (payload < buffer.data() || payload >= buffer.data() + buffer.size()) return false;
  const auto before = static_cast<std::size_t>(payload - buffer.data());
  char expected[kMaxFrameHeader];
  const std::size_t header = write_frame_header(expected, 0, payload_size);
  const auto length_at = [&](std::size_t distance, unsigned char mask) {
    const char first = static_cast<char>(static_cast<unsigned char>(expected[1]) | mask);
    const char* there = payload - distance + 1;
    return there[0] == first && std::memcmp(there + 1, expected + 2, header - 2) == 0;
  };
  if (before >= header + sizeof(MaskKey)) {
    const bool masked = length_at(header + sizeof(MaskKey), 0x80);
    seen_masked_ |= masked;
    return !masked;
  }
  return before >= header && !seen_masked_ && length_at(header, 0);
}

int WsConnection::on_piece(std::string_view piece, std::size_t rest, bool last) {
  if (message_.size() + piece.size() + rest > max_message_)
    return violated(1009, "a message that is too large");
  if (!last) {
    in_message_ = true;
    message_.append(piece);
    return 0;
  }
  const auto kind = lws_frame_is_binary(wsi_) != 0 ? MessageKind::binary : MessageKind::text;
  if (!std::exchange(in_message_, false)) {
    events_->on_message(kind, piece);
    return 0;
  }
  message_.append(piece);
  events_->on_message(kind, message_);
  if (message_.capacity() > kKeptMessage)
    std::string().swap(message_);
  else
    message_.clear();
  return 0;
}

// --- Closing

void WsConnection::close(std::uint16_t code) {
  if (closing_ || dead_ || events_ == nullptr) return;
  closing_ = true;
  // libwebsockets cannot send a close frame without a code, nor one behind what is in out_.
  send_control(kOpcodeClose, close_payload(code, ""));
  resume_reading();  // to see the answer
  limit_close_time();
}

void WsConnection::abort() {
  closing_ = true;
  break_off(0);
}

void WsConnection::break_off(int number) {
  if (std::exchange(dead_, true)) return;
  error_ = number;
  loop_.impl().defer(*this);
}

void WsConnection::limit_close_time() {
  close_timer_ = std::make_unique<Timer>(loop_, static_cast<Timer::Handler&>(*this));
  close_timer_->arm_in(kCloseTime);
}

void WsConnection::on_timer(Timer&) {
  break_off(0);
}

int WsConnection::violated(std::uint16_t code, std::string_view what) {
  flush_turn(loop_.impl().scratch());
  reading_ = false;
  lws_close_reason(wsi_, static_cast<lws_close_status>(code), nullptr, 0);
  limit_close_time();
  report({.reason = CloseReason::violation, .detail = std::string(what)});
  return -1;
}

int WsConnection::on_peer_close(std::string_view payload) {
  if (!reading_ || dead_) return -1;
  reading_ = false;
  std::uint16_t code = 0;
  if (payload.size() >= 2)
    code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                      static_cast<unsigned char>(payload[1]));
  const std::string detail(payload.substr(std::min<std::size_t>(payload.size(), 2)));
  if (closing_) {  // its answer to ours
    report({.reason = CloseReason::local, .code = code, .detail = detail});
    return -1;
  }
  flush_turn(loop_.impl().scratch());
  limit_close_time();
  report({.reason = CloseReason::remote, .code = code, .detail = detail});
  return 0;  // it answers
}

// It begins to close. If there is a reason to tell the peer, and nobody here has said so, it has
// found something wrong with a frame.
void WsConnection::on_closing() {
  if (!reading_ || closing_ || dead_ || lws_get_close_length(wsi_) == 0) return;
  reading_ = false;
  limit_close_time();
  report({.reason = CloseReason::violation, .detail = "a frame that is none"});
}

void WsConnection::on_closed() {
  // libwebsockets has failed to read, or to end its side, if the peer has reset the connection.
  const bool was_reset = errno == ECONNRESET || errno == ENOTCONN;
  if (error_ == 0 && !closing_ && !dead_ && was_reset) error_ = ECONNRESET;
  dead_ = true;
  report({.reason = closing_ ? CloseReason::local : CloseReason::lost,
          .detail = error_ == 0 ? std::string() : errno_text(error_)});
}

void WsConnection::report(TransportClosed closed) {
  TransportEvents* events = std::exchange(events_, nullptr);
  if (events != nullptr) events->on_closed(closed);
}

}  // namespace sio::net
