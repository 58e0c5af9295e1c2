// What nodes of a cluster say to each other, in the two dialects of the adapters of Node.js. Pure.
//
// A message is JSON or MessagePack; in here it is always JSON text, with placeholders where
// attachments belong.
//
// The pub/sub dialect (npm @socket.io/redis-adapter 8.3.0, and @socket.io/redis-emitter 5.1.0):
//
//   broadcast  [uid, {"type":2,"data":[name,args…],"nsp":N}, opts]                     MessagePack
//   request    {"uid","requestId","type":0…7, …}                   JSON; type 7 in MessagePack
//   response   {"requestId", …}                                    JSON; type 9 in MessagePack
//   opts       {"rooms":[…],"except":[…],"flags":{"volatile","timeout"}}
//   types      0 sids  1 rooms  2 join  3 leave  4 disconnect  5 fetch  6 server-side emit
//              7 broadcast that asks for acks  8 how many were asked  9 an ack
//
// The streams dialect (npm @socket.io/redis-streams-adapter 0.3.1, the cluster adapter of
// socket.io-adapter 2.5.8):
//
//   message    {"uid","nsp","type":1…13,"data":{…}}       MessagePack, or the four fields of an
//              entry of a stream: data is JSON, or base64 of MessagePack
//   types      3 broadcast (with requestId: one that asks for acks)  4 join  5 leave  6 disconnect
//              7 fetch  8 its answer  9 server-side emit  10 its answer  11 how many were asked
//              12 an ack
//
// Between nodes of our kind opts.flags has one more member, "sio":{"from":SID,"key":KEY}; others
// take no notice of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/cluster.h"

namespace sio::cluster {

// A message of another node.
struct ClusterMessage {
  enum class Type : std::uint8_t {
    broadcast,  // with a request_id: it asks for acks
    join,
    leave,
    disconnect,
    fetch,
    list_sids,
    list_rooms,
    server_event,
    client_count,  // an answer to a broadcast that asks for acks
    ack,           // the same
    other,         // of no concern to us
  };
  Type type = Type::other;
  std::string uid;         // of the sender; "" if it did not say
  std::string ns;          // "" if it did not say
  std::string request_id;  // "" if no answer is wanted

  std::vector<std::string> rooms;   // the selection
  std::vector<std::string> except;  // the same
  std::vector<std::string> names;   // join and leave: the rooms
  bool close = false;               // disconnect
  bool is_legacy = false;           // join, leave, disconnect: of one socket, to be answered

  std::string items;  // broadcast: JSON between the brackets, the name first
  std::string value;  // ack: JSON
  std::vector<std::string> attachments;
  bool is_volatile = false;
  std::uint64_t timeout_ms = 0;  // 0: it did not say
  std::uint64_t count = 0;       // client_count
  std::string from;
  std::string key;
};

// --- the pub/sub dialect

// Errors (Errc::protocol) say what is wrong. A broadcast whose type is not an event is `other`.
Result<ClusterMessage> parse_pubsub_broadcast(std::string_view bytes);
// What comes on the channels of requests and of responses.
Result<ClusterMessage> parse_pubsub_request(std::string_view bytes);
Result<ClusterMessage> parse_pubsub_response(std::string_view bytes);
// Whether these are the bytes of a broadcast of the node `uid`, without reading further.
bool is_pubsub_broadcast_of(std::string_view bytes, std::string_view uid);

std::string pubsub_broadcast(std::string_view uid, const ClusterEvent& event);
std::string pubsub_question(std::string_view uid, std::string_view request_id,
                            const ClusterEvent& event, std::uint64_t timeout_ms);
std::string pubsub_join(std::string_view uid, const Selection& who,
                        std::span<const std::string_view> rooms);
std::string pubsub_leave(std::string_view uid, const Selection& who,
                         std::span<const std::string_view> rooms);
std::string pubsub_disconnect(std::string_view uid, const Selection& who, bool close);
std::string pubsub_sids(std::string_view request_id, std::span<const std::string> sids);
std::string pubsub_rooms(std::string_view request_id, std::span<const std::string> rooms);
std::string pubsub_sockets(std::string_view request_id, std::span<const RemoteSocket> sockets);
std::string pubsub_done(std::string_view request_id);
std::string pubsub_server_event_answer(std::string_view request_id, std::string_view json);
std::string pubsub_client_count(std::string_view request_id, std::uint64_t count);
std::string pubsub_ack(std::string_view request_id, const ClusterValue& value);

// --- the streams dialect

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
