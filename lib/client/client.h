// A client of any Socket.IO server: keeps a connection, joins namespaces and rooms on it, hands out
// what comes in. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/result.h"
#include "client/link.h"
#include "client/packet_sink.h"
#include "proto/packet_assembler.h"
#include "proto/packet_codec.h"
#include "proto/sio_extension.h"

namespace sio::client {

struct ClientOptions {
  LinkTarget target;
  std::vector<std::string> namespaces = {"/"};
  Duration first_wait{0};  // keep trying the first connection this long; 0: once
  bool reconnect = true;
  BackoffLimits backoff;  // of reconnecting
  // What is asked of a sio server. Other servers are asked to join hello.rooms by an event each.
  proto::Hello hello;
  std::string join_event = "join";
  bool ask_hello = true;  // false: nothing is said about sio at all
};

// What is sent at every connect: asked for each time, so that a file can be read again.
class Credentials {
 public:
  virtual ~Credentials() = default;
  virtual Result<net::HttpHeaders> headers() = 0;
  // The CONNECT payload: a checked JSON object, or empty for none.
  virtual Result<std::string> auth() = 0;
};

struct Joined {
  std::string_view ns;
  std::string_view sid;
  std::string_view transport;
  const proto::Welcome* welcome = nullptr;  // null: not a sio server
  bool again = false;                       // after a lost connection
  bool recovered = false;                   // the server has kept what was missed meanwhile
};

struct ReceivedEvent {
  const proto::PacketView* packet = nullptr;
  const std::vector<std::string>* attachments = nullptr;  // null when there are none
  std::string_view args;                                  // without what the server added for us
  const proto::EventMeta* meta = nullptr;                 // from a sio server that was asked for it
  std::string_view offset;  // JSON string: a third-party server's recovery offset
};

struct ReceivedAck {
  std::string_view ns;
  std::uint64_t id = 0;
  std::string_view args;
  const std::vector<std::string>* attachments = nullptr;
};

// Records that were missed: `after` and `before` are ids, or "".
struct Gap {
  std::string_view ns;
  std::string after;
  std::string before;
  std::string reason;
};

// A connection that was lost, or could not be made; the next attempt is made in `retry_in`.
struct Lost {
  bool was_connected = false;
  std::string reason;
  Duration retry_in{0};
};

class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void on_joined(const Joined&) {}
  virtual void on_event(const ReceivedEvent&) {}
  virtual void on_ack(const ReceivedAck&) {}
  virtual void on_gap(const Gap&) {}
  // Everything that hello.until or hello.inspect asked for has come.
  virtual void on_past_end(std::string_view ns) { static_cast<void>(ns); }
  virtual void on_lost(const Lost&) {}
  // A connection is tried for, after a lost one or one that could not be made: the `attempt`th time
  // in a row.
  virtual void on_retry(std::uint64_t attempt) { static_cast<void>(attempt); }
  // The server's heartbeat: the connection is alive.
  virtual void on_heartbeat() {}
  // Everything sent before the oldest unanswered ping has been taken by the server.
  virtual void on_pong() {}
  // The server refused a namespace (CONNECT_ERROR; `data` is JSON text or empty), or has put us out
  // of it (DISCONNECT). If no namespace is left, on_ended() follows.
  struct Refusal {
    std::string_view ns;
    std::string message;
    std::string_view data;
    bool was_joined = false;  // put out of it
  };
  virtual void on_refused(const Refusal&) {}
  // There is no connection and there will be none. Last.
  virtual void on_ended(const Outcome& outcome) = 0;
};

// Guarantees: after a loss the client connects again, with growing pauses, joins its namespaces and
// rooms again and resumes where the server can do that; if it cannot, on_gap() says so. Events that
// come before a namespace has answered are held back until it has (bounded).
//
// All references outlive the client. No callback comes from within a member function, except
// on_ended() from start() when the credentials cannot be read.
class Client final : public PacketSink, private LinkEvents, private net::Timer::Handler {
 public:
  Client(net::Loop& loop, net::Connector& connector, ClientOptions options,
         Credentials& credentials, ClientEvents& events, Trace* trace);

