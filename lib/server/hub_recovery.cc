// The part of the hub that brings lost clients back (connection state recovery).
//
// A client says how far it has come with the offset that was behind the last event's arguments, and
// the session knows how far it has come at least: what was sent before a ping that it answered. The
// greater of the two counts. So a client recovers that was never sent an event, or whose offset is
// older than the queue while it was idle. An offset that this server cannot have given out for the
// session is not guessed about: the client begins anew.

#include <algorithm>
#include <charconv>
#include <utility>

#include "proto/json_text.h"
#include "server/hub.h"

namespace sio::server {
namespace {

std::optional<std::string> string_member(std::string_view object, std::string_view key) {
  const auto value = proto::object_member(object, key);
  if (!value || proto::json_kind(*value) != proto::JsonKind::string) return std::nullopt;
  return proto::json_unescape(*value);
}

// `STORE-SEQ`, as Broadcast and StoredFrames write it.
std::optional<store::Seq> parse_offset(std::string_view text, std::string_view store_name) {
  if (!text.starts_with(store_name)) return std::nullopt;
  text.remove_prefix(store_name.size());
  if (!text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  store::Seq seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return seq;
}

}  // namespace

bool Hub::may_recover(const proto::Hello& hello) const {
  const bool is_reader = hello.group.empty() && hello.inspect.empty() && !hello.until;
  return memory_.sessions != nullptr && store_ != nullptr && is_reader && !hello.meta &&
         (memory_.recover_all || hello.recover);
}

std::optional<Hub::Recovery> Hub::find_recovery(std::string_view ns,
                                                std::string_view connect_payload,
                                                const proto::Hello& hello) {
  if (connect_payload.empty() || !may_recover(hello)) return {};
  const auto pid = string_member(connect_payload, "pid");
  if (!pid) return {};
  Session* session = memory_.sessions->find(*pid, clock_.wall_ms());
  if (session == nullptr || session->ns != ns) return {};
  commit();
  const store::Bounds bounds = store_->bounds();
  store::Seq delivered = session->delivered;
  if (proto::object_member(connect_payload, "offset")) {
    const auto text = string_member(connect_payload, "offset");
    const auto offset = text ? parse_offset(*text, store_->name()) : std::nullopt;
    if (!offset || *offset >= bounds.next) return {};
    delivered = std::max(delivered, *offset);
  }
  if (delivered + 1 < bounds.first) return {};
  if (session->socket != nullptr) session->socket->link.give_up(*session->socket);
  return Recovery{session, delivered};
}

void Hub::recover(Socket& socket, const Recovery& recovery, std::string reply) {
  Session& session = *recovery.session;
  socket.session = &session;
  for (const std::string& room : session.rooms)
    if (socket.ns.rooms.join(socket, room) && watcher_ != nullptr)
      watcher_->on_joined(socket, room);
  memory_.sessions->set_delivered(session, recovery.delivered);
  memory_.sessions->take_up(session, socket);
  readers_.recover(socket, recovery.delivered + 1, std::move(reply));
}

void Hub::on_ping_sent(Link& link) {
  if (memory_.sessions == nullptr) return;
  for (Socket* socket = link.first_socket_; socket != nullptr; socket = socket->next_on_link)
    if (socket->session != nullptr)
      socket->session->at_ping = (socket->is_behind() ? socket->behind->next : next_seq()) - 1;
}

void Hub::on_pong(Link& link) {
  if (memory_.sessions == nullptr) return;
  for (Socket* socket = link.first_socket_; socket != nullptr; socket = socket->next_on_link)
    if (socket->session != nullptr && socket->session->at_ping > socket->session->delivered)
      memory_.sessions->set_delivered(*socket->session, socket->session->at_ping);
}

}  // namespace sio::server
