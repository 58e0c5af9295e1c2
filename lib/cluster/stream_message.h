// The streams dialect: npm @socket.io/redis-streams-adapter 0.3.1, the cluster adapter of
// socket.io-adapter 2.5.8. Pure.
//
//   message    {"uid","nsp","type":1…13,"data":{…}}       MessagePack, or the four fields of an
//              entry of a stream: data is JSON, or base64 of MessagePack
//   types      3 broadcast (with requestId: one that asks for acks)  4 join  5 leave  6 disconnect
//              7 fetch  8 its answer  9 server-side emit  10 its answer  11 how many were asked
//              12 an ack
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cluster/cluster.h"
#include "cluster/cluster_message.h"

namespace sio::cluster {

// The fields of an entry of a stream.
struct StreamEntry {
  std::string_view uid;
  std::string_view ns;
  std::string_view type;
  std::string_view data;
};
Result<ClusterMessage> parse_stream_entry(const StreamEntry& entry);
// A whole message.
Result<ClusterMessage> parse_stream_message(std::string_view bytes);

// The field `data` of an entry, and its field `type`.
struct StreamData {
  std::string_view type;
  std::string data;
};
StreamData stream_broadcast(const ClusterEvent& event);
StreamData stream_join(const Selection& who, std::span<const std::string_view> rooms);
StreamData stream_leave(const Selection& who, std::span<const std::string_view> rooms);
StreamData stream_disconnect(const Selection& who, bool close);
// Whole messages.
struct StreamSender {
  std::string_view uid;
  std::string_view ns;
};
std::string stream_question(const StreamSender& sender, std::string_view request_id,
                            const ClusterEvent& event, std::uint64_t timeout_ms);
std::string stream_sockets(const StreamSender& sender, std::string_view request_id,
                           std::span<const RemoteSocket> sockets);
std::string stream_server_event_answer(const StreamSender& sender, std::string_view request_id,
                                       std::string_view json);
std::string stream_client_count(const StreamSender& sender, std::string_view request_id,
                                std::uint64_t count);
std::string stream_ack(const StreamSender& sender, std::string_view request_id,
                       const ClusterValue& value);

}  // namespace sio::cluster
