// A transport without a network: a test looks at what was sent and plays the peer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/transport.h"

namespace sio::test {

struct SentMessage {
  net::MessageKind kind;
  std::string bytes;
  bool operator==(const SentMessage&) const = default;
};

// Like a real transport it belongs to nobody who uses it: the test owns it, and on_closed() is its
// last call.
class FakeTransport final : public net::Transport {
 public:
  explicit FakeTransport(net::TransportEvents& events) : events_(&events) {}

  // --- The peer's side.
  void open() { events_->on_open(*this); }
  void receive_text(std::string_view bytes) { receive(net::MessageKind::text, bytes); }
  void receive_binary(std::string_view bytes) { receive(net::MessageKind::binary, bytes); }
  void receive(net::MessageKind kind, std::string_view bytes) {
    if (!gone_) events_->on_message(kind, bytes);
  }
  void close_from_peer(std::uint16_t code = 0) {
    end({.reason = net::CloseReason::remote, .code = code});
  }
  void lose(std::string detail = "Connection reset by peer") {
    end({.reason = net::CloseReason::lost, .detail = std::move(detail)});
  }
  // Completes a close() or abort() of the user, which never happens inside the call.
  void finish_closing() {
    if (closing_) end({.reason = net::CloseReason::local});
  }
  void answer_pings() {
    for (; pings_ > 0 && !gone_; --pings_) events_->on_pong();
  }
  // While blocked, what is sent stays in backlog().
  void block() { blocked_ = true; }
  void unblock() {
    blocked_ = false;
    backlog_ = 0;
    if (drain_mark_ && !gone_) {
      drain_mark_.reset();
      events_->on_drained();
    }
  }

  // --- What the user did.
  // Everything sent since the last call.
  std::vector<SentMessage> take_sent() { return std::exchange(sent_, {}); }
  // The same when only texts are expected.
  std::vector<std::string> take_texts() {
    std::vector<std::string> texts;
    for (SentMessage& message : take_sent()) texts.push_back(std::move(message.bytes));
    return texts;
  }
  bool closing() const { return closing_; }
  bool aborted() const { return aborted_; }
  bool gone() const { return gone_; }
  bool paused() const { return paused_; }
  std::uint16_t close_code() const { return close_code_; }

  // --- net::Transport
  using net::Transport::send;
  void send(const net::FrameRun& run) override {
    if (closing_ || gone_) return;
    for (const net::Frame& frame : run.frames) {
      sent_.push_back({frame.binary ? net::MessageKind::binary : net::MessageKind::text,
                       std::string(frame.payload())});
      if (blocked_) backlog_ += frame.size;
    }
  }
  std::size_t backlog() const override { return backlog_; }
  void set_drain_mark(std::size_t bytes) override { drain_mark_ = bytes; }
  bool writable() const override { return !blocked_ && !closing_ && !gone_; }
  bool send_ping() override {
    ++pings_;
    return true;
  }
  void pause_reading() override { paused_ = true; }
  void resume_reading() override { paused_ = false; }
  void close(std::uint16_t code) override {
    closing_ = true;
    close_code_ = code;
  }
  void abort() override { closing_ = aborted_ = true; }
  void set_events(net::TransportEvents& events) override { events_ = &events; }
  std::string_view name() const override { return name_; }

  void set_name(std::string name) { name_ = std::move(name); }

 private:
  void end(const net::TransportClosed& closed) {
    if (std::exchange(gone_, true)) return;
    events_->on_closed(closed);
  }

  net::TransportEvents* events_;
  std::vector<SentMessage> sent_;
  std::string name_ = "websocket";
  std::size_t backlog_ = 0;
  std::optional<std::size_t> drain_mark_;
  int pings_ = 0;
  std::uint16_t close_code_ = 0;
  bool blocked_ = false;
  bool paused_ = false;
  bool closing_ = false;
  bool aborted_ = false;
  bool gone_ = false;
};

// Carries what was sent from one transport to the other, and back, until nothing moves.
inline void exchange_messages(FakeTransport& a, FakeTransport& b) {
  const auto carry = [](FakeTransport& from, FakeTransport& to) {
    const auto messages = from.take_sent();
    for (const SentMessage& message : messages) to.receive(message.kind, message.bytes);
    return !messages.empty();
  };
  for (bool moved = true; moved;) {
    moved = carry(a, b);
    moved = carry(b, a) || moved;
  }
}

}  // namespace sio::test
