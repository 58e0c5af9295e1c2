// What the admin UI asks for, as events in its namespace:
//
//   emit         namespace, filter, event, arguments…
//   join, leave  namespace, room or array of rooms, filter
//   _disconnect  namespace, whether to close the connection, filter
//
// A filter is a room or a socket's id; absent, null or "" means everybody in the namespace.
// Source: @socket.io/admin-ui 0.5.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::server {

struct AdminCommand {
  enum class Type : std::uint8_t { emit, join, leave, disconnect };

  Type type = Type::emit;
  std::string ns;
  std::string filter;              // empty: everybody
  std::vector<std::string> rooms;  // join and leave
  std::string event;               // emit
  std::string items;               // emit: the event's JSON text between the brackets
  std::string_view args() const { return std::string_view(items).substr(args_begin); }
  std::size_t args_begin = 0;  // in `items`
  bool close = false;          // disconnect: the connection, not only the socket
};

// `args`: the event's arguments as in proto::PacketView, checked. Errc::not_found: the event is
// none of these; Errc::protocol and Errc::too_large say which argument makes no sense.
Result<AdminCommand> parse_admin_command(std::string_view event, std::string_view args);

}  // namespace sio::server
