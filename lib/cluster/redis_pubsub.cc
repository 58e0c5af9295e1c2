#include "cluster/redis_pubsub.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random_id.h"

namespace sio::cluster {
namespace {

constexpr std::size_t kUidSize = 6;
constexpr std::size_t kMaxQuestions = 100'000;
constexpr std::size_t kMaxAsked = 10'000;

std::string short_id() {
  return random_id().substr(0, kUidSize);
}

// As a pattern that means this text and nothing else.
std::string literal_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::uint64_t to_ms(Duration duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

RedisPubSub::RedisPubSub(net::Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      commands_(loop, options_.url, RedisLink::Role::commands, *this),
      subscriber_(loop, options_.url, RedisLink::Role::subscriber, *this),
      malformed_("a message of the cluster is left out") {}

RedisPubSub::~RedisPubSub() = default;

void RedisPubSub::start(Member& member) {
  member_ = &member;
  commands_.start();
  subscriber_.start();
}

// --- namespaces

RedisPubSub::Space* RedisPubSub::find(std::string_view ns) {
  const auto it = spaces_.find(ns);
  return it == spaces_.end() ? nullptr : it->second.get();
}

void RedisPubSub::open(std::string_view ns) {
  if (Space* space = find(ns); space != nullptr) {
    if (space->is_ready) member_->on_ready(ns);
    return;
  }
  const std::string& key = options_.key;
  auto owned = std::make_unique<Space>(Space{.ns = std::string(ns),
                                             .uid = short_id(),
                                             .pattern = {},
                                             .channel = fmt::format("{}#{}#", key, ns),
                                             .requests = fmt::format("{}-request#{}#", key, ns),
                                             .responses = fmt::format("{}-response#{}#", key, ns)});
  Space& space = *owned;
  space.pattern = literal_pattern(space.channel) + '*';
  spaces_.emplace(space.ns, std::move(owned));
  routes_[space.pattern] = {&space, Topic::broadcast};
  routes_[space.requests] = {&space, Topic::request};
  if (options_.asks) {
    routes_[space.responses] = {&space, Topic::response};
    routes_[fmt::format("{}{}#", space.responses, space.uid)] = {&space, Topic::response};
  }
  if (subscriber_.is_up()) subscribe(space);
}

void RedisPubSub::subscribe(Space& space) {
  subscriber_.send(0, std::array<std::string_view, 2>{"PSUBSCRIBE", space.pattern});
  std::vector<std::string_view> command{"SUBSCRIBE", space.requests};
  const std::string own_responses = fmt::format("{}{}#", space.responses, space.uid);
  if (options_.asks) command.insert(command.end(), {space.responses, own_responses});
  subscriber_.send(0, command);
  space.unconfirmed = command.size();  // the pattern in the place of the word
}

void RedisPubSub::close(std::string_view ns) {
  const auto it = spaces_.find(ns);
  if (it == spaces_.end()) return;
  const Space& space = *it->second;
  const std::string own_responses = fmt::format("{}{}#", space.responses, space.uid);
  if (subscriber_.is_up()) {
    subscriber_.send(0, std::array<std::string_view, 2>{"PUNSUBSCRIBE", space.pattern});
    subscriber_.send(0, std::array<std::string_view, 4>{"UNSUBSCRIBE", space.requests,
                                                        space.responses, own_responses});
  }
  for (const std::string& route : {space.pattern, space.requests, space.responses, own_responses})
    routes_.erase(route);
  spaces_.erase(it);
}

bool RedisPubSub::is_ready(std::string_view ns) const {
  const auto it = spaces_.find(ns);
  return it != spaces_.end() && it->second->is_ready;
}

// --- the connections

void RedisPubSub::on_up(RedisLink& link) {
  if (&link == &subscriber_)
    for (const auto& [ns, space] : spaces_) subscribe(*space);
  if (&link == &commands_)
    if (const std::size_t late = waiting_.flush(commands_); late > 0)
      log(LogLevel::info, fmt::format("{} messages are sent to the cluster late", late));
  if (!commands_.is_up() || !subscriber_.is_up()) return;
  figures_.connected = true;
  member_->on_connected();
}

void RedisPubSub::on_down(RedisLink& link, const Error& why) {
  end_batch();
  if (&link == &subscriber_)
    for (const auto& [ns, space] : spaces_) space->is_ready = false;
  if (std::exchange(figures_.connected, false)) ++figures_.connections;
  member_->on_disconnected(why);
}

void RedisPubSub::on_replies_end(RedisLink&) {
  end_batch();
}

void RedisPubSub::begin_batch() {
  if (!std::exchange(in_batch_, true)) member_->on_batch_begin();
}

void RedisPubSub::end_batch() {
  if (std::exchange(in_batch_, false)) member_->on_batch_end();
}

void RedisPubSub::on_reply(RedisLink& link, std::uint32_t, const RedisValue& reply) {
  if (&link == &commands_) {
    if (!reply.is_error()) return;
    ++figures_.not_sent;
    return malformed_.add(loop_.now(), fmt::format("Redis refuses it: {}", reply.text));
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

void RedisPubSub::on_confirmed(const RedisValue& reply) {
  const auto it = routes_.find(reply.text_at(1));
  if (it == routes_.end()) return;
  Space& space = *it->second.space;
  if (space.unconfirmed == 0 || --space.unconfirmed > 0) return;
  space.is_ready = true;
  member_->on_ready(space.ns);
}

void RedisPubSub::on_message(std::string_view route, std::string_view payload) {
  const auto it = routes_.find(route);
  if (it == routes_.end()) return;
  const auto [space, topic] = it->second;
  switch (topic) {
    case Topic::broadcast:
      return on_broadcast(*space, payload);
    case Topic::request:
      return on_request(*space, payload);
    case Topic::response:
      return on_response(*space, payload);
  }
}

// --- from others

namespace {

std::vector<std::string_view> views(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

}  // namespace

void RedisPubSub::on_broadcast(const Space& space, std::string_view payload) {
  if (is_pubsub_broadcast_of(payload, space.uid)) return;
  const auto message = parse_pubsub_broadcast(payload);
  if (!message) return malformed_.add(loop_.now(), message.error().message);
  if (message->type != ClusterMessage::Type::broadcast || message->ns != space.ns) return;
  ++figures_.received;
  const auto rooms = views(message->rooms);
  const auto except = views(message->except);
  begin_batch();
  member_->on_event({.to = {space.ns, rooms, except},
                     .items = message->items,
                     .attachments = message->attachments,
                     .is_volatile = message->is_volatile,
                     .from = message->from,
                     .key = message->key});
}

void RedisPubSub::on_request(const Space& space, std::string_view payload) {
  const auto request = parse_pubsub_request(payload);
  if (!request) return malformed_.add(loop_.now(), request.error().message);
  if (request->uid == space.uid) return;
  ++figures_.received;
  begin_batch();
  answer_request(space, *request);
}

void RedisPubSub::answer_request(const Space& space, const ClusterMessage& request) {
  using Type = ClusterMessage::Type;
  const std::string& id = request.request_id;
  const auto rooms = views(request.rooms);
  const auto except = views(request.except);
  const auto names = views(request.names);
  const Selection who{space.ns, rooms, except};
  switch (request.type) {
    case Type::join:
      member_->on_join(who, names);
      break;
    case Type::leave:
      member_->on_leave(who, names);
      break;
    case Type::disconnect:
      member_->on_disconnect(who, request.close);
      break;
    case Type::fetch:
      return respond(space.ns, request.uid, pubsub_sockets(id, member_->on_fetch(who)));
    case Type::list_sids:
      return respond(space.ns, request.uid, pubsub_sids(id, member_->on_list_sids(who)));
    case Type::list_rooms:
      return respond(space.ns, request.uid, pubsub_rooms(id, member_->on_list_rooms(space.ns)));
    case Type::server_event:
      // Nobody here listens to what servers tell each other; who waits for an answer gets one.
      if (!id.empty()) publish(space.responses, pubsub_server_event_answer(id, "null"));
      return;
    case Type::broadcast:
      return on_question(space, request);
    default:
      return;
  }
  if (request.is_legacy && !id.empty() && !member_->on_list_sids(who).empty())
    respond(space.ns, request.uid, pubsub_done(id));
}

void RedisPubSub::on_question(const Space& space, const ClusterMessage& request) {
  const auto rooms = views(request.rooms);
  const auto except = views(request.except);
  std::size_t asked = 0;
  if (questions_.size() < kMaxQuestions) {
    const QuestionId question = next_question_++;
    questions_[question] = {space.ns, request.uid, request.request_id};
    asked = member_->on_question(question,
                                 {.to = {space.ns, rooms, except},
                                  .items = request.items,
                                  .attachments = request.attachments},
                                 std::chrono::milliseconds(request.timeout_ms));
    if (asked == 0) questions_.erase(question);
  }
  respond(space.ns, request.uid, pubsub_client_count(request.request_id, asked));
}

void RedisPubSub::acknowledge(QuestionId question, const ClusterValue& value) {
  const auto it = questions_.find(question);
  if (it == questions_.end()) return;
  respond(it->second.ns, it->second.uid, pubsub_ack(it->second.request_id, value));
}

void RedisPubSub::forget(QuestionId question) {
  questions_.erase(question);
}

// Every node hears the common channel of responses, and who asks its own as well.
void RedisPubSub::respond(std::string_view ns, std::string_view uid, std::string_view payload) {
  if (!commands_.is_up()) return;
  std::string channel = fmt::format("{}-response#{}#", options_.key, ns);
  if (!uid.empty()) channel += fmt::format("{}#", uid);
  publish(channel, payload);
}

void RedisPubSub::on_response(const Space& space, std::string_view payload) {
  const auto response = parse_pubsub_response(payload);
  if (!response) return malformed_.add(loop_.now(), response.error().message);
  if (response->type != ClusterMessage::Type::ack) return;
  const auto it = asked_.find(response->request_id);
  if (it == asked_.end() || it->second.deadline < loop_.now()) return;
  ++figures_.received;
  begin_batch();
  member_->on_answer(space.ns, it->second.tag, {response->value, response->attachments});
}

// --- to others

bool RedisPubSub::publish(std::string_view channel, std::string_view payload) {
  return waiting_.send(commands_, 0, std::array<std::string_view, 3>{"PUBLISH", channel, payload});
}

void RedisPubSub::count(bool was_sent) {
  ++(was_sent ? figures_.sent : figures_.not_sent);
}

void RedisPubSub::send(const ClusterEvent& event) {
  const Space* space = find(event.to.ns);
  if (space == nullptr) return;
  const std::string payload = pubsub_broadcast(space->uid, event);
  if (event.to.rooms.size() != 1) return count(publish(space->channel, payload));
  count(publish(fmt::format("{}{}#", space->channel, event.to.rooms.front()), payload));
}

void RedisPubSub::forget_late_answers() {
  const TimePoint now = loop_.now();
  std::erase_if(asked_, [now](const auto& entry) { return entry.second.deadline < now; });
}

void RedisPubSub::ask(const ClusterEvent& event, std::uint64_t tag, Duration patience) {
  const Space* space = find(event.to.ns);
  if (space == nullptr) return;
  forget_late_answers();
  if (asked_.size() >= kMaxAsked) return count(false);
  const std::string id = short_id();
  asked_[id] = {space->ns, tag, loop_.now() + patience};
  count(publish(space->requests, pubsub_question(space->uid, id, event, to_ms(patience))));
}

void RedisPubSub::join(const Selection& who, std::span<const std::string_view> rooms) {
  if (const Space* space = find(who.ns); space != nullptr)
    count(publish(space->requests, pubsub_join(space->uid, who, rooms)));
}

void RedisPubSub::leave(const Selection& who, std::span<const std::string_view> rooms) {
  if (const Space* space = find(who.ns); space != nullptr)
    count(publish(space->requests, pubsub_leave(space->uid, who, rooms)));
}

void RedisPubSub::disconnect(const Selection& who, bool close) {
  if (const Space* space = find(who.ns); space != nullptr)
    count(publish(space->requests, pubsub_disconnect(space->uid, who, close)));
}

ClusterFigures RedisPubSub::figures() const {
  ClusterFigures figures = figures_;
  figures.malformed = malformed_.count();
  return figures;
}

}  // namespace sio::cluster
