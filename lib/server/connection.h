// One Engine.IO session: its transport, its heartbeat, and the Socket.IO packets in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "net/loop.h"
#include "net/transport.h"
#include "proto/engine_server.h"
#include "proto/packet_assembler.h"
#include "proto/packet_codec.h"
#include "server/cors.h"
#include "server/derived_frames.h"
#include "server/hub.h"
#include "server/link.h"
#include "server/options.h"
#include "server/policy.h"
#include "server/polling_transport.h"

namespace sio::server {

class Connection;
class Upgrade;

// Ignores what a transport still says, and closes it if it opens: for those that nobody wants.
class ClosingEvents final : public net::TransportEvents {
 public:
  void on_open(net::Transport& transport) override { transport.close(); }
  void on_message(net::MessageKind, std::string_view) override {}
  void on_drained() override {}
  void on_closed(const net::TransportClosed&) override {}
};

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // The session has ended, though its client may still have to be told.
  virtual void on_session_ending() = 0;
  // It is over: its sid is unknown from now on, and the object is destroyed at the end
  // of the turn.
  virtual void on_session_ended(Connection& connection) = 0;
  // A CONNECT waits for the policy's verdict, or no longer does.
  virtual void on_request_pending(std::string_view sid, Connection& connection) = 0;
  virtual void on_request_settled(std::string_view sid) = 0;
};

// What all sessions of a server share.
struct ConnectionContext {
  net::Loop& loop;
  Hub& hub;
  Policy& policy;
  const ServerOptions& options;
  ConnectionOwner& owner;
  Cors cors;
  proto::HeartbeatTiming timing;
  proto::PacketDecoder decoder = {};
  DirtyPolls dirty_polls = {};
  DerivedFrames engine3_frames{loop.frames()};
  DerivedFrames msgpack_frames{loop.frames()};
  ClosingEvents unwanted = {};
  std::string scratch = {};        // bytes of a base64 message
  std::uint64_t last_session = 0;  // numbers sessions in the log
};

// Loop thread only. Small: there is one per client, and most are idle.
//
// Any packet that the protocol forbids closes the session; the reasons are the official server's
// words. A session ends once; whatever comes later is ignored.
class Connection final : public Link, public net::TransportEvents, private net::Timer::Handler {
 public:
  // What the first request said about the client.
  struct Client {
    proto::EngineRevision revision = proto::EngineRevision::v4;
    bool base64_only = false;  // its binary messages must travel as text
    std::string query_auth;    // an old client's: see proto::auth_of_query()
  };

  Connection(ConnectionContext& context, std::string sid, std::unique_ptr<Handshake> handshake,
             Client client);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::string_view sid() const { return sid_; }
  proto::EngineRevision revision() const { return engine_.revision(); }

  // Begins as a polling session; the open packet waits for the first poll.
  void open_polling();
  // Begins as a WebSocket session, whose on_open() or on_closed() is to come.
  void await_websocket() { awaits_open_ = true; }

  // The polling transport, or null if this session is not (or no longer) polling.
  PollingTransport* polling() const { return polling_.get(); }
  // A WebSocket asks to take over: who listens to it. Null if this session cannot be taken over.
  net::TransportEvents* begin_upgrade();
  void finish_upgrade(net::Transport& websocket);
  void drop_upgrade();

  // The policy's late verdict about a CONNECT.
  void decide(std::string_view socket_sid, Admission admission);

  // Ends the session without a word to its sockets, so that clients come back.
  void shut_down();

  // The hub has a watcher now, or has none any more.
  void watcher_has_changed();

  // Link
  std::string_view public_id() const override { return std::string_view(sid_).substr(0, 12); }
  const Handshake* handshake() const override { return handshake_.get(); }
  void give_up(Socket& socket) override;
  void disconnect(Socket& socket) override;
  void disconnect_all() override;
  void kick(std::string_view why) override;
  void pause_reading() override;
  void resume_reading() override;

  // net::TransportEvents
  void on_open(net::Transport& transport) override;
  void on_message(net::MessageKind kind, std::string_view bytes) override;
  void on_drained() override;
  void on_closed(const net::TransportClosed& closed) override;

 private:
  enum class Ending : std::uint8_t { in_good_order, at_once };
  struct PendingConnect {
    std::string sid;
    std::string ns;
    std::string auth;
    std::unique_ptr<Access> access;
  };

  void on_timer(net::Timer& timer) override;
  void start(net::Transport& transport, bool may_upgrade);
  void wrap(net::Transport& transport);
  void add_packet_filters();
  void add_filter(std::unique_ptr<net::Transport> filter);
  void update_timer();

  void on_sio_text(std::string_view text);
  void on_sio_binary(std::string_view bytes);
  void on_msgpack(std::string_view bytes);
  void on_assembled(const Result<const proto::CompletePacket*>& result);
  void bad_packet(const Error& error);
  void dispatch(const proto::PacketView& packet, const std::vector<std::string>* attachments);
  void on_old_connect(std::string_view message);
  void request_namespace(std::string_view ns, std::string_view auth);
  void admit(std::string_view socket_sid, std::string_view ns, std::string_view auth,
             Admission admission);
  void join(std::string_view socket_sid, std::string_view ns, std::string_view auth,
            std::unique_ptr<Access> access);
  void hold(std::string_view socket_sid, std::string_view ns, std::string_view auth,
            std::unique_ptr<Access> access);
  std::string reply_for(std::string_view socket_sid, const Session* session, bool is_ours) const;
  void refuse(std::string_view ns, std::string_view message, std::string_view data = {});
  std::string old_id_in(std::string_view ns) const;
  bool is_pending(std::string_view ns) const;

  void leave(Socket& socket, std::string_view reason);
  void end(std::string_view reason, Ending ending);
  void retire();

  ConnectionContext& context_;
  std::string sid_;
  proto::EngineServer engine_;
  net::Timer timer_;
  TimePoint connect_deadline_;                // kNever once a namespace was joined
  net::Transport* real_transport_ = nullptr;  // transport_ may be a filter around it
  std::unique_ptr<PollingTransport> polling_;
  std::unique_ptr<Upgrade> upgrade_;
  std::vector<std::unique_ptr<net::Transport>> filters_;
  std::unique_ptr<proto::PacketAssembler> assembler_;  // from the first binary packet on
  std::unique_ptr<Handshake> handshake_;
  std::unique_ptr<std::vector<PendingConnect>> pending_;
  std::unique_ptr<std::string> kick_reason_;
  std::unique_ptr<std::string> query_auth_;  // an old client's, until it is used
  std::uint64_t number_;
  std::uint16_t sockets_ = 0;
  bool awaits_open_ = false;
  bool base64_only_ = false;
  bool reading_paused_ = false;
  bool ended_ = false;
};

// A WebSocket that probes a polling session. Lives until it has taken over or was closed.
class Upgrade final : public net::TransportEvents, private net::Timer::Handler {
 public:
  Upgrade(ConnectionContext& context, Connection& connection);
  ~Upgrade() override;

  void on_open(net::Transport& transport) override;
  void on_message(net::MessageKind kind, std::string_view bytes) override;
  void on_drained() override {}
  void on_closed(const net::TransportClosed& closed) override;

 private:
  void on_timer(net::Timer& timer) override;

  ConnectionContext& context_;
  Connection& connection_;
  proto::UpgradeProbe probe_;
  net::Timer timer_;
  net::Transport* transport_ = nullptr;
};

}  // namespace sio::server
