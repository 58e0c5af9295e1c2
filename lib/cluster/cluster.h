// The seam between a server and the other servers of its cluster: Socket.IO nodes of any kind that
// share namespaces, rooms and broadcasts.
//
// Who is who. A Cluster carries messages; a Member is this node, which a Cluster tells what others
// want of it. Implementations of Cluster: RedisCluster, which speaks what the adapters of
// Node.js speak, and FakeCluster in the tests. The server's ClusterNode is the Member.
//
// Delivery. What is sent is delivered here by the server itself, and to others at most once, in the
// order in which this node sent it, as far as the carrier holds: a message may be lost when a node,
// the carrier or the way to it fails. What may have been lost is logged and counted. A node is
// never told what it sent itself. Nothing here blocks, and what waits to be carried is bounded.
//
// Loop thread only. Views are good during the call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sio::cluster {

// Which sockets of a namespace: those in one of `rooms` (empty: all) and in none of `except`. The
// sid of a socket is a room.
struct Selection {
  std::string_view ns;
  std::span<const std::string_view> rooms;
  std::span<const std::string_view> except;
};

// An event for them.
struct ClusterEvent {
  Selection to;
  std::string_view items;  // JSON between the brackets: name and arguments
  std::span<const std::string> attachments;
  bool is_volatile = false;
  // Known only between nodes of our kind; "" if not.
  std::string_view from;  // sid of the sender
  std::string_view key;   // dedupe key
};

// A value that an ack or an answer consists of. JSON with placeholders of the attachments.
struct ClusterValue {
  std::string_view json = "null";
  std::span<const std::string> attachments;
};

// A socket as it is shown to other nodes.
struct RemoteSocket {
  std::string sid;
  std::string handshake;  // a JSON object
  std::vector<std::string> rooms;
};

// Stands for a question of another node until it was answered or has expired.
using QuestionId = std::uint64_t;

class Member {
 public:
  virtual ~Member() = default;

  // What is told between these two came at once. They do not nest.
  virtual void on_batch_begin() = 0;
  virtual void on_batch_end() = 0;

  virtual void on_event(const ClusterEvent& event) = 0;
  // The sockets are to be asked for acks: Cluster::acknowledge() takes each of them for `patience`.
  // Returns how many were asked.
  virtual std::size_t on_question(QuestionId question, const ClusterEvent& event,
                                  Duration patience) = 0;
  virtual void on_join(const Selection& who, std::span<const std::string_view> rooms) = 0;
  virtual void on_leave(const Selection& who, std::span<const std::string_view> rooms) = 0;
  // `close`: the whole connection, not only the namespace.
  virtual void on_disconnect(const Selection& who, bool close) = 0;
  virtual std::vector<RemoteSocket> on_fetch(const Selection& who) = 0;
  virtual std::vector<std::string> on_list_sids(const Selection& who) = 0;
  // Those of the sids included.
  virtual std::vector<std::string> on_list_rooms(std::string_view ns) = 0;

  // An answer to Cluster::ask(), of a socket somewhere else.
  virtual void on_answer(std::string_view ns, std::uint64_t tag, const ClusterValue& value) = 0;

  // Others hear of the namespace's events, and this node of theirs, from now on.
  virtual void on_ready(std::string_view ns) = 0;
  // The carrier is there (again), or it is not: what is wrong.
  virtual void on_connected() = 0;
  virtual void on_disconnected(const Error& why) = 0;
};

struct ClusterFigures {
  bool connected = false;
  std::uint64_t sent = 0;         // messages handed to the carrier
  std::uint64_t received = 0;     // messages of other nodes
  std::uint64_t not_sent = 0;     // lost here: the carrier was away, or too slow
  std::uint64_t malformed = 0;    // messages that made no sense
  std::uint64_t connections = 0;  // that were lost
};

class Cluster {
 public:
  virtual ~Cluster() = default;

  // Connects; Member::on_connected() or on_disconnected() follows. `member` outlives the cluster.
  virtual void start(Member& member) = 0;

  // This node has the namespace: it is to be counted among those that answer for it. Member::
  // on_ready() follows, at once if it can be. Opening again does nothing.
  virtual void open(std::string_view ns) = 0;
  virtual void close(std::string_view ns) = 0;
  virtual bool is_ready(std::string_view ns) const = 0;

  virtual void send(const ClusterEvent& event) = 0;
  // Asks sockets of other nodes for acks; Member::on_answer() follows for each that comes within
  // `patience`, with `tag`.
  virtual void ask(const ClusterEvent& event, std::uint64_t tag, Duration patience) = 0;
  // For the sockets of other nodes; those of this one are the caller's.
  virtual void join(const Selection& who, std::span<const std::string_view> rooms) = 0;
  virtual void leave(const Selection& who, std::span<const std::string_view> rooms) = 0;
  virtual void disconnect(const Selection& who, bool close) = 0;

  // An ack for a question.
  virtual void acknowledge(QuestionId question, const ClusterValue& value) = 0;
  // No more acks will come for it.
  virtual void forget(QuestionId question) = 0;

  virtual ClusterFigures figures() const = 0;
};

}  // namespace sio::cluster
