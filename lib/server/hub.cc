#include "server/hub.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"
#include "server/cluster_node.h"
#include "server/frame_runs.h"

namespace sio::server {
namespace {

Status check_room_name(std::string_view room) {
  if (room.empty()) return fail(Errc::usage, "a room's name must not be empty");
  if (room.size() > proto::kMaxRoomName)
    return fail(Errc::too_large,
                fmt::format("a room's name is longer than {} bytes", proto::kMaxRoomName));
  return {};
}

}  // namespace

Hub::Hub(net::FrameArena& frames, store::Store* store, const Clock& clock, HubWaker& waker,
         HubLimits limits, const HubMemory& memory)
    : frames_(frames),
      store_(store),
      clock_(clock),
      limits_(limits),
      memory_(memory),
      responders_(*this),
      broadcast_(frames, store, clock, *this),
      readers_(*this, frames, store, waker),
      group_dispatch_(*this, frames, store, memory.groups, waker) {
  update_backlog_limit();
  if (store_ != nullptr) store_->set_durability_listener(this);
}

Hub::~Hub() {
  if (store_ != nullptr) store_->set_durability_listener(nullptr);
}

// --- sockets

Namespace& Hub::open_namespace(std::string_view name) {
  const auto it = namespaces_.find(name);
  if (it != namespaces_.end()) return *it->second;
  has_empty_namespace_ = true;
  auto owned = std::make_unique<Namespace>(std::string(name));
  Namespace& ns = *namespaces_.emplace(std::string(name), std::move(owned)).first->second;
  if (cluster_ != nullptr) cluster_->on_namespace_opened(ns.name);
  return ns;
}

Namespace* Hub::find_namespace(std::string_view name) const {
  const auto it = namespaces_.find(name);
  return it == namespaces_.end() ? nullptr : it->second.get();
}

void Hub::take_slot(Socket& socket) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  slots_[index].socket = &socket;
  socket.ref = {index, slots_[index].generation};
}

void Hub::update_backlog_limit() {
  const std::size_t share = limits_.backlog_total / std::max<std::size_t>(1, by_sid_.size());
  backlog_limit_ = std::clamp(share, limits_.backlog_minimum,
                              std::max(limits_.backlog_minimum, limits_.backlog_per_reader));
}

Status Hub::admit(std::string_view ns, const proto::Hello& hello) {
  commit();
  return group_dispatch_.admit(ns, hello);
}

Socket& Hub::connect(Link& link, std::string_view ns_name, std::string_view sid,
                     const proto::Hello& hello, bool comes_back) {
  SIO_CHECK(sid.size() == Socket::kSidSize);
  commit();
  Namespace& ns = open_namespace(ns_name);
  auto owned = std::make_unique<Socket>(link, ns);
  Socket& socket = *owned;
  std::ranges::copy(sid, socket.sid_chars.begin());
  take_slot(socket);
  using Extra = ReaderKinds::Extra;
  const bool recovers = !link.is_old_client() && may_recover(hello);
  const Extra extra = hello.meta ? Extra::meta : recovers ? Extra::offset : Extra::nothing;
  socket.kind = &kinds_.acquire(extra, hello.events);
  socket.is_deaf = !hello.group.empty() || !hello.inspect.empty() || hello.until;
  ns.sockets.add(socket);
  socket.next_on_link = link.first_socket_;
  link.first_socket_ = &socket;
  by_sid_.emplace(socket.sid(), std::move(owned));
  update_backlog_limit();
  if (watcher_ != nullptr) watcher_->on_connected(socket);
  if (socket.kind->offset && !comes_back)
    socket.session = &memory_.sessions->begin(socket, sid, ns.name, next_seq() - 1);
  if (!hello.group.empty()) {
    group_dispatch_.add(socket, hello);
  } else if (!comes_back) {
    for (const std::string& room : hello.rooms) static_cast<void>(join(socket, room));
  }
  if (!hello.publisher.empty()) socket.publisher = std::make_unique<std::string>(hello.publisher);
  if (!hello.respond.empty()) Responders::add(socket, hello.respond);
  return socket;
}

