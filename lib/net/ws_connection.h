// A WebSocket connection of either role, after the handshake. Loop thread only.
#pragma once

#include <memory>
#include <string>

#include "net/loop.h"
#include "net/severable.h"
#include "net/stream.h"
#include "net/transport.h"
#include "net/ws_reader.h"

namespace sio::net {

// Belongs to itself: lives until its stream has closed.
//
// Frames go out as they are from a server; a client masks each with a key of its own. The closing
// handshake: our close frame follows everything sent, then the peer has a few seconds to answer. A
// peer that breaks the rules is sent the code that says so, and its events end there.
class WsConnection final : public Transport,
                           public Severable,
                           private StreamEvents,
                           private WsSink,
                           public Timer::Handler {
 public:
  // Takes over the stream. start() must follow.
  WsConnection(Loop& loop, Stream& stream, WsRole role, std::size_t max_message,
               TransportEvents& events);
  // Tells on_open(), then takes bytes that came together with the handshake.
  void start(std::string early_bytes);

  using Transport::send;
  void send(const FrameRun& run) override;
  std::size_t backlog() const override;
  void set_drain_mark(std::size_t bytes) override;
  bool writable() const override;
  bool send_ping() override;
  void pause_reading() override;
  void resume_reading() override;
  void close(std::uint16_t code) override;
  void abort() override;
  void set_events(TransportEvents& events) override { events_ = &events; }
  std::string_view name() const override { return "websocket"; }

  void sever() override;

 private:
  class MaskKeys;

  ~WsConnection() override;

  void on_stream_bytes(char* data, std::size_t size) override;
  void on_stream_drained() override;
  void on_stream_closed(const StreamEnd& end) override;
  bool on_ws_message(MessageKind kind, std::string_view payload) override;
  bool on_ws_ping(std::string_view payload) override;
  bool on_ws_pong(std::string_view payload) override;
  void on_ws_close(std::uint16_t code, std::string_view reason) override;
  void on_timer(Timer& timer) override;

  void send_control(unsigned char opcode, std::string_view payload);
  void send_masked(const FrameRun& run);
  void violated(const WsViolation& violation);
  // Tells on_closed(), once.
  void report(TransportClosed closed);

  Loop& loop_;
  Stream* stream_;
  TransportEvents* events_;  // null: nobody is to be told any more
  WsReader reader_;
  std::unique_ptr<MaskKeys> masks_;  // a client's
  std::unique_ptr<Timer> close_timer_;
  std::uint32_t pings_sent_ = 0;
  std::uint32_t pongs_seen_ = 0;
  bool reading_ = true;   // the peer has more to say
  bool closing_ = false;  // close() or abort() was called
};

}  // namespace sio::net
