#include "server/hub.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"
#include "proto/stored_event.h"

namespace sio::server {
namespace {

// Records that one reader is shown before others have their turn.
constexpr std::size_t kRecordsPerRead = 8192;
// Rooms that the store is asked to look for.
constexpr std::size_t kFewRooms = 16;

Status check_room_name(std::string_view room) {
  if (room.empty()) return fail(Errc::usage, "a room's name must not be empty");
  if (room.size() > proto::kMaxRoomName)
    return fail(Errc::too_large,
                fmt::format("a room's name is longer than {} bytes", proto::kMaxRoomName));
  return {};
}

std::string gap_packet(std::string_view infix, std::string_view after, std::string_view before,
                       std::string_view reason) {
  return fmt::format(R"(42{}["{}",{{"after":"{}","before":"{}","reason":"{}"}}])", infix,
                     proto::kGapEvent, after, before, reason);
}

// Calls `send` with each stretch of frames that lie behind each other.
template <typename Send>
void for_each_run(std::span<const net::Frame> frames, Send send) {
  for (std::size_t begin = 0; begin < frames.size();) {
    std::size_t end = begin + 1;
    std::size_t bytes = frames[begin].size;
    for (; end < frames.size() && net::FrameArena::adjacent(frames[end - 1], frames[end]); ++end)
      bytes += frames[end].size;
    send(net::FrameRun{{frames[begin].data, bytes}, frames.subspan(begin, end - begin)});
    begin = end;
  }
}

}  // namespace

Hub::Hub(net::FrameArena& frames, store::Store* store, const Clock& clock, HubWaker& waker,
         HubLimits limits)
    : frames_(frames),
      store_(store),
      clock_(clock),
      waker_(waker),
      limits_(limits),
      responders_(*this),
      broadcast_(frames, store, clock, *this) {
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
  auto ns = std::make_unique<Namespace>(std::string(name));
  return *namespaces_.emplace(std::string(name), std::move(ns)).first->second;
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

Socket& Hub::connect(Link& link, std::string_view ns_name, std::string_view sid,
                     const proto::Hello& hello) {
  SIO_CHECK(sid.size() == Socket::kSidSize);
  commit();
  Namespace& ns = open_namespace(ns_name);
  auto owned = std::make_unique<Socket>(link, ns);
  Socket& socket = *owned;
  std::ranges::copy(sid, socket.sid_chars.begin());
  take_slot(socket);
  socket.kind = &kinds_.acquire(hello.meta, hello.events);
  socket.index = static_cast<std::uint32_t>(ns.sockets.size());
  ns.sockets.push_back(&socket);
  socket.next_on_link = link.first_socket_;
  link.first_socket_ = &socket;
  by_sid_.emplace(socket.sid(), std::move(owned));
  update_backlog_limit();
  for (const std::string& room : hello.rooms) static_cast<void>(join(socket, room));
  if (!hello.respond.empty()) Responders::add(socket, hello.respond);
  return socket;
}

void Hub::disconnect(Socket& socket) {
  commit();
  Namespace& ns = socket.ns;
  ns.rooms.leave_all(socket);
  ns.sockets[socket.index] = ns.sockets.back();
  ns.sockets[socket.index]->index = socket.index;
  ns.sockets.pop_back();
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
  const auto it = by_sid_.find(sid);
  return it == by_sid_.end() ? nullptr : it->second.get();
}

Socket* Hub::find_on(const Link& link, std::string_view ns) const {
  Socket* socket = link.first_socket_;
  while (socket != nullptr && socket->ns.name != ns) socket = socket->next_on_link;
  return socket;
}

// --- rooms

Status Hub::join(Socket& socket, std::string_view room) {
  SIO_TRY_STATUS(check_room_name(room));
  if (room == socket.sid()) return {};
  if (find_sid(room) != nullptr)
    return fail(Errc::refused, "the room of another socket's sid is its own");
  if (socket.rooms.size() >= proto::kMaxRoomsPerSocket)
    return fail(Errc::too_large, fmt::format("more than {} rooms", proto::kMaxRoomsPerSocket));
  commit();
  if (socket.ns.rooms.join(socket, room) && socket.is_behind())
    socket.behind->joined(room, next_seq());
  return {};
}

void Hub::leave(Socket& socket, std::string_view room) {
  commit();
  if (socket.ns.rooms.leave(socket, room) && socket.is_behind())
    socket.behind->left(room, next_seq());
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
  const std::size_t backlog = transport->backlog();
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
  const std::string_view code = error.code == Errc::too_large ? "too_large" : "unavailable";
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
}

void Hub::on_failed(store::Seq seq, const Error& error) {
  log(LogLevel::error,
      fmt::format("the store lost what follows {}: {}", id_of(seq), error.message));
  while (const auto ack = gate_.next_lost(seq)) on_refused(*ack, error);
  flush_acks();
}

// --- turns

void Hub::end_turn() {
  commit();
  gone_.clear();
  if (!has_empty_namespace_) return;
  has_empty_namespace_ = false;
  std::erase_if(namespaces_, [](const auto& entry) { return entry.second->sockets.empty(); });
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
  fall_behind(socket, next);
  ask_for_drain(*socket.link.transport());
}

void Hub::fall_behind(Socket& socket, store::Seq next) {
  socket.behind = std::make_unique<CatchUp>();
  socket.behind->next = next;
}

void Hub::resume(Socket& socket, const proto::Position& since) {
  using Kind = proto::Position::Kind;
  if (since.kind == Kind::record) return resume(socket, since.record);
  if (since.kind == Kind::now || store_ == nullptr) return;
  commit();
  const store::Bounds bounds = store_->bounds();
  const store::Seq next = since.kind == Kind::all ? bounds.first : store_->find_time(since.time_ms);
  if (next >= bounds.next) return;
  fall_behind(socket, next);
  socket.behind->replay_until = bounds.next;
  schedule(socket);
}

void Hub::resume(Socket& socket, const proto::RecordId& since) {
  commit();
  const std::string after = proto::format_record_id(since.store, since.seq);
  if (store_ == nullptr) return say_gap(socket, after, "", "store");
  const store::Bounds bounds = store_->bounds();
  const bool is_ours = since.store.empty() || since.store == store_->name();
  if (is_ours && since.seq >= bounds.next)
    return say_gap(socket, id_of(since.seq), id_of(bounds.next), "unknown");
  store::Seq next = is_ours ? since.seq + 1 : bounds.first;
  if (!is_ours) {
    say_gap(socket, after, id_of(bounds.first), "store");
  } else if (next < bounds.first) {
    say_gap(socket, id_of(since.seq), id_of(bounds.first), "retention");
    next = bounds.first;
  }
  if (next == bounds.next) return;
  fall_behind(socket, next);
  socket.behind->replay_until = bounds.next;
  schedule(socket);
}

void Hub::say_gap(Socket& socket, std::string_view after, std::string_view before,
                  std::string_view reason) {
  const bool is_told = socket.kind->meta;
  log(is_told ? LogLevel::info : LogLevel::warning,
      fmt::format("{} has lost events after {} and before {}: {}", socket.sid(), after, before,
                  reason));
  if (is_told) send_text(socket.link, gap_packet(socket.ns.infix, after, before, reason));
}

void Hub::on_drained(Link& link) {
  link.resume_reading();
  for (Socket* socket = link.first_socket_; socket != nullptr; socket = socket->next_on_link)
    if (socket->is_behind()) schedule(*socket);
}

void Hub::schedule(Socket& socket) {
  if (socket.behind->scheduled) return;
  socket.behind->scheduled = true;
  if (waiting_readers_.empty()) waker_.wake();
  waiting_readers_.push_back(socket.ref);
}

void Hub::serve_readers(std::size_t budget) {
  std::vector<SocketRef> readers;
  readers.swap(waiting_readers_);
  const std::size_t start = frames_.size();
  std::size_t served = 0;
  while (served < readers.size() && frames_.size() - start < budget) {
    Socket* socket = find(readers[served++]);
    if (socket == nullptr || !socket->is_behind()) continue;
    socket->behind->scheduled = false;
    read_on(*socket, budget);
  }
  if (served == readers.size()) return;
  if (waiting_readers_.empty()) waker_.wake();
  waiting_readers_.insert(waiting_readers_.begin(),
                          readers.begin() + static_cast<std::ptrdiff_t>(served), readers.end());
}

// Builds the frames of what one reader is shown.
class Hub::ReadVisitor final : public store::Visitor {
 public:
  ReadVisitor(Hub& hub, Socket& socket, std::size_t max_bytes)
      : hub_(hub), socket_(socket), max_bytes_(max_bytes) {}

  bool on_record(const store::Record& record) override {
    if (bytes_ >= max_bytes_ || ++visited_ > kRecordsPerRead) return false;
    const auto event = proto::decode_stored(record.body);
    if (!event) {
      log(LogLevel::error,
          fmt::format("read {}: {}", hub_.id_of(record.seq), event.error().message));
      return true;
    }
    if (wants(socket_, record, event->from, event->except)) add(record, *event);
    return true;
  }

  void on_gap(store::Seq first, store::Seq next) override {
    if (!socket_.kind->meta) return;
    add(hub_.frames_.text(
        {gap_packet(socket_.ns.infix, hub_.id_of(first - 1), hub_.id_of(next), "damage")}));
  }

  std::span<const net::Frame> frames() const { return frames_; }

 private:
  void add(const net::Frame& frame) {
    frames_.push_back(frame);
    bytes_ += frame.size;
  }

  void add(const store::Record& record, const proto::StoredEvent& event) {
    const std::size_t count = event.attachments.size();
    text_.clear();
    text_ += '4';
    proto::append_header(text_,
                         count > 0 ? proto::PacketType::binary_event : proto::PacketType::event,
                         count, socket_.ns.name, {});
    text_ += '[';
    if (event.numeric_name) {
      text_ += record.event;
    } else {
      proto::append_json_string(text_, record.event);
    }
    if (!event.args.empty()) text_ += ',';
    text_ += event.args;
    if (socket_.kind->meta) {
      text_ += ',';
      append_meta(record, event);
    }
    text_ += ']';
    add(hub_.frames_.text({text_}));
    for (const std::string_view bytes : event.attachments) add(hub_.frames_.binary(bytes));
  }

  void append_meta(const store::Record& record, const proto::StoredEvent& event) {
    proto::append_meta(text_, {.id = hub_.id_of(record.seq),
                               .time_ms = record.time_ms,
                               .rooms = {record.rooms.begin(), record.rooms.end()},
                               .from = std::string(event.from),
                               .replay = record.seq < socket_.behind->replay_until});
  }

  Hub& hub_;
  Socket& socket_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::size_t visited_ = 0;
  std::string text_;
  std::vector<net::Frame> frames_;
};

// One batch for a reader that is behind. At the end of the store it is live again: what was
// published since is sent to it by the commit that stores it.
void Hub::read_on(Socket& socket, std::size_t budget) {
  net::Transport* transport = socket.link.transport();
  if (transport == nullptr) return;
  if (transport->backlog() >= backlog_limit_) return ask_for_drain(*transport);
  const store::Seq first = store_->bounds().first;
  if (socket.behind->next < first) {
    say_gap(socket, id_of(socket.behind->next - 1), id_of(first), "retention");
    socket.behind->next = first;
  }

  ReadVisitor visitor(*this, socket, std::min(budget, backlog_limit_ - transport->backlog()));
  // With few rooms the store can skip for us; with many it is quicker to look at each record.
  const bool has_few_rooms = socket.rooms.size() + socket.behind->spans.size() <= kFewRooms;
  std::vector<std::string_view> rooms;
  if (has_few_rooms) rooms = rooms_to_read(socket);
  const store::Filter filter{.ns = socket.ns.name, .rooms = rooms, .all_rooms = !has_few_rooms};
  const auto next =
      store_->read(socket.behind->next, filter, static_cast<std::size_t>(-1), visitor);
  if (!next) return socket.link.kick(fmt::format("read the store: {}", next.error().message));
  socket.behind->next = *next;
  for_each_run(visitor.frames(), [transport](const net::FrameRun& run) { transport->send(run); });
  if (*next >= next_seq()) {
    socket.behind.reset();
  } else if (transport->backlog() <= backlog_limit_ / 4) {
    schedule(socket);
  } else {
    ask_for_drain(*transport);
  }
}

}  // namespace sio::server
