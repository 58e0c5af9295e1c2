// Channels, K being the key and N the namespace:
//
//   K#N#  K#N#ROOM#              events; those to exactly one room on a channel of its own
//   K-request#N#                 requests. Its number of subscribers is the number of nodes
//   K-response#N#  …#N#UID#      answers, for those who ask
//
// Source: npm @socket.io/redis-adapter 8.3.0 (createAdapter).

#include <fmt/format.h>

#include "base/random_id.h"
#include "cluster/dialect.h"
#include "cluster/pubsub_message.h"

namespace sio::cluster {
namespace {

constexpr std::size_t kUidSize = 6;

// As a pattern that means this text and nothing else.
std::string literal_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

class PubSubDialect final : public Dialect {
 public:
  explicit PubSubDialect(std::string key) : key_(std::move(key)) {}

  std::string new_uid() const override { return random_id().substr(0, kUidSize); }

  std::vector<Subscription> subscriptions(const NodeName& node, bool asks) const override {
    std::vector<Subscription> all{
        {literal_pattern(fmt::format("{}#{}#", key_, node.ns)) + '*', Topic::events, true},
        {requests(node.ns), Topic::requests}};
    if (!asks) return all;
    all.push_back({responses(node.ns), Topic::responses});
    all.push_back({fmt::format("{}{}#", responses(node.ns), node.uid), Topic::responses});
    return all;
  }

  bool is_own(Topic topic, std::string_view bytes, std::string_view uid) const override {
    return topic == Topic::events && is_pubsub_broadcast_of(bytes, uid);
  }

  Result<ClusterMessage> parse(Topic topic, std::string_view bytes) const override {
    if (topic == Topic::events) return parse_pubsub_broadcast(bytes);
    return topic == Topic::requests ? parse_pubsub_request(bytes) : parse_pubsub_response(bytes);
  }

  Outgoing event(const NodeName& node, const ClusterEvent& event) const override {
    std::string channel = fmt::format("{}#{}#", key_, node.ns);
    if (event.to.rooms.size() == 1) channel += fmt::format("{}#", event.to.rooms.front());
    return {std::move(channel), pubsub_broadcast(node.uid, event)};
  }
  Outgoing question(const NodeName& node, std::string_view request_id, const ClusterEvent& event,
                    std::uint64_t timeout_ms) const override {
    return {requests(node.ns), pubsub_question(node.uid, request_id, event, timeout_ms)};
  }
  Outgoing join(const NodeName& node, const Selection& who,
                std::span<const std::string_view> rooms) const override {
    return {requests(node.ns), pubsub_join(node.uid, who, rooms)};
  }
  Outgoing leave(const NodeName& node, const Selection& who,
                 std::span<const std::string_view> rooms) const override {
    return {requests(node.ns), pubsub_leave(node.uid, who, rooms)};
  }
  Outgoing disconnect(const NodeName& node, const Selection& who, bool close) const override {
    return {requests(node.ns), pubsub_disconnect(node.uid, who, close)};
  }

  Outgoing sockets(const Asker& to, std::span<const RemoteSocket> sockets) const override {
    return {answers(to), pubsub_sockets(to.request_id, sockets)};
  }
  // On the common channel, whoever asks.
  Outgoing server_event_answer(const Asker& to, std::string_view json) const override {
    return {responses(to.ns), pubsub_server_event_answer(to.request_id, json)};
  }
  Outgoing client_count(const Asker& to, std::uint64_t count) const override {
    return {answers(to), pubsub_client_count(to.request_id, count)};
  }
  Outgoing ack(const Asker& to, const ClusterValue& value) const override {
    return {answers(to), pubsub_ack(to.request_id, value)};
  }
  std::optional<Outgoing> sids(const Asker& to, std::span<const std::string> sids) const override {
    return Outgoing{answers(to), pubsub_sids(to.request_id, sids)};
  }
  std::optional<Outgoing> rooms(const Asker& to,
                                std::span<const std::string> rooms) const override {
    return Outgoing{answers(to), pubsub_rooms(to.request_id, rooms)};
  }
  std::optional<Outgoing> done(const Asker& to) const override {
    return Outgoing{answers(to), pubsub_done(to.request_id)};
  }

 private:
  std::string requests(std::string_view ns) const {
    return fmt::format("{}-request#{}#", key_, ns);
  }
  std::string responses(std::string_view ns) const {
    return fmt::format("{}-response#{}#", key_, ns);
  }
  // The asker's own channel, to which nobody else listens; those of old do not say who they are.
  std::string answers(const Asker& to) const {
    return responses(to.ns) + (to.uid.empty() ? std::string() : fmt::format("{}#", to.uid));
  }

  std::string key_;
};

}  // namespace

std::unique_ptr<Dialect> make_pubsub_dialect(std::string key) {
  return std::make_unique<PubSubDialect>(std::move(key));
}

}  // namespace sio::cluster