void Hub::add_alias(Socket& socket, std::string alias) {
  commit();
  socket.alias = std::make_unique<std::string>(std::move(alias));
  by_alias_.emplace(*socket.alias, &socket);
}

void Hub::disconnect(Socket& socket, bool lost, std::string_view reason) {
  commit();
  if (watcher_ != nullptr) watcher_->on_disconnected(socket, reason);
  group_dispatch_.remove(socket);
  if (Session* session = std::exchange(socket.session, nullptr); session != nullptr) {
    if (lost) {
      memory_.sessions->part(*session, clock_.wall_ms());
    } else {
      memory_.sessions->end(*session);
    }
  }
  Namespace& ns = socket.ns;
  ns.rooms.leave_all(socket);
  ns.sockets.remove(socket);
  if (ns.sockets.empty()) has_empty_namespace_ = true;
  forget_socket(socket);
  responders_.remove(socket);
}

// Takes the socket out of every index that could lead to it.
void Hub::forget_socket(Socket& socket) {
  Socket** place = &socket.link.first_socket_;
  while (*place != &socket) place = &(*place)->next_on_link;
  *place = socket.next_on_link;

  slots_[socket.ref.slot].socket = nullptr;
  ++slots_[socket.ref.slot].generation;
  free_slots_.push_back(socket.ref.slot);

  if (socket.alias != nullptr) by_alias_.erase(*socket.alias);
  const auto it = by_sid_.find(socket.sid());
  gone_.push_back(std::move(it->second));
  by_sid_.erase(it);
  kinds_.release(*socket.kind);
  socket.kind = &kinds_.stock();
  update_backlog_limit();
}

Socket* Hub::find(SocketRef ref) const {
  if (ref.slot >= slots_.size() || slots_[ref.slot].generation != ref.generation) return nullptr;
  return slots_[ref.slot].socket;
}

Socket* Hub::find_sid(std::string_view sid) {
  if (const auto it = by_sid_.find(sid); it != by_sid_.end()) return it->second.get();
  if (by_alias_.empty()) return nullptr;
  const auto it = by_alias_.find(sid);
  return it == by_alias_.end() ? nullptr : it->second;
}

Socket* Hub::find_on(const Link& link, std::string_view ns) const {
  Socket* socket = link.first_socket_;
  while (socket != nullptr && socket->ns.name != ns) socket = socket->next_on_link;
  return socket;
}

// --- other servers

void Hub::set_cluster(ClusterNode* cluster) {
  cluster_ = cluster;
  broadcast_.set_relay(cluster);
}

void Hub::begin_foreign() {
  commit();
  broadcast_.set_relay(nullptr);
}

void Hub::end_foreign() {
  commit();
  broadcast_.set_relay(cluster_);
}

// --- rooms

Status Hub::join(Socket& socket, std::string_view room) {
  SIO_TRY_STATUS(check_room_name(room));
  if (socket.is_own_room(room)) return {};
  if (find_sid(room) != nullptr)
    return fail(Errc::refused, "the room of another socket's sid is its own");
  if (socket.rooms.size() >= proto::kMaxRoomsPerSocket)
    return fail(Errc::too_large, fmt::format("more than {} rooms", proto::kMaxRoomsPerSocket));
  commit();
  if (!socket.ns.rooms.join(socket, room)) return {};
  if (watcher_ != nullptr) watcher_->on_joined(socket, room);
  if (socket.is_behind()) socket.behind->joined(room, next_seq());
  if (socket.session != nullptr) memory_.sessions->join(*socket.session, room);
  return {};
}

void Hub::leave(Socket& socket, std::string_view room) {
  commit();
  if (!socket.ns.rooms.leave(socket, room)) return;
  if (watcher_ != nullptr) watcher_->on_left(socket, room);
  if (socket.is_behind()) socket.behind->left(room, next_seq());
  if (socket.session != nullptr) memory_.sessions->leave(*socket.session, room);
}

// --- events

