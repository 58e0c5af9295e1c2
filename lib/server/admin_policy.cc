#include "server/admin_policy.h"

#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "proto/json_text.h"
#include "server/namespace.h"

namespace sio::server {
namespace {

using Type = AdminCommand::Type;

bool may_command(const Socket& socket) {
  return socket.access == nullptr || socket.access->writes_all();
}

// Who is meant. References: what is done to one may end another.
std::vector<SocketRef> chosen(Hub& hub, const AdminCommand& command) {
  std::vector<SocketRef> refs;
  const Namespace* ns = hub.find_namespace(command.ns);
  if (ns == nullptr) return refs;
  if (command.filter.empty()) {
    for (const Socket* socket : ns->sockets) refs.push_back(socket->ref);
    return refs;
  }
  if (const Socket* socket = hub.find_sid(command.filter); socket != nullptr && &socket->ns == ns)
    refs.push_back(socket->ref);
  if (const Room* room = ns->rooms.find(command.filter); room != nullptr)
    for (const Room::Member& member : room->members) refs.push_back(member.socket->ref);
  return refs;
}

void change_rooms(Hub& hub, Socket& socket, const AdminCommand& command) {
  for (const std::string& room : command.rooms) {
    if (command.type == Type::leave) {
      hub.leave(socket, room);
    } else if (const Status status = hub.join(socket, room); !status) {
      log(LogLevel::debug,
          fmt::format("{} does not join {}: {}", socket.sid(), room, status.error().message));
    }
  }
}

}  // namespace

AdminPolicy::AdminPolicy(Server& watched, AdminWatch& watch, AdminAuthenticator* authenticator)
    : watched_(watched), watch_(watch), authenticator_(authenticator) {}

// The authenticator has said yes.
Admission AdminPolicy::on_connect_request(const ConnectRequest& request) {
  if (authenticator_ != nullptr && authenticator_->is_login(request.auth))
    logging_in_ = request.sid;
  return Admission::accept();
}

void AdminPolicy::on_connected(Socket& socket) {
  if (std::exchange(logging_in_, {}) == socket.sid() && socket.access != nullptr) {
    const std::string id = authenticator_->begin_session(*socket.access);
    const std::string items = fmt::format(R"("session","{}")", id);
    own_->hub().send_event(socket, {.items = items, .attachments = nullptr, .ack_id = {}});
  }
  watch_.begin(socket, may_command(socket));
}

void AdminPolicy::on_disconnecting(Socket& socket, std::string_view reason) {
  watch_.end(socket, reason);
}

void AdminPolicy::on_event(Socket& socket, const proto::PacketView& packet,
                           const std::vector<std::string>* attachments) {
  const SocketRef asking = socket.ref;
  std::string answer;
  const auto command = parse_admin_command(packet.event, packet.args);
  if (!may_command(socket)) {
    answer = proto::encode_refusal("forbidden", "this token may only look on");
  } else if (!command) {
    log(LogLevel::debug, fmt::format("an admin's {}: {}", packet.event, command.error().message));
    answer = proto::encode_refusal("bad_request", command.error().message);
  } else {
    answer = fmt::format(R"({{"sockets":{}}})", apply(*command, attachments));
  }
  Socket* const still_there = own_->hub().find(asking);
  if (packet.ack_id && still_there != nullptr)
    own_->hub().send_ack(*still_there, *packet.ack_id, answer);
}

// How many sockets it was for.
std::size_t AdminPolicy::apply(const AdminCommand& command,
                               const std::vector<std::string>* attachments) {
  if (log_enabled(LogLevel::debug))
    log(LogLevel::debug, fmt::format("an admin's command for {} {}", command.ns, command.filter));
  if (command.type == Type::emit) emit(command, attachments);
  std::size_t count = apply(watched_.hub(), command);
  if (command.ns == kAdminNamespace) count += apply(own_->hub(), command);
  return count;
}

std::size_t AdminPolicy::apply(Hub& hub, const AdminCommand& command) {
  const std::vector<SocketRef> refs = chosen(hub, command);
  if (command.type == Type::emit) return refs.size();
  for (const SocketRef ref : refs) {
    Socket* const socket = hub.find(ref);
    if (socket == nullptr) continue;
    if (command.type != Type::disconnect) {
      change_rooms(hub, *socket, command);
    } else if (command.close) {
      socket->link.disconnect_all();
    } else {
      socket->link.disconnect(*socket);
    }
  }
  return refs.size();
}

// Through the queue, as if it came from the HTTP door.
void AdminPolicy::emit(const AdminCommand& command, const std::vector<std::string>* attachments) {
  if (!has_namespace(watched_.options(), command.ns)) return;
  std::vector<std::string_view> rooms;
  if (!command.filter.empty()) rooms.push_back(command.filter);
  watched_.hub().publish({.ns = &watched_.hub().open_namespace(command.ns),
                          .event = command.event,
                          .items = command.items,
                          .args = command.args(),
                          .attachments = attachments,
                          .rooms = rooms,
                          .except = {},
                          .key = {},
                          .ack_id = {}});
}

}  // namespace sio::server
