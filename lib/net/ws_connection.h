// A WebSocket connection of either role, after the handshake. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/loop.h"
#include "net/loop_impl.h"
#include "net/lws_user.h"
#include "net/outbox.h"
#include "net/severable.h"
#include "net/transport.h"

namespace sio::net {

enum class WsRole : std::uint8_t { server, client };  // whose end this is

// Belongs to itself: lives until libwebsockets has closed its connection.
//
// libwebsockets takes the peer's frames apart, answers its pings and its close frame. Ours go out
// as they are from a server; a client masks each with a key of its own. The closing handshake: our
// close frame follows everything sent, then the peer has a few seconds to answer. A peer that
// breaks the rules is sent the code that says so, and its events end there.
class WsConnection final : public Transport,
                           public Severable,
                           public LwsUser,
                           private TurnOutput,
                           private Deferred,
                           private ByteSink,
                           private Timer::Handler {
 public:
  // Becomes the owner of the connection. start() must follow.
  WsConnection(Loop& loop, lws* wsi, WsRole role, std::size_t max_message, TransportEvents& events);
  // Tells on_open().
  void start();

  using Transport::send;
  void send(const FrameRun& run) override;
  std::size_t backlog() const override { return out_.size() + held_; }
  std::size_t waiting() const override { return out_.size() + held_; }
  void set_drain_mark(std::size_t bytes) override;
  bool writable() const override { return !closing_ && backlog() == 0; }
  bool send_ping() override;
  void pause_reading() override;
  void resume_reading() override;
  void close(std::uint16_t code) override;
  void abort() override;
  void set_events(TransportEvents& events) override { events_ = &events; }
  std::string_view name() const override { return "websocket"; }

  void sever() override;
  int on_lws(lws* wsi, int reason, void* in, std::size_t size) override;

 private:
  class MaskKeys;

  ~WsConnection() override;

  void flush_turn(std::span<char> scratch) override;
  Written write(const char* frames, std::size_t size) override;
  void run_deferred() override;
  void on_timer(Timer& timer) override;

  int on_bytes(const char* data, std::size_t size);
  bool is_unmasked(const char* payload, std::size_t frame_size);
  int on_piece(std::string_view piece, std::size_t rest, bool last);
  void on_pong(std::string_view payload);
  int on_peer_close(std::string_view payload);
  void on_writable();
  void on_closing();
  void on_closed();

  void changed();
  void send_control(unsigned char opcode, std::string_view payload);
  void send_masked(const FrameRun& run);
  void ask_for_pong();
  int violated(std::uint16_t code, std::string_view what);
  void break_off(int number);
  void limit_close_time();
  void check_drained();
  // Tells on_closed(), once.
  void report(TransportClosed closed);

  static constexpr std::size_t kNoMark = static_cast<std::size_t>(-1);

  Loop& loop_;
  lws* wsi_;
  TransportEvents* events_;  // null: nobody is to be told any more
  std::size_t max_message_;
  Outbox out_{Outbox::Cut::between_frames};
  std::size_t held_ = 0;             // of what was written last, libwebsockets has a rest
  std::unique_ptr<MaskKeys> masks_;  // a client's
  std::unique_ptr<Timer> close_timer_;
  std::size_t drain_mark_ = kNoMark;
  std::string message_;  // the pieces of one that did not come whole
  std::uint32_t pings_asked_ = 0;
  std::uint32_t ping_out_ = 0;  // the number of the ping that waits for its pong
  std::uint32_t pongs_told_ = 0;
  const WsRole role_;
  bool in_message_ = false;   // message_ has the beginning of one
  bool in_frame_ = false;     // the next piece goes on with the same frame
  bool seen_masked_ = false;  // a frame that was
  bool reading_ = true;       // the peer has more to say
  bool closing_ = false;      // close() or abort() was called
  bool dead_ = false;         // nothing goes in or out any more
  int error_ = 0;             // errno of a write
};

}  // namespace sio::net
