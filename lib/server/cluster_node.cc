#include "server/cluster_node.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "proto/json_text.h"
#include "proto/sio_extension.h"
#include "server/admin_view.h"
#include "server/record_filter.h"
#include "server/server.h"

namespace sio::server {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLinger = 10min;
constexpr Duration kWaitForNamespace = 2s;
constexpr Duration kTick = 1s;
// How long answers to an application's questions are passed on.
constexpr Duration kAskPatience = 60s;
constexpr Duration kLongestPatience = 10min;
constexpr std::size_t kMaxSpaces = 10'000;
constexpr std::size_t kMaxQuestions = 100'000;
// Ids of the acks that we ask for on behalf of others: not those that the namespace's own counter
// or an application will use, and still in the range of every client's integers.
constexpr std::uint64_t kFirstAckId = 1u << 30;
constexpr std::uint64_t kLastAckId = (std::uint64_t{1} << 31) - 1;

// An event's name, and its arguments' part of the text.
struct Named {
  std::string name;
  std::string_view args;
  bool is_numeric = false;
};

Named split(std::string_view items) {
  proto::JsonScanner in(items);
  in.skip_value();
  const std::string_view literal = in.since(0);
  Named named{.is_numeric = !literal.starts_with('"')};
  named.name = named.is_numeric ? std::string(literal) : proto::json_name(literal);
  in.skip_space();
  if (!in.skip(',')) return named;
  in.skip_space();
  named.args = items.substr(in.offset());
  return named;
}

// The first of an ack's arguments.
std::string_view first_of(std::string_view args) {
  if (args.empty()) return "null";
  proto::JsonScanner in(args);
  in.skip_space();
  const std::size_t start = in.offset();
  in.skip_value();
  return in.since(start);
}

std::string handshake_json(const Handshake* handshake) {
  std::string out;
  append_admin_handshake(out, handshake);
  out.back() = ',';
  return out + R"("auth":{}})";
}

std::vector<std::string> rooms_of(const Socket& socket) {
  std::vector<std::string> rooms{std::string(socket.sid())};
  for (const Membership& membership : socket.rooms) rooms.emplace_back(membership.room->name);
  return rooms;
}

bool hears(const Socket& socket, std::string_view event) {
  return !socket.is_deaf && socket.link.answers() &&
         (socket.kind->filter == nullptr || socket.kind->filter->passes(event));
}

}  // namespace

ClusterNode::ClusterNode(net::Loop& loop, Server& server, cluster::Cluster& cluster,
                         std::vector<std::string> kept)
    : loop_(loop),
      server_(server),
      hub_(server.hub()),
      cluster_(cluster),
      timer_(loop, *this),
      next_ack_id_(kFirstAckId) {
  for (std::string& ns : kept) spaces_[std::move(ns)] = {.is_kept = true};
  if (hub_.groups() != nullptr) {
    for (const std::string& name : hub_.groups()->names()) {
      const auto filter = RecordFilter::decode(hub_.groups()->find(name)->settings().filter);
      if (filter) spaces_[filter->ns()].is_used = true;
    }
  }
  hub_.set_cluster(this);
}

ClusterNode::~ClusterNode() {
  hub_.set_cluster(nullptr);
}

void ClusterNode::start(ClusterListener& listener) {
  listener_ = &listener;
  away_since_ = loop_.now();
  cluster_.start(*this);
  for (const auto& [ns, space] : spaces_) cluster_.open(ns);
}

// --- the carrier

void ClusterNode::on_connected() {
  if (!std::exchange(is_away_, false)) return;
  if (listener_ != nullptr) return tell_if_joined();
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - away_since_).count();
  const std::uint64_t lost = cluster_.figures().not_sent - lost_before_;
  log(LogLevel::warning,
      fmt::format("the cluster is back after {} s; gap: what other nodes sent meanwhile may be "
                  "missing here, and {} events of this node there",
                  seconds, lost));
}

void ClusterNode::on_disconnected(const Error& why) {
  if (listener_ != nullptr) return std::exchange(listener_, nullptr)->on_cluster_refused(why);
  while (!waiting_.empty()) let_in(std::move(waiting_.extract(waiting_.begin()).mapped()));
  if (std::exchange(is_away_, true)) return;
  away_since_ = loop_.now();
  lost_before_ = cluster_.figures().not_sent;
  log(LogLevel::error,
      fmt::format("the cluster is away: {}; this server goes on alone", why.message));
}

void ClusterNode::tell_if_joined() {
  if (listener_ == nullptr || is_away_) return;
  for (const auto& [ns, space] : spaces_)
    if (!cluster_.is_ready(ns)) return;
  std::exchange(listener_, nullptr)->on_cluster_joined();
}

// --- namespaces