  void start();
  // One more namespace from now on; on_joined() or on_refused() follows.
  void add_namespace(const std::string& ns);
  // How many hand-outs of a group are still wanted, for connections to come.
  void set_hand_outs_wanted(std::uint64_t count) { options_.hello.limit = count; }
  // Namespaces that are joined, or may still be.
  std::size_t namespaces_left() const;

  // Sends DISCONNECTs and closes in good order; on_ended() follows when the connection is gone.
  void leave();
  // Whether everything sent is with the kernel, or on its way by HTTP.
  std::size_t backlog() const { return link_.backlog(); }
  bool is_connected() const { return link_.is_open(); }
  // Leaving may be cut short: a WebSocket's last frames are with the kernel.
  bool has_left() const;

  // The largest message the server takes, as it said; 0 if unknown.
  std::size_t max_message() const;

  // While paused nothing is read; what has been read already may still arrive.
  void pause() { link_.pause(); }
  void resume() { link_.resume(); }

  // PacketSink: to a namespace that is joined.
  void send_text(std::string_view message) override { link_.send_text(message); }
  void send_binary(std::string_view bytes) override { link_.send_binary(bytes); }
  bool send_ping() override { return link_.send_ping(); }

 private:
  struct Held {
    std::string text;
    std::vector<std::string> attachments;
  };
  enum class State { idle, joining, joined, gone };
  struct Session {
    std::string ns;
    State state = State::idle;
    bool was_joined = false;
    std::string sid;
    std::string pid;        // third-party connection state recovery
    std::string offset;     // JSON string, "" if none yet
    std::string resume_id;  // sio: the newest record seen, "" if the past was asked for and none
    std::optional<proto::Welcome> welcome;
    std::vector<Held> held;  // events that came before the answer to CONNECT
  };

  void on_link_open() override;
  void on_link_text(std::string_view message) override;
  void on_link_binary(std::string_view bytes) override;
  void on_link_drained() override {}
  void on_link_pong() override { events_.on_pong(); }
  void on_link_heartbeat() override { events_.on_heartbeat(); }
  void on_link_down(const LinkDown& down) override;
  void on_timer(net::Timer& timer) override;

  void connect();
  void retry(const LinkDown& down);
  void take(const Result<const proto::CompletePacket*>& packet);
  void dispatch(const proto::CompletePacket& packet);
  void send_connect(Session& session);
  std::string connect_payload(const Session& session, std::string auth) const;
  proto::Hello hello_for(const Session& session) const;
  void got_connect(Session& session, std::string_view payload);
  void ask_for_rooms(const Session& session);
  void tell_if_not_resumed(const Session& session);
  void note_position(Session& session) const;
  void got_connect_error(Session& session, std::string_view payload);
  void got_event(Session& session, const proto::CompletePacket& packet);
  void got_gap(Session& session, std::string_view args);
  void hold(Session& session, const proto::CompletePacket& packet);
  void release_held(Session& session);
  void lose_session(Session& session, const ClientEvents::Refusal& refusal, Ending ending);
  void consider_group(Outcome& outcome, const ClientEvents::Refusal& refusal) const;
  void connect_failed(const LinkDown& down);
  bool waits_for_answers() const;
  void fail(Outcome outcome);
  void step(std::string_view text) const;
  Session* find(std::string_view ns);

  net::Loop& loop_;
  ClientOptions options_;
  Credentials& credentials_;
  ClientEvents& events_;
  Trace* trace_;
  Link link_;
  net::Timer timer_;  // the next attempt, or the patience with a namespace that does not answer
  Backoff backoff_;
  TimePoint give_up_at_{};
  std::uint64_t attempts_ = 0;  // since the last connection
  bool ever_joined_ = false;
  bool leaving_ = false;
  std::optional<Outcome> verdict_;  // what ended it, while the connection is being dropped
  proto::PacketDecoder decoder_;
  std::optional<proto::PacketAssembler> assembler_;  // of the present connection
  std::map<std::string, Session, std::less<>> sessions_;
  Session* last_found_ = nullptr;
  std::size_t held_bytes_ = 0;
  proto::EventMeta meta_;
};

}  // namespace sio::client
