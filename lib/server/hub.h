// The heart of the server: namespaces, sockets, rooms, and events between them. It knows no HTTP
// and no Engine.IO; connections give it sockets, policies tell it what to do with events.
//
// Order is as if every call took effect at once. In truth published events wait for the end of the
// turn, so that they are stored and sent together; whatever they could be told apart by (a change
// of rooms, a packet sent directly) lets them go first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/frame.h"
#include "proto/sio_extension.h"
#include "server/ack_gate.h"
#include "server/broadcast.h"
#include "server/group_dispatch.h"
#include "server/namespace.h"
#include "server/publish.h"
#include "server/reader_kind.h"
#include "server/readers.h"
#include "server/responders.h"
#include "server/sessions.h"
#include "server/socket.h"
#include "server/watcher.h"
#include "store/store.h"

namespace sio::server {

class ClusterNode;

// Who lets the hub run again.
class HubWaker {
 public:
  virtual ~HubWaker() = default;
  // Call Hub::serve_readers() in a later turn.
  virtual void wake() = 0;
  // There must be a turn at this time, or soon after. Later calls add to it, or replace it by an
  // earlier time.
  virtual void wake_at(TimePoint time) = 0;
};

// What a hub may know beyond the store. All outlive it; null: it has no such thing.
struct HubMemory {
  store::Groups* groups = nullptr;
  Sessions* sessions = nullptr;
  bool recover_all = false;  // sessions are for every client, not only for those that ask
};

struct HubLimits {
  // Bytes that one reader's transport may hold before it is moved to reading the store; when many
  // are connected each gets less, down to the minimum, so that all together stay near `total`.
  std::size_t backlog_per_reader = 1u << 20;
  std::size_t backlog_minimum = 64u << 10;
  std::size_t backlog_total = 48u << 20;
  // Acks and answers beyond this: the client is not read from until it has taken some.
  std::size_t unread_replies = 1u << 20;
  // What is sent directly beyond this: the client does not read at all, and is closed.
  std::size_t backlog_hard = 16u << 20;
};

// How many sockets are behind, and a number that grows when one of them reads on.
struct Lag {
  std::size_t readers = 0;
  store::Seq position = 0;
  bool operator==(const Lag&) const = default;
};

// A packet that does not go through the queue.
struct DirectEvent {
  std::string_view items;  // JSON between the brackets: name and arguments
  const std::vector<std::string>* attachments = nullptr;
  std::optional<std::uint64_t> ack_id;
};

// Loop thread only.
class Hub final : private BroadcastEvents, private store::DurabilityListener {
 public:
  // References outlive it. `store` null: nothing is stored (and a reader that cannot keep up is
  // closed).
  Hub(net::FrameArena& frames, store::Store* store, const Clock& clock, HubWaker& waker,
      HubLimits limits = {}, const HubMemory& memory = {});
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // --- sockets

  // Whether connect() can do what `hello` asks for. Errors, for a CONNECT_ERROR: see
  // GroupDispatch::admit().
  Status admit(std::string_view ns, const proto::Hello& hello);
  // A new socket in `ns`. What `hello` asks for is done, bar its place in the past: start() or
  // recover() must follow. `comes_back`: recover() will.
  Socket& connect(Link& link, std::string_view ns, std::string_view sid,
                  const proto::Hello& hello = {}, bool comes_back = false);
  // One more name for the socket's own room: what an old client takes for its id. Nobody else may
  // join it.
  void add_alias(Socket& socket, std::string alias);
  // The socket is gone from rooms, namespace and link at once; the object dies at the end of the
  // turn. `lost`: its client may come back, and be recovered. `reason`: for the watcher.
  void disconnect(Socket& socket, bool lost = false, std::string_view reason = "transport close");
  // Puts the socket where `hello` wants it in the queue.
  void start(Socket& socket, const proto::Hello& hello);
  // Starts `socket` behind a record, or says a gap to it.
  void resume(Socket& socket, const proto::RecordId& since);

  // --- recovery

  // A client that comes back: the last record that it has.
  struct Recovery {
    Session* session = nullptr;
    store::Seq delivered = 0;
  };
  // What a CONNECT says with its members `pid` and `offset`. Nothing: it is a new client, or one
  // that cannot be recovered. If its old socket is still there, that is given up.
  std::optional<Recovery> find_recovery(std::string_view ns, std::string_view connect_payload,
                                        const proto::Hello& hello);
  // Takes up the session on a new socket of the same sid: it is in its rooms, and is sent what it
  // missed, and behind that `reply`, a whole packet.
  void recover(Socket& socket, const Recovery& recovery, std::string reply);
  bool has_sessions() const { return memory_.sessions != nullptr; }
  // The heartbeat tells what a client has: what was sent before a ping that was answered.
  void on_ping_sent(Link& link);
  void on_pong(Link& link);

  Socket* find(SocketRef ref) const;
  Socket* find_sid(std::string_view sid) override;
  Socket* find_on(const Link& link, std::string_view ns) const;
  static Socket* first_on(const Link& link) { return link.first_socket_; }
  std::size_t socket_count() const { return by_sid_.size(); }
  template <typename Visit>
  void for_each_socket(Visit visit) const {
    for (const auto& [sid, socket] : by_sid_) visit(*socket);
  }

