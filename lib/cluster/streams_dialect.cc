// Two roads, K being the key and N the namespace:
//
//   the stream       events, joining, leaving, disconnecting: whoever reads misses nothing that
//                    it still has
//   K#N#             what is of the moment: events that ask for acks, fetching. Its number of
//                    subscribers is the number of nodes
//   K#N#UID#         answers to a node
//
// Source: npm @socket.io/redis-streams-adapter 0.3.1.

#include <fmt/format.h>

#include "base/random_id.h"
#include "cluster/dialect.h"
#include "cluster/stream_message.h"

namespace sio::cluster {
namespace {

std::string hex_id() {
  std::uint64_t random = 0;
  random_bytes(&random, sizeof random);
  return fmt::format("{:016x}", random);
}

Outgoing entry(StreamData data) {
  return {.payload = std::move(data.data), .entry_type = data.type};
}

class StreamsDialect final : public Dialect {
 public:
  StreamsDialect(std::string key, std::string stream)
      : key_(std::move(key)), stream_(std::move(stream)) {}

  std::string new_uid() const override { return hex_id(); }
  std::string_view stream() const override { return stream_; }

  std::vector<Subscription> subscriptions(const NodeName& node, bool) const override {
    return {{channel(node.ns), Topic::everything},
            {private_channel(node.ns, node.uid), Topic::everything}};
  }

  bool is_own(Topic, std::string_view, std::string_view) const override { return false; }
  Result<ClusterMessage> parse(Topic, std::string_view bytes) const override {
    return parse_stream_message(bytes);
  }

  Outgoing event(const NodeName&, const ClusterEvent& event) const override {
    return entry(stream_broadcast(event));
  }
  Outgoing question(const NodeName& node, std::string_view request_id, const ClusterEvent& event,
                    std::uint64_t timeout_ms) const override {
    return {channel(node.ns), stream_question({node.uid, node.ns}, request_id, event, timeout_ms)};
  }
  Outgoing join(const NodeName&, const Selection& who,
                std::span<const std::string_view> rooms) const override {
    return entry(stream_join(who, rooms));
  }
  Outgoing leave(const NodeName&, const Selection& who,
                 std::span<const std::string_view> rooms) const override {
    return entry(stream_leave(who, rooms));
  }
  Outgoing disconnect(const NodeName&, const Selection& who, bool close) const override {
    return entry(stream_disconnect(who, close));
  }

  Outgoing sockets(const Asker& to, std::span<const RemoteSocket> sockets) const override {
    return {answers(to), stream_sockets(sender(to), to.request_id, sockets)};
  }
  Outgoing server_event_answer(const Asker& to, std::string_view json) const override {
    return {answers(to), stream_server_event_answer(sender(to), to.request_id, json)};
  }
  Outgoing client_count(const Asker& to, std::uint64_t count) const override {
    return {answers(to), stream_client_count(sender(to), to.request_id, count)};
  }
  Outgoing ack(const Asker& to, const ClusterValue& value) const override {
    return {answers(to), stream_ack(sender(to), to.request_id, value)};
  }

 private:
  static StreamSender sender(const Asker& to) { return {to.own_uid, to.ns}; }
  std::string channel(std::string_view ns) const { return fmt::format("{}#{}#", key_, ns); }
  std::string private_channel(std::string_view ns, std::string_view uid) const {
    return fmt::format("{}#{}#{}#", key_, ns, uid);
  }
  std::string answers(const Asker& to) const { return private_channel(to.ns, to.uid); }

  std::string key_;
  std::string stream_;
};

}  // namespace

std::unique_ptr<Dialect> make_streams_dialect(std::string key, std::string stream) {
  return std::make_unique<StreamsDialect>(std::move(key), std::move(stream));
}

}  // namespace sio::cluster
