#include "cluster/redis_cluster.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random_id.h"

namespace sio::cluster {
namespace {

constexpr std::size_t kMaxQuestions = 100'000;
constexpr std::size_t kMaxAsked = 10'000;
// About how many entries the stream keeps: as many as the official servers say.
constexpr std::string_view kStreamLength = "10000";

std::uint64_t to_ms(Duration duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::vector<std::string_view> views(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

}  // namespace

RedisCluster::RedisCluster(net::Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      dialect_(*options_.dialect),
      commands_(loop, options_.url, RedisLink::Role::commands, *this),
      subscriber_(loop, options_.url, RedisLink::Role::subscriber, *this),
      malformed_("a message of the cluster is left out"),
      lost_("gap: other servers miss an event of this one") {
  StreamReaderEvents& events = *this;
  if (const std::string_view stream = dialect_.stream(); !stream.empty())
    reader_ = std::make_unique<StreamReader>(loop, options_.url, std::string(stream), events);
}

RedisCluster::~RedisCluster() = default;

void RedisCluster::start(Member& member) {
  member_ = &member;
  commands_.start();
  subscriber_.start();
  if (reader_ != nullptr) reader_->start();
}

// --- namespaces

RedisCluster::Space* RedisCluster::find(std::string_view ns) const {
  const auto it = spaces_.find(ns);
  return it == spaces_.end() ? nullptr : it->second.get();
}

void RedisCluster::open(std::string_view ns) {
  if (find(ns) != nullptr) {
    if (is_ready(ns)) member_->on_ready(ns);
    return;
  }
  auto owned = std::make_unique<Space>();
  Space& space = *owned;
  space.ns = ns;
  space.uid = dialect_.new_uid();
  space.subscriptions = dialect_.subscriptions(space.node(), options_.asks);
  spaces_.emplace(space.ns, std::move(owned));
  for (const Subscription& each : space.subscriptions) routes_[each.name] = {&space, each.topic};
  if (subscriber_.is_up()) subscribe(space);
}

void RedisCluster::subscribe(Space& space) {
  for (const Subscription& each : space.subscriptions)
    subscriber_.send(0, std::array<std::string_view, 2>{
                            each.is_pattern ? "PSUBSCRIBE" : "SUBSCRIBE", each.name});
  space.unconfirmed = space.subscriptions.size();
  space.is_subscribed = false;
}

void RedisCluster::close(std::string_view ns) {
  const auto it = spaces_.find(ns);
  if (it == spaces_.end()) return;
  for (const Subscription& each : it->second->subscriptions) {
    routes_.erase(each.name);
    if (subscriber_.is_up())
      subscriber_.send(0, std::array<std::string_view, 2>{
                              each.is_pattern ? "PUNSUBSCRIBE" : "UNSUBSCRIBE", each.name});
  }
  spaces_.erase(it);
}

bool RedisCluster::is_ready(std::string_view ns) const {
  const Space* space = find(ns);
  return space != nullptr && space->is_subscribed && (reader_ == nullptr || reader_->is_reading());
}

// --- the connections

void RedisCluster::on_up(RedisLink& link) {
  if (&link == &subscriber_)
    for (const auto& [ns, space] : spaces_) subscribe(*space);
  if (&link == &commands_) {
    const std::size_t late = waiting_.flush(commands_);
    unanswered_ += late;
    if (late > 0)
      log(LogLevel::info, fmt::format("{} messages are sent to the cluster late", late));
  }
  go_up_if_complete();
}

void RedisCluster::on_reading() {
  for (const auto& [ns, space] : spaces_)
    if (space->is_subscribed) member_->on_ready(ns);
  go_up_if_complete();
}

void RedisCluster::go_up_if_complete() {
  const bool is_reading = reader_ == nullptr || reader_->is_reading();
  if (!commands_.is_up() || !subscriber_.is_up() || !is_reading) return;
  figures_.connected = true;
  member_->on_connected();
}

// What Redis has not answered may have been lost.
void RedisCluster::on_down(RedisLink& link, const Error& why) {
  if (&link == &subscriber_)
    for (const auto& [ns, space] : spaces_) space->is_subscribed = false;
  if (&link == &commands_) figures_.not_sent += std::exchange(unanswered_, 0);
  go_down(why);
}

void RedisCluster::on_reading_lost(const Error& why) {
  go_down(why);
}

void RedisCluster::go_down(const Error& why) {
  end_batch();
  if (std::exchange(figures_.connected, false)) ++figures_.connections;
  member_->on_disconnected(why);
}

void RedisCluster::on_gap(std::string_view after) {
  log(LogLevel::warning,
      fmt::format("gap: the cluster's stream has forgotten what followed its entry {}", after));
}

void RedisCluster::on_replies_end(RedisLink&) {
  end_batch();
}

void RedisCluster::begin_batch() {
  if (!std::exchange(in_batch_, true)) member_->on_batch_begin();
}

void RedisCluster::end_batch() {
  if (std::exchange(in_batch_, false)) member_->on_batch_end();
}

void RedisCluster::on_reply(RedisLink& link, std::uint32_t, const RedisValue& reply) {
  if (&link == &commands_) {
    if (unanswered_ > 0) --unanswered_;
    if (!reply.is_error()) return;
    ++figures_.not_sent;
    return lost_.add(loop_.now(), fmt::format("Redis says {}", reply.text));
  }
  const std::string_view kind = reply.text_at(0);
  if (kind == "pmessage" && reply.items.size() == 4) {
    on_message(reply.text_at(1), reply.text_at(3));
  } else if (kind == "message" && reply.items.size() == 3) {
    on_message(reply.text_at(1), reply.text_at(2));
  } else if (kind == "psubscribe" || kind == "subscribe") {
    on_confirmed(reply);
  }
}

void RedisCluster::on_confirmed(const RedisValue& reply) {
  const auto it = routes_.find(reply.text_at(1));
  if (it == routes_.end()) return;
  Space& space = *it->second.space;
  if (space.unconfirmed == 0 || --space.unconfirmed > 0) return;
  space.is_subscribed = true;
  if (is_ready(space.ns)) member_->on_ready(space.ns);
}

// --- from others

void RedisCluster::on_message(std::string_view route, std::string_view payload) {
  const auto it = routes_.find(route);
  if (it == routes_.end()) return;
  const auto [space, topic] = it->second;
  if (!dialect_.is_own(topic, payload, space->uid)) take(*space, dialect_.parse(topic, payload));
}

void RedisCluster::on_entry(const StreamEntry& entry) {
  const Space* space = find(entry.ns);
  if (space != nullptr && entry.uid != space->uid) take(*space, parse_stream_entry(entry));
}

void RedisCluster::take(const Space& space, const Result<ClusterMessage>& message) {
  if (!message) return malformed_.add(loop_.now(), message.error().message);
  const bool is_own = message->uid == space.uid;
  const bool is_foreign = !message->ns.empty() && message->ns != space.ns;
  if (is_own || is_foreign || message->type == ClusterMessage::Type::other) return;
  ++figures_.received;
  begin_batch();
  handle(space, *message);
}

void RedisCluster::handle(const Space& space, const ClusterMessage& message) {
  using Type = ClusterMessage::Type;
  const Asker asker{space.ns, space.uid, message.uid, message.request_id};
  const auto rooms = views(message.rooms);
  const auto except = views(message.except);
  const auto names = views(message.names);
  const Selection who{space.ns, rooms, except};
  switch (message.type) {
    case Type::broadcast:
      return message.request_id.empty() ? on_event(space, message) : on_question(space, message);
    case Type::join:
      member_->on_join(who, names);
      break;
    case Type::leave:
      member_->on_leave(who, names);
      break;
    case Type::disconnect:
      member_->on_disconnect(who, message.close);
      break;
    case Type::fetch:
      return answer(dialect_.sockets(asker, member_->on_fetch(who)));
    case Type::list_sids:
      return answer(dialect_.sids(asker, member_->on_list_sids(who)));
    case Type::list_rooms:
      return answer(dialect_.rooms(asker, member_->on_list_rooms(space.ns)));
    case Type::server_event:
      // Nobody here listens to what servers tell each other; who waits for an answer gets one.
      if (!message.request_id.empty()) answer(dialect_.server_event_answer(asker, "null"));
      return;
    case Type::ack:
      return on_answer(space, message);
    default:
      return;
  }
  if (message.is_legacy && !message.request_id.empty() && !member_->on_list_sids(who).empty())
    answer(dialect_.done(asker));
}

void RedisCluster::on_event(const Space& space, const ClusterMessage& message) {
  const auto rooms = views(message.rooms);
  const auto except = views(message.except);
  member_->on_event({.to = {space.ns, rooms, except},
                     .items = message.items,
                     .attachments = message.attachments,
                     .is_volatile = message.is_volatile,
                     .from = message.from,
                     .key = message.key});
}

void RedisCluster::on_question(const Space& space, const ClusterMessage& message) {
  const auto rooms = views(message.rooms);
  const auto except = views(message.except);
  std::size_t asked = 0;
  if (questions_.size() < kMaxQuestions) {
    const QuestionId question = next_question_++;
    questions_[question] = {space.ns, space.uid, message.uid, message.request_id};
    asked = member_->on_question(question,
                                 {.to = {space.ns, rooms, except},
                                  .items = message.items,
                                  .attachments = message.attachments},
                                 std::chrono::milliseconds(message.timeout_ms));
    if (asked == 0) questions_.erase(question);
  }
  answer(dialect_.client_count({space.ns, space.uid, message.uid, message.request_id}, asked));
}

void RedisCluster::on_answer(const Space& space, const ClusterMessage& message) {
  const auto it = asked_.find(message.request_id);
  if (it == asked_.end() || it->second.deadline < loop_.now()) return;
  member_->on_answer(space.ns, it->second.tag, {message.value, message.attachments});
}

void RedisCluster::acknowledge(QuestionId question, const ClusterValue& value) {
  if (const auto it = questions_.find(question); it != questions_.end())
    answer(dialect_.ack(it->second.asker(), value));
}

void RedisCluster::forget(QuestionId question) {
  questions_.erase(question);
}

// Nobody waits for an answer that comes late.
void RedisCluster::answer(const std::optional<Outgoing>& outgoing) {
  if (outgoing && commands_.is_up()) put(nullptr, *outgoing);
}

// --- to others

// False: there is no room for it. `space` only matters to the stream.
bool RedisCluster::put(const Space* space, const Outgoing& outgoing) {
  bool was_put = false;
  if (outgoing.entry_type.empty()) {
    was_put = waiting_.send(
        commands_, 0,
        std::array<std::string_view, 3>{"PUBLISH", outgoing.channel, outgoing.payload});
  } else {
    was_put = waiting_.send(
        commands_, 0,
        std::array<std::string_view, 14>{"XADD", dialect_.stream(), "MAXLEN", "~", kStreamLength,
                                         "*", "uid", space->uid, "nsp", space->ns, "type",
                                         outgoing.entry_type, "data", outgoing.payload});
  }
  if (was_put && commands_.is_up()) ++unanswered_;
  return was_put;
}

void RedisCluster::send_all(const Space& space, const Outgoing& outgoing) {
  if (put(&space, outgoing)) {
    ++figures_.sent;
    return;
  }
  ++figures_.not_sent;
  lost_.add(loop_.now(),
            commands_.is_up() ? "Redis takes them too slowly" : "too many wait for Redis already");
}

void RedisCluster::send(const ClusterEvent& event) {
  if (const Space* space = find(event.to.ns); space != nullptr)
    send_all(*space, dialect_.event(space->node(), event));
}

void RedisCluster::ask(const ClusterEvent& event, std::uint64_t tag, Duration patience) {
  const Space* space = find(event.to.ns);
  if (space == nullptr) return;
  const TimePoint now = loop_.now();
  std::erase_if(asked_, [now](const auto& entry) { return entry.second.deadline < now; });
  if (asked_.size() >= kMaxAsked) {
    ++figures_.not_sent;
    return;
  }
  const std::string id = dialect_.new_uid();
  asked_[id] = {tag, now + patience};
  send_all(*space, dialect_.question(space->node(), id, event, to_ms(patience)));
}

void RedisCluster::join(const Selection& who, std::span<const std::string_view> rooms) {
  if (const Space* space = find(who.ns); space != nullptr)
    send_all(*space, dialect_.join(space->node(), who, rooms));
}

void RedisCluster::leave(const Selection& who, std::span<const std::string_view> rooms) {
  if (const Space* space = find(who.ns); space != nullptr)
    send_all(*space, dialect_.leave(space->node(), who, rooms));
}

void RedisCluster::disconnect(const Selection& who, bool close) {
  if (const Space* space = find(who.ns); space != nullptr)
    send_all(*space, dialect_.disconnect(space->node(), who, close));
}

ClusterFigures RedisCluster::figures() const {
  ClusterFigures figures = figures_;
  figures.malformed = malformed_.count();
  return figures;
}

}  // namespace sio::cluster