void Hub::publish(const Publish& publish) {
  broadcast_.add(publish);
}

store::Seq Hub::publish_now(const Publish& publish) {
  commit();
  broadcast_.add(publish);
  return commit();
}

store::Seq Hub::commit() {
  const store::Seq last = broadcast_.commit();
  flush_acks();
  return last;
}

void Hub::send_event(const Namespace& ns, std::span<const std::string_view> rooms,
                     std::span<const std::string_view> except, const DirectEvent& event) {
  commit();
  for (Socket* socket : broadcast_.targets(ns, rooms, except)) send_event(*socket, event);
}

void Hub::send_event(Socket& socket, const DirectEvent& event) {
  commit();
  std::string head;
  const std::size_t count = event.attachments == nullptr ? 0 : event.attachments->size();
  proto::append_header(head, count > 0 ? proto::PacketType::binary_event : proto::PacketType::event,
                       count, socket.ns.name, event.ack_id);
  std::vector<net::Frame> frames{frames_.text({"4", head, "[", event.items, "]"})};
  for (std::size_t i = 0; i < count; ++i) frames.push_back(frames_.binary((*event.attachments)[i]));
  send_frames(socket.link, frames);
}

void Hub::send_ack(Socket& socket, std::uint64_t ack_id, std::string_view args,
                   const std::vector<std::string>* attachments) {
  commit();
  const std::size_t count = attachments == nullptr ? 0 : attachments->size();
  const std::string packet = proto::encode_ack(socket.ns.name, ack_id, args, count);
  std::vector<net::Frame> frames{frames_.text({"4", packet})};
  for (std::size_t i = 0; i < count; ++i) frames.push_back(frames_.binary((*attachments)[i]));
  send_frames(socket.link, frames);
}

void Hub::send_text(Link& link, std::string_view packet) {
  commit();
  const net::Frame frame = frames_.text({packet});
  send_frames(link, {&frame, 1});
}

// Replies are bounded by not listening to who does not read them, and by a hard limit.
void Hub::send_frames(Link& link, std::span<const net::Frame> frames) {
  net::Transport* transport = link.transport();
  if (transport == nullptr) return;
  for_each_run(frames, [transport](const net::FrameRun& run) { transport->send(run); });
  const std::size_t backlog = transport->waiting();
  if (backlog > limits_.backlog_hard) {
    link.kick("it does not read what it is sent");
  } else if (backlog > limits_.unread_replies) {
    link.pause_reading();
    ask_for_drain(*transport);
  }
}

void Hub::ask_for_drain(net::Transport& transport) const {
  transport.set_drain_mark(backlog_limit_ / 4);
}

// --- acks

