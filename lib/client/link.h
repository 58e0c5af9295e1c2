// One Engine.IO connection to a server: which transport, the session on it, its heartbeat and its
// end. What a Client is made of. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/diagnosis.h"
#include "client/link_target.h"
#include "client/outcome.h"
#include "client/polling_transport.h"
#include "client/trace.h"
#include "net/connector.h"
#include "net/loop.h"
#include "proto/engine_client.h"
#include "proto/msgpack_codec.h"
#include "proto/packet.h"

namespace sio::client {

// Why there is no connection, or no more.
struct LinkDown {
  bool was_open = false;  // the Engine.IO session stood
  Diagnosis why;
};

class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  virtual void on_link_open() = 0;
  virtual void on_link_text(std::string_view message) = 0;  // for Socket.IO
  virtual void on_link_binary(std::string_view bytes) = 0;
  virtual void on_link_drained() = 0;
  virtual void on_link_pong() = 0;
  // The server's heartbeat has come, and was answered.
  virtual void on_link_heartbeat() {}
  // The connection is gone, or was never made. connect() may be called from here on.
  virtual void on_link_down(const LinkDown& down) = 0;
};

// Tries the WebSocket first and falls back to polling when the server answers by HTTP, but not with
// a WebSocket. Answers pings; ends a connection whose server has gone silent.
class Link final : private net::WebSocketEvents, private net::Timer::Handler {
 public:
  // All references outlive the link; `trace` may be null.
  Link(net::Loop& loop, net::Connector& connector, LinkTarget target, LinkEvents& events,
       Trace* trace);
  ~Link() override;

  // Starts to connect. on_link_open() or on_link_down() follows, in a later turn.
  void connect(net::HttpHeaders headers);
  // Drops an attempt or a connection; on_link_down() follows if it had got that far.
  void abort();
  // Drops the connection for a reason of the caller's, which on_link_down() repeats.
  void drop(Outcome cause);
  // Closes in good order after what was sent has gone out. on_link_down() follows.
  void close();

  bool is_open() const { return transport_ != nullptr && engine_ && engine_->is_open(); }
  std::string_view transport_name() const;
  const proto::OpenPacket& session() const { return engine_->open(); }

  // Queues one message of Socket.IO (`2["a"]`), to go out at the end of the turn. The link is open.
  // Messages are always those of the default parser; another one is spoken on the wire.
  void send_text(std::string_view message);
  void send_binary(std::string_view bytes);
  std::size_t backlog() const { return transport_ == nullptr ? 0 : transport_->backlog(); }
  void set_drain_mark(std::size_t bytes);
  // on_link_pong() follows when the server has taken everything sent so far, if this is true.
  bool send_ping() { return transport_ != nullptr && transport_->send_ping(); }
  // The same, but there is something to take in any case: on polling, a request goes out for it.
  // For measuring. The link is open.
  void send_round_trip();

  // While paused nothing is read, and then what was not read meanwhile comes first: pongs for the
  // pings that are behind it are given unseen.
  void pause();
  void resume();

 private:
  // WebSocketEvents, of either transport
  void on_open(net::Transport& transport) override;
  void on_message(net::MessageKind kind, std::string_view bytes) override;
  void on_drained() override { events_.on_link_drained(); }
  void on_pong() override { events_.on_link_pong(); }
  void on_closed(const net::TransportClosed& closed) override;
  void on_failed(const net::ConnectFailure& failure) override;
  void on_timer(net::Timer& timer) override;

  void open_websocket();
  void open_polling();
  void take(const proto::EngineClient::Received& received);
  void take_message(std::string_view message);
  void take_msgpack(std::string_view bytes);
  void send_msgpack(const std::optional<std::string>& packet);
  void trace(Direction direction, std::string_view message) const;
  void send_packet(std::string_view type, std::string_view data);
  void give_up(Diagnosis why);
  void give_pong_if_due();
  void arm_timer();
  void step(std::string_view text) const;
  void down(const LinkDown& down);

  net::Loop& loop_;
  net::Connector& connector_;
  LinkTarget target_;
  LinkEvents& events_;
  Trace* trace_;
  net::Timer timer_;
  net::HttpHeaders headers_;
  std::unique_ptr<net::Connector::Attempt> attempt_;
  std::unique_ptr<PollingTransport> polling_;
  net::Transport* transport_ = nullptr;
  std::optional<proto::EngineClient> engine_;
  std::optional<Diagnosis>
      verdict_;  // why the transport is being dropped, if that was our decision
  proto::MsgpackEncoder msgpack_;
  bool paused_ = false;
};

}  // namespace sio::client
