// The pub/sub dialect: npm @socket.io/redis-adapter 8.3.0, and @socket.io/redis-emitter 5.1.0.
// Pure.
//
//   broadcast  [uid, {"type":2,"data":[name,args…],"nsp":N}, opts]                     MessagePack
//   request    {"uid","requestId","type":0…7, …}                   JSON; type 7 in MessagePack
//   response   {"requestId", …}                                    JSON; type 9 in MessagePack
//   opts       {"rooms":[…],"except":[…],"flags":{"volatile","timeout"}}
//   types      0 sids  1 rooms  2 join  3 leave  4 disconnect  5 fetch  6 server-side emit
//              7 broadcast that asks for acks  8 how many were asked  9 an ack
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cluster/cluster.h"
#include "cluster/cluster_message.h"

namespace sio::cluster {

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

}  // namespace sio::cluster
