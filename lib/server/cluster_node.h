// This server as a node of a cluster: what it tells other nodes, and what it does when they ask.
//
// Events. Whatever is published here goes to the other nodes too, bar dead letters: a group is a
// node's own. What other nodes publish is stored and delivered here as if it had been published
// here; so each node has a queue of its own, with its own ids.
//
// Namespaces. A namespace is opened in the cluster before the first client is let into it, and
// stays open for ten minutes after the last one has left; those that are named, and those that a
// group listens to, always. While the cluster is away nobody waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "cluster/cluster.h"
#include "net/loop.h"
#include "proto/packet.h"
#include "server/hub.h"

namespace sio::server {

class Server;

// Who hears the answers to ClusterNode::ask().
class AnswerListener {
 public:
  virtual ~AnswerListener() = default;
  // `value`: JSON, with placeholders of the attachments.
  virtual void on_answer(std::string_view ns, std::uint64_t tag, std::string_view value,
                         std::span<const std::string> attachments) = 0;
};

class ClusterListener {
 public:
  virtual ~ClusterListener() = default;
  // For the first time: every namespace that is kept open, is.
  virtual void on_cluster_joined() = 0;
  // Before that: it cannot be joined.
  virtual void on_cluster_refused(const Error& why) = 0;
};

// Loop thread only. Everything it is given outlives it.
class ClusterNode final : private cluster::Member, private net::Timer::Handler {
 public:
  // `kept`: namespaces that are always open.
  ClusterNode(net::Loop& loop, Server& server, cluster::Cluster& cluster,
              std::vector<std::string> kept);
  ~ClusterNode() override;

  // Joins the cluster; `listener` is told once.
  void start(ClusterListener& listener);
  void set_answer_listener(AnswerListener& listener) { answers_ = &listener; }

  // --- the hub's side

  // An event that was published here.
  void relay(const cluster::ClusterEvent& event) { cluster_.send(event); }
  void on_namespace_opened(std::string_view ns);
  void on_namespace_closed(std::string_view ns);

  // --- the sessions' side

  // Whether clients may be let into `ns` now. If not: wait_for().
  bool is_ready(std::string_view ns) const;
  // Server::decide() is called for the socket with this sid as soon as the namespace is ready, or
  // that has taken too long; maybe before this returns.
  void wait_for(std::string_view ns, std::string_view sid);
  // An ack of a client. False: it answers no question of another node.
  bool take_ack(const Socket& socket, const proto::PacketView& packet,
                const std::vector<std::string>* attachments);

  // --- for an application: sockets of other nodes

  void ask(const cluster::ClusterEvent& event, std::uint64_t tag);
  void join(const cluster::Selection& who, std::span<const std::string_view> rooms) {
    cluster_.join(who, rooms);
  }
  void leave(const cluster::Selection& who, std::span<const std::string_view> rooms) {
    cluster_.leave(who, rooms);
  }
  void disconnect(const cluster::Selection& who, bool close) { cluster_.disconnect(who, close); }

  cluster::ClusterFigures figures() const { return cluster_.figures(); }

 private:
  struct Space {
    bool is_kept = false;
    bool is_used = false;      // the hub has it
    TimePoint until = kNever;  // not used: it is closed then
  };
  struct Waiting {
    std::vector<std::string> sids;
    TimePoint until{};
  };
  // Sockets that have been asked and have not answered.
  struct Question {
    cluster::QuestionId id;
    std::vector<SocketRef> open;
    TimePoint until{};
  };

  // cluster::Member
  void on_batch_begin() override;
  void on_batch_end() override;
  void on_event(const cluster::ClusterEvent& event) override;
  std::size_t on_question(cluster::QuestionId question, const cluster::ClusterEvent& event,
                          Duration patience) override;
  void on_join(const cluster::Selection& who, std::span<const std::string_view> rooms) override;
  void on_leave(const cluster::Selection& who, std::span<const std::string_view> rooms) override;
  void on_disconnect(const cluster::Selection& who, bool close) override;
  std::vector<cluster::RemoteSocket> on_fetch(const cluster::Selection& who) override;
  std::vector<std::string> on_list_sids(const cluster::Selection& who) override;
  std::vector<std::string> on_list_rooms(std::string_view ns) override;
  void on_answer(std::string_view ns, std::uint64_t tag,
                 const cluster::ClusterValue& value) override;
  void on_ready(std::string_view ns) override;
  void on_connected() override;
  void on_disconnected(const Error& why) override;

  void on_timer(net::Timer& timer) override;
  void tick_later();
  bool open(std::string_view ns, bool keep);
  void tell_if_joined();
  void let_in(Waiting waiting);
  bool has_group(std::string_view ns) const;
  std::vector<Socket*> select(const cluster::Selection& who);
  void expire(TimePoint now);

  net::Loop& loop_;
  Server& server_;
  Hub& hub_;
  cluster::Cluster& cluster_;
  net::Timer timer_;
  ClusterListener* listener_ = nullptr;  // until it was told
  AnswerListener* answers_ = nullptr;
  std::map<std::string, Space, std::less<>> spaces_;
  std::map<std::string, Waiting, std::less<>> waiting_;
  std::unordered_map<std::uint64_t, Question> questions_;  // by the acks' ids
  std::uint64_t next_ack_id_;
  std::uint64_t lost_before_ = 0;  // messages not sent, when the cluster went away
  TimePoint away_since_{};
  bool is_away_ = true;
  bool in_batch_ = false;
  bool said_full_ = false;
};

}  // namespace sio::server
