// What a policy wants to be done with an event.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sio::server {

struct Namespace;
class Socket;

// Views are used during the call only.
struct Publish {
  Namespace* ns = nullptr;
  Socket* sender = nullptr;    // does not get it itself; null: no socket of ours sent it
  std::string_view from = {};  // no sender: the sid of who sent it, where it is known; or empty

  std::string_view event;  // the name, unescaped
  // The event's JSON text between the brackets: name, and arguments if there are any. `args` is its
  // part behind the comma (a view into `items`), empty when there are none.
  std::string_view items;
  std::string_view args;
  bool numeric_name = false;
  const std::vector<std::string>* attachments = nullptr;  // null when there are none

  std::span<const std::string_view> rooms;            // empty: the whole namespace
  std::span<const std::string_view> except;           // rooms and sids that must not get it
  std::string_view key;                               // dedupe key, or empty
  std::string_view dead_group = {};                   // the group that has given it up, or empty
  std::span<const std::string_view> dead_rooms = {};  // and where it was addressed to before
  bool is_volatile = false;             // not stored, and dropped where it would have to wait
  std::optional<std::uint64_t> ack_id;  // the sender wants a receipt
};

}  // namespace sio::server