// False: there are too many already.
bool ClusterNode::open(std::string_view ns, bool keep) {
  auto it = spaces_.find(ns);
  if (it == spaces_.end()) {
    if (spaces_.size() >= kMaxSpaces) {
      if (!std::exchange(said_full_, true))
        log(LogLevel::warning,
            fmt::format("more than {} namespaces: the cluster does not hear of all", kMaxSpaces));
      return false;
    }
    it = spaces_.emplace(std::string(ns), Space{}).first;
  }
  if (keep) it->second = {.is_kept = it->second.is_kept, .is_used = true};
  cluster_.open(ns);
  return true;
}

// What other nodes publish opens a namespace for a moment, and is no reason to keep it.
void ClusterNode::on_namespace_opened(std::string_view ns) {
  if (in_batch_ && spaces_.contains(ns)) return;
  open(ns, true);
}

void ClusterNode::on_namespace_closed(std::string_view ns) {
  const auto it = spaces_.find(ns);
  if (it == spaces_.end() || it->second.is_kept || !it->second.is_used) return;
  it->second = {.until = loop_.now() + kLinger};
  tick_later();
}

bool ClusterNode::has_group(std::string_view ns) const {
  if (hub_.groups() == nullptr) return false;
  return std::ranges::any_of(hub_.groups()->names(), [&](const std::string& name) {
    const auto filter = RecordFilter::decode(hub_.groups()->find(name)->settings().filter);
    return filter && filter->ns() == ns;
  });
}

bool ClusterNode::is_ready(std::string_view ns) const {
  return is_away_ || cluster_.is_ready(ns) ||
         (spaces_.size() >= kMaxSpaces && !spaces_.contains(ns));
}

void ClusterNode::wait_for(std::string_view ns, std::string_view sid) {
  auto it = waiting_.find(ns);
  if (it == waiting_.end())
    it = waiting_.emplace(std::string(ns), Waiting{{}, loop_.now() + kWaitForNamespace}).first;
  it->second.sids.emplace_back(sid);
  tick_later();
  // The hub has it only once somebody is in it.
  if (!spaces_.contains(ns)) spaces_[std::string(ns)] = {.until = loop_.now() + kLinger};
  cluster_.open(ns);
}

void ClusterNode::on_ready(std::string_view ns) {
  tell_if_joined();
  if (const auto it = waiting_.find(ns); it != waiting_.end())
    let_in(std::move(waiting_.extract(it).mapped()));
}

void ClusterNode::let_in(Waiting waiting) {
  for (const std::string& sid : waiting.sids) server_.decide(sid, Admission::accept());
}

// --- time

void ClusterNode::tick_later() {
  if (!timer_.armed()) timer_.arm_in(kTick);
}

void ClusterNode::on_timer(net::Timer&) {
  expire(loop_.now());
  const bool lingers =
      std::ranges::any_of(spaces_, [](const auto& entry) { return entry.second.until != kNever; });
  if (lingers || !waiting_.empty() || !questions_.empty()) tick_later();
}

void ClusterNode::expire(TimePoint now) {
  std::vector<Waiting> late;
  for (auto& [ns, waiting] : waiting_)
    if (waiting.until <= now) late.push_back(std::move(waiting));
  std::erase_if(waiting_, [now](const auto& entry) { return entry.second.until <= now; });
  for (Waiting& waiting : late) let_in(std::move(waiting));
  std::erase_if(questions_, [&](const auto& entry) {
    if (entry.second.until > now) return false;
    cluster_.forget(entry.second.id);
    return true;
  });
  for (auto it = spaces_.begin(); it != spaces_.end();) {
    const auto space = it++;
    if (space->second.until > now) continue;
    space->second.until = now + kLinger;
    if (has_group(space->first)) continue;
    cluster_.close(space->first);
    spaces_.erase(space);
  }
}

// --- what other nodes want

void ClusterNode::on_batch_begin() {
  hub_.begin_foreign();
  in_batch_ = true;
}

void ClusterNode::on_batch_end() {
  hub_.end_foreign();
  in_batch_ = false;
  if (loop_.frames().size() > hub_.backlog_limit()) loop_.finish_turn();
}

void ClusterNode::on_event(const cluster::ClusterEvent& event) {
  const Named named = split(event.items);
  const std::vector<std::string> attachments(event.attachments.begin(), event.attachments.end());
  hub_.publish({.ns = &hub_.open_namespace(event.to.ns),
                .from = event.from,
                .event = named.name,
                .items = event.items,
                .args = named.args,
                .numeric_name = named.is_numeric,
                .attachments = attachments.empty() ? nullptr : &attachments,
                .rooms = event.to.rooms,
                .except = event.to.except,
                .key = event.key,
                .is_volatile = event.is_volatile});
}

