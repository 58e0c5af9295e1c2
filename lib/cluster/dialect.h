// How the nodes of a cluster talk over Redis: names of channels, and messages in bytes. Pure.
//
// Implementations: PubSubDialect and StreamsDialect, for the two adapters of Node.js.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/cluster.h"
#include "cluster/cluster_message.h"

namespace sio::cluster {

// What comes on a channel.
enum class Topic : std::uint8_t { events, requests, responses, everything };

struct Subscription {
  std::string name;
  Topic topic;
  bool is_pattern = false;
};

// What is sent: published on a channel, or appended to the stream.
struct Outgoing {
  std::string channel = {};          // empty: to the stream
  std::string payload = {};          // to the stream: the field `data`
  std::string_view entry_type = {};  // to the stream: the field `type`
};

// A node in a namespace.
struct NodeName {
  std::string_view ns;
  std::string_view uid;
};

// A question of another node, and where its answer goes.
struct Asker {
  std::string_view ns;
  std::string_view own_uid;
  std::string_view uid;
  std::string_view request_id;
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual std::string new_uid() const = 0;
  // What a node listens to. `asks`: it wants answers, too.
  virtual std::vector<Subscription> subscriptions(const NodeName& node, bool asks) const = 0;
  // The stream that is read, too; empty: none.
  virtual std::string_view stream() const { return {}; }

  // Whether these are bytes that `uid` itself has sent; false if that is not seen at once.
  virtual bool is_own(Topic topic, std::string_view bytes, std::string_view uid) const = 0;
  virtual Result<ClusterMessage> parse(Topic topic, std::string_view bytes) const = 0;

  virtual Outgoing event(const NodeName& node, const ClusterEvent& event) const = 0;
  virtual Outgoing question(const NodeName& node, std::string_view request_id,
                            const ClusterEvent& event, std::uint64_t timeout_ms) const = 0;
  virtual Outgoing join(const NodeName& node, const Selection& who,
                        std::span<const std::string_view> rooms) const = 0;
  virtual Outgoing leave(const NodeName& node, const Selection& who,
                         std::span<const std::string_view> rooms) const = 0;
  virtual Outgoing disconnect(const NodeName& node, const Selection& who, bool close) const = 0;

  // Answers. Nothing: the dialect has no such thing.
  virtual Outgoing sockets(const Asker& to, std::span<const RemoteSocket> sockets) const = 0;
  virtual Outgoing server_event_answer(const Asker& to, std::string_view json) const = 0;
  virtual Outgoing client_count(const Asker& to, std::uint64_t count) const = 0;
  virtual Outgoing ack(const Asker& to, const ClusterValue& value) const = 0;
  virtual std::optional<Outgoing> sids(const Asker&, std::span<const std::string>) const {
    return std::nullopt;
  }
  virtual std::optional<Outgoing> rooms(const Asker&, std::span<const std::string>) const {
    return std::nullopt;
  }
  virtual std::optional<Outgoing> done(const Asker&) const { return std::nullopt; }
};

// `key`: what all names begin with.
std::unique_ptr<Dialect> make_pubsub_dialect(std::string key);
// `stream`: the name of the stream.
std::unique_ptr<Dialect> make_streams_dialect(std::string key, std::string stream);

}  // namespace sio::cluster