void Hub::on_stored(const PendingAck& ack) {
  if (ack.seq == 0) {
    add_ack_frame(ack, R"([{"id":null}])", {});
  } else if (ack.seq > store_->durable()) {
    gate_.add(ack);
  } else {
    add_ack_frame(ack, R"([{"id":"#)", "\"}]");
  }
}

void Hub::on_refused(const PendingAck& ack, const Error& error) {
  const std::string_view code = error.code == Errc::too_large ? "too_large"
                                : error.code == Errc::full    ? "full"
                                                              : "unavailable";
  const std::string refusal = fmt::format("[{}]", proto::encode_refusal(code, error.message));
  add_ack_frame({ack.socket, ack.ack_id, 0}, refusal, {});
}

// `before` and `after` stand around the record's id, if it has one. Consecutive acks of one socket
// are sent together.
void Hub::add_ack_frame(const PendingAck& ack, std::string_view before, std::string_view after) {
  Socket* socket = find(ack.socket);
  if (socket == nullptr) return;
  if (socket != ack_frames_for_) flush_acks();
  ack_frames_for_ = socket;
  char digits[48];
  char* const middle = std::to_chars(digits, digits + 20, ack.ack_id).ptr;
  char* const end = std::to_chars(middle, digits + sizeof digits, ack.seq).ptr;
  const std::string_view ack_id(digits, static_cast<std::size_t>(middle - digits));
  if (ack.seq == 0) {
    ack_frames_.push_back(frames_.text({"43", socket->ns.infix, ack_id, before}));
    return;
  }
  const std::string_view seq(middle, static_cast<std::size_t>(end - middle));
  ack_frames_.push_back(
      frames_.text({"43", socket->ns.infix, ack_id, before, store_->name(), "-", seq, after}));
}

void Hub::flush_acks() {
  if (ack_frames_for_ == nullptr) return;
  send_frames(ack_frames_for_->link, ack_frames_);
  ack_frames_.clear();
  ack_frames_for_ = nullptr;
}

void Hub::on_durable(store::Seq seq) {
  while (const auto ack = gate_.next_durable(seq)) add_ack_frame(*ack, R"([{"id":"#)", "\"}]");
  flush_acks();
  group_dispatch_.on_durable(seq);
}

void Hub::on_append(const Result<store::Seq>& first) {
  if (!first && first.error().code == Errc::too_large) return;
  if (std::exchange(store_refuses_, !first) == store_refuses_) return;
  if (first)
    log(LogLevel::info, "events are stored again");
  else
    log(LogLevel::error, fmt::format("events are not stored: {}", first.error().message));
}

void Hub::on_failed(store::Seq seq, const Error& error) {
  store_refuses_ = true;
  log(LogLevel::error,
      fmt::format("the store lost what follows {}: {}", id_of(seq), error.message));
  while (const auto ack = gate_.next_lost(seq)) on_refused(*ack, error);
  flush_acks();
}

// --- turns

void Hub::end_turn() {
  commit();
  readers_.retry_stalled();
  group_dispatch_.pump();
  group_dispatch_.flush();
  if (memory_.sessions != nullptr) memory_.sessions->flush(clock_.wall_ms());
  gone_.clear();
  if (has_empty_namespace_) forget_empty_namespaces();
}

void Hub::forget_empty_namespaces() {
  has_empty_namespace_ = false;
  std::erase_if(namespaces_, [this](const auto& entry) {
    if (!entry.second->sockets.empty()) return false;
    if (cluster_ != nullptr) cluster_->on_namespace_closed(entry.first);
    return true;
  });
}

// --- readers that are behind

store::Seq Hub::next_seq() const {
  return store_ == nullptr ? 1 : store_->bounds().next;
}

std::string Hub::id_of(store::Seq seq) const {
  return proto::format_record_id(store_->name(), seq);
}

std::string Hub::newest_id() const {
  return next_seq() == 1 ? std::string() : id_of(next_seq() - 1);
}

void Hub::on_overflow(Socket& socket, store::Seq next) {
  if (next == 0) {
    socket.link.kick("it reads too slowly, and what it misses is not stored");
    return;
  }
  if (log_enabled(LogLevel::debug))
    log(LogLevel::debug, fmt::format("{} reads slowly: behind from {}", socket.sid(), id_of(next)));
  readers_.fall_behind(socket, next);
  ask_for_drain(*socket.link.transport());
}

void Hub::start(Socket& socket, const proto::Hello& hello) {
  commit();
  if (socket.member == nullptr) readers_.start(socket, hello);
  if (socket.session != nullptr && socket.is_behind())
    memory_.sessions->set_delivered(*socket.session, socket.behind->next - 1);
}

void Hub::resume(Socket& socket, const proto::RecordId& since) {
  commit();
  readers_.resume(socket, since);
}

Lag Hub::lag() const {
  Lag lag;
  for_each_socket([&lag](const Socket& socket) {
    if (!socket.is_behind()) return;
    ++lag.readers;
    lag.position += socket.behind->next;
  });
  return lag;
}

void Hub::on_drained(Link& link) {
  link.resume_reading();
  for (Socket* socket = link.first_socket_; socket != nullptr; socket = socket->next_on_link)
    if (socket->is_behind()) {
      readers_.schedule(*socket);
    } else if (socket->member != nullptr) {
      group_dispatch_.on_drained();
    }
}

}  // namespace sio::server