std::vector<Socket*> ClusterNode::select(const cluster::Selection& who) {
  const auto found = hub_.targets(hub_.open_namespace(who.ns), who.rooms, who.except);
  return {found.begin(), found.end()};
}

std::size_t ClusterNode::on_question(cluster::QuestionId id, const cluster::ClusterEvent& event,
                                     Duration patience) {
  if (questions_.size() >= kMaxQuestions) return 0;
  const std::string name = split(event.items).name;
  const std::vector<std::string> attachments(event.attachments.begin(), event.attachments.end());
  std::string with_meta = std::string(event.items) + ',';
  proto::append_meta(with_meta, {.time_ms = hub_.clock().wall_ms(),
                                 .rooms = {event.to.rooms.begin(), event.to.rooms.end()}});
  const std::uint64_t ack_id = next_ack_id_;
  next_ack_id_ = next_ack_id_ == kLastAckId ? kFirstAckId : next_ack_id_ + 1;
  Question question{.id = id, .open = {}, .until = loop_.now()};
  question.until += std::clamp<Duration>(patience, 5s, kLongestPatience) + kTick;
  for (Socket* socket : select(event.to)) {
    if (!hears(*socket, name)) continue;
    question.open.push_back(socket->ref);
    hub_.send_event(*socket, {.items = socket->kind->meta ? with_meta : event.items,
                              .attachments = attachments.empty() ? nullptr : &attachments,
                              .ack_id = ack_id});
  }
  const std::size_t asked = question.open.size();
  if (asked == 0) return 0;
  questions_.insert_or_assign(ack_id, std::move(question));
  tick_later();
  return asked;
}

bool ClusterNode::take_ack(const Socket& socket, const proto::PacketView& packet,
                           const std::vector<std::string>* attachments) {
  if (!packet.ack_id || *packet.ack_id < kFirstAckId) return false;
  const auto it = questions_.find(*packet.ack_id);
  if (it == questions_.end()) return false;
  Question& question = it->second;
  const auto open = std::ranges::find_if(question.open, [&socket](SocketRef ref) {
    return ref.slot == socket.ref.slot && ref.generation == socket.ref.generation;
  });
  if (open == question.open.end()) return false;
  *open = question.open.back();
  question.open.pop_back();
  cluster::ClusterValue value{.json = first_of(packet.args)};
  if (attachments != nullptr) value.attachments = *attachments;
  cluster_.acknowledge(question.id, value);
  if (!question.open.empty()) return true;
  cluster_.forget(question.id);
  questions_.erase(it);
  return true;
}

void ClusterNode::on_join(const cluster::Selection& who, std::span<const std::string_view> rooms) {
  for (Socket* socket : select(who))
    for (const std::string_view room : rooms)
      if (const Status status = hub_.join(*socket, room); !status)
        log(LogLevel::debug, fmt::format("{} is not put into a room for another node: {}",
                                         socket->sid(), status.error().message));
}

void ClusterNode::on_leave(const cluster::Selection& who, std::span<const std::string_view> rooms) {
  for (Socket* socket : select(who))
    for (const std::string_view room : rooms) hub_.leave(*socket, room);
}

// One may take others with it.
void ClusterNode::on_disconnect(const cluster::Selection& who, bool close) {
  std::vector<SocketRef> refs;
  for (const Socket* socket : select(who)) refs.push_back(socket->ref);
  for (const SocketRef ref : refs) {
    Socket* socket = hub_.find(ref);
    if (socket == nullptr) continue;
    close ? socket->link.disconnect_all() : socket->link.disconnect(*socket);
  }
}

std::vector<cluster::RemoteSocket> ClusterNode::on_fetch(const cluster::Selection& who) {
  std::vector<cluster::RemoteSocket> sockets;
  for (const Socket* socket : select(who))
    sockets.push_back(
        {std::string(socket->sid()), handshake_json(socket->link.handshake()), rooms_of(*socket)});
  return sockets;
}

std::vector<std::string> ClusterNode::on_list_sids(const cluster::Selection& who) {
  std::vector<std::string> sids;
  for (const Socket* socket : select(who)) sids.emplace_back(socket->sid());
  return sids;
}

std::vector<std::string> ClusterNode::on_list_rooms(std::string_view ns) {
  const Namespace& space = hub_.open_namespace(ns);
  std::vector<std::string> rooms = space.rooms.names();
  for (const Socket* socket : space.sockets) rooms.emplace_back(socket->sid());
  return rooms;
}

// --- for an application

void ClusterNode::ask(const cluster::ClusterEvent& event, std::uint64_t tag) {
  cluster_.ask(event, tag, kAskPatience);
}

void ClusterNode::on_answer(std::string_view ns, std::uint64_t tag,
                            const cluster::ClusterValue& value) {
  if (answers_ != nullptr) answers_->on_answer(ns, tag, value.json, value.attachments);
}

}  // namespace sio::server
