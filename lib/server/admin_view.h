// What the admin UI is shown of sockets, as JSON.
// Source: @socket.io/admin-ui 0.5.1, and the official server's handshake object.
#pragma once

#include <cstdint>
#include <string>

#include "server/handshake.h"
#include "server/socket.h"

namespace sio::server {

// {"id":…,"clientId":…,"transport":…,"nsp":…,"data":{…},"handshake":{…},"rooms":[…]}. `data` says
// whether the socket is behind the queue or works for a group.
void append_admin_socket(std::string& out, const Socket& socket);

// {"address":…,"headers":{…},"query":{…},"issued":…,"secure":…,"time":…,"url":…,"xdomain":…}.
// Secrets (proto/secrets.h) are masked. The address is what a proxy says of it, if one does. Null:
// all of it is empty.
void append_admin_handshake(std::string& out, const Handshake* handshake);

// As Date.prototype.toString() in UTC: "Fri Nov 20 2026 02:42:07 GMT+0000 (Coordinated Universal
// Time)".
std::string javascript_date(std::int64_t time_ms);

}  // namespace sio::server