  template <typename Visit>
  void for_each_namespace(Visit visit) const {
    for (const auto& [name, ns] : namespaces_) visit(*ns);
  }

  // --- other servers

  // Who shares namespaces and events with other servers; null: nobody.
  void set_cluster(ClusterNode* cluster);
  ClusterNode* cluster() const { return cluster_; }
  // What is published between these two came from other servers, and does not go to them.
  void begin_foreign();
  void end_foreign();

  // --- rooms

  // Errors: too many rooms, a name that is empty or too long or that is somebody else's sid.
  Status join(Socket& socket, std::string_view room);
  void leave(Socket& socket, std::string_view room);

  // --- events

  // Stored, sent and acknowledged at the end of the turn.
  void publish(const Publish& publish);
  // The same at once. Returns the record's number, 0 if it is not stored.
  store::Seq publish_now(const Publish& publish);
  // The namespace of this name, made if it is not there yet.
  Namespace& open_namespace(std::string_view name);
  // Who an event would go to, each once. Good until the next call of anything here.
  std::span<Socket* const> targets(const Namespace& ns, std::span<const std::string_view> rooms,
                                   std::span<const std::string_view> except) {
    return broadcast_.targets(ns, rooms, except);
  }
  // Null: nobody is in it.
  Namespace* find_namespace(std::string_view name) const;
  // Straight to all sockets of `rooms` (empty: of the namespace) but `except`.
  void send_event(const Namespace& ns, std::span<const std::string_view> rooms,
                  std::span<const std::string_view> except, const DirectEvent& event);
  // Straight to one socket, behind what was published before.
  void send_event(Socket& socket, const DirectEvent& event);
  // `args`: JSON between the brackets.
  void send_ack(Socket& socket, std::uint64_t ack_id, std::string_view args,
                const std::vector<std::string>* attachments = nullptr);
  // A whole packet, `4` included.
  void send_text(Link& link, std::string_view packet);

  Responders& responders() { return responders_; }
  GroupDispatch& group_dispatch() { return group_dispatch_; }
  const GroupDispatch& group_dispatch() const { return group_dispatch_; }
  Readers& readers() { return readers_; }
  const store::Groups* groups() const { return memory_.groups; }

  // --- watching

  // Null: nobody looks. Connections are told by Server::set_watcher().
  void set_watcher(Watcher* watcher) { watcher_ = watcher; }
  Watcher* watcher() const { return watcher_; }

  // --- turns

  // Stores and sends what was published so far.
  store::Seq commit();
  // commit(), and forgets what is gone.
  void end_turn();
  // A link's transport has drained: its readers may read on.
  void on_drained(Link& link);
  // Lets readers that wait read from the store, until about `budget` bytes of frames were built.
  void serve_readers(std::size_t budget = 1u << 20) { readers_.serve(budget); }

  Lag lag() const;

  std::size_t backlog_limit() const override { return backlog_limit_; }
  std::string newest_id() const;  // "" when nothing was ever stored
  store::Store* store() const { return store_; }
  // The last events could not be stored.
  bool store_refuses() const { return store_refuses_; }
  const Clock& clock() const { return clock_; }

 private:
  struct Slot {
    Socket* socket = nullptr;
    std::uint32_t generation = 0;
  };

  bool may_recover(const proto::Hello& hello) const;
  void take_slot(Socket& socket);
  void send_frames(Link& link, std::span<const net::Frame> frames);
  std::string id_of(store::Seq seq) const;
  store::Seq next_seq() const;
  void update_backlog_limit();
  void forget_socket(Socket& socket);
  void forget_empty_namespaces();
  void ask_for_drain(net::Transport& transport) const;
  void add_ack_frame(const PendingAck& ack, std::string_view before, std::string_view after);
  void flush_acks();

  void on_overflow(Socket& socket, store::Seq next) override;
  void on_stored(const PendingAck& ack) override;
  void on_refused(const PendingAck& ack, const Error& error) override;
  void on_append(const Result<store::Seq>& first) override;
  void on_durable(store::Seq seq) override;
  void on_failed(store::Seq seq, const Error& error) override;

  net::FrameArena& frames_;
  store::Store* store_;
  const Clock& clock_;
  HubLimits limits_;
  HubMemory memory_;
  Watcher* watcher_ = nullptr;
  ReaderKinds kinds_;
  std::unordered_map<std::string, std::unique_ptr<Namespace>, StringHash, std::equal_to<>>
      namespaces_;
  std::unordered_map<std::string_view, std::unique_ptr<Socket>> by_sid_;
  std::unordered_map<std::string_view, Socket*> by_alias_;  // the sockets own the names
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::unique_ptr<Socket>> gone_;
  bool has_empty_namespace_ = false;
  ClusterNode* cluster_ = nullptr;
  Responders responders_;
  AckGate gate_;
  Broadcast broadcast_;
  Readers readers_;
  GroupDispatch group_dispatch_;
  std::vector<net::Frame> ack_frames_;  // built and not yet sent, all for the socket below
  Socket* ack_frames_for_ = nullptr;
  std::size_t backlog_limit_ = 0;
  bool store_refuses_ = false;
};

}  // namespace sio::server
