// What nodes of a cluster say to each other, in one of the two dialects of the adapters of Node.js:
// pubsub_message.h and stream_message.h read and write them. Pure.
//
// A message is JSON or MessagePack; in here it is always JSON text, with placeholders where
// attachments belong.
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

}  // namespace sio::cluster
