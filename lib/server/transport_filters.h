// Transports around transports: for the rare session that needs its messages changed or shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/frame.h"
#include "net/transport.h"
#include "proto/msgpack_codec.h"
#include "server/derived_frames.h"
#include "server/watcher.h"

namespace sio::server {

// Passes everything on. The inner transport outlives it, or is not used any more.
class ForwardingTransport : public net::Transport {
 public:
  explicit ForwardingTransport(net::Transport& inner) : inner_(inner) {}

  void send(const net::FrameRun& run) override { inner_.send(run); }
  std::size_t backlog() const override { return inner_.backlog(); }
  std::size_t waiting() const override { return inner_.waiting(); }
  void set_drain_mark(std::size_t bytes) override { inner_.set_drain_mark(bytes); }
  bool writable() const override { return inner_.writable(); }
  void pause_reading() override { inner_.pause_reading(); }
  void resume_reading() override { inner_.resume_reading(); }
  void close(std::uint16_t code) override { inner_.close(code); }
  void abort() override { inner_.abort(); }
  void set_events(net::TransportEvents& events) override { inner_.set_events(events); }
  std::string_view name() const override { return inner_.name(); }

 protected:
  net::Transport& inner_;
};

// For clients that cannot take binary frames (`b64=1`): binary messages go as text, `prefix` (`b`,
// or `b4` in revision 3 of Engine.IO) and base64.
class Base64Transport final : public ForwardingTransport {
 public:
  // `frames` outlives it, `prefix` is a literal.
  Base64Transport(net::Transport& inner, net::FrameArena& frames, std::string_view prefix)
      : ForwardingTransport(inner), frames_(frames), prefix_(prefix) {}
  void send(const net::FrameRun& run) override;

 private:
  net::FrameArena& frames_;
  std::string_view prefix_;
};

// For WebSockets of revision 3 of Engine.IO: binary messages begin with the type byte of a message.
// Text is the same as in revision 4, byte by byte.
class Engine3Transport final : public ForwardingTransport {
 public:
  // `derived` outlives it and is used for nothing else.
  Engine3Transport(net::Transport& inner, DerivedFrames& derived)
      : ForwardingTransport(inner), derived_(derived) {}
  void send(const net::FrameRun& run) override;

 private:
  DerivedFrames& derived_;
};

// For servers with the msgpack parser: each packet, its attachments included, becomes one binary
// message. Everything that is no packet (pings) passes as it is.
class MsgpackTransport final : public ForwardingTransport {
 public:
  // `derived` outlives it and is used for nothing else.
  MsgpackTransport(net::Transport& inner, DerivedFrames& derived)
      : ForwardingTransport(inner), derived_(derived) {}
  void send(const net::FrameRun& run) override;

 private:
  void take(const net::Frame& frame);
  void finish(std::string_view packet);

  DerivedFrames& derived_;
  proto::MsgpackEncoder encoder_;
  net::Frame text_;          // of the packet whose attachments are still to come
  std::size_t to_skip_ = 0;  // attachments of a packet that was sent already
};

// Shows every packet to the hub's watcher. Used while there is one.
class WatchedTransport final : public ForwardingTransport {
 public:
  // Both outlive it.
  WatchedTransport(net::Transport& inner, const Link& link, Watcher& watcher)
      : ForwardingTransport(inner), link_(link), watcher_(watcher) {}
  void send(const net::FrameRun& run) override {
    watcher_.on_sent(link_, run);
    inner_.send(run);
  }

 private:
  const Link& link_;
  Watcher& watcher_;
};

// Logs every packet that is sent, under the session's number.
class TracingTransport final : public ForwardingTransport {
 public:
  TracingTransport(net::Transport& inner, std::uint64_t session)
      : ForwardingTransport(inner), session_(session) {}
  void send(const net::FrameRun& run) override;

 private:
  std::uint64_t session_;
};

// One packet in the log: `#12 > 42["a"]`. '>' is from us, '<' from the client.
void trace_packet(std::uint64_t session, char direction, bool binary, std::string_view packet);

}  // namespace sio::server
