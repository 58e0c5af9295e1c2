#include "client/publisher.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "proto/json_text.h"
#include "proto/packet_codec.h"

namespace sio::client {

Publisher::Publisher(PacketSink& sink, PublisherEvents& events, PublisherOptions options)
    : sink_(sink), events_(events), options_(std::move(options)) {}

bool Publisher::has_room() const {
  return entries_.size() < options_.max_events && messages_.size() < options_.max_bytes;
}

bool Publisher::has_plenty_of_room() const {
  return entries_.size() <= options_.max_events / 2 && messages_.size() <= options_.max_bytes / 2;
}

bool Publisher::is_sio(std::string_view ns) const {
  const auto it = std::ranges::find(namespaces_, ns, &Namespace::name);
  return it != namespaces_.end() && it->is_sio;
}

std::uint32_t Publisher::index_of(std::string_view ns) {
  for (std::size_t i = 0; i < namespaces_.size(); ++i)
    if (namespaces_[i].name == ns) return static_cast<std::uint32_t>(i);
  namespaces_.push_back({.name = std::string(ns)});
  return static_cast<std::uint32_t>(namespaces_.size() - 1);
}

void Publisher::joined(std::string_view ns, bool is_sio, TimePoint now) {
  const std::uint32_t index = index_of(ns);
  namespaces_[index].joined = true;
  namespaces_[index].is_sio = is_sio;
  for (Entry& entry : entries_)
    if (entry.ns == index && entry.state == State::waiting) send(entry, now);
  flush();
}

void Publisher::lost(TimePoint now) {
  std::size_t unknown = 0;
  for (Entry& entry : entries_) {
    if (entry.state != State::sent) continue;
    const bool is_sio = namespaces_[entry.ns].is_sio;
    if (is_sio || (options_.retries > 0 && may_retry(entry))) {
      entry.state = State::waiting;
      entry.since = now;
    } else {
      entry.state = State::done;
      ++unknown;
    }
  }
  for (Namespace& ns : namespaces_) ns.joined = false;
  ping_wanted_ = false;
  ping_sent_ = false;
  pop_settled();
  if (unknown > 0) events_.on_unconfirmed(unknown, true);
}

bool Publisher::submit(const Outgoing& event, TimePoint now) {
  const std::uint32_t index = index_of(event.ns);
  const Namespace& ns = namespaces_[index];
  const bool asks_ack = ns.is_sio || options_.wait_for_acks;
  build_message(event, ns, asks_ack);
  message_size_ = largest_part(event);
  if (max_message_ > 0 && message_size_ > max_message_) return false;
  Entry entry{.message = messages_.push(scratch_),
              .line = event.line,
              .since = now,
              .ns = index,
              .asks_ack = asks_ack};
  if (options_.wait_for_acks || event.attachments != nullptr) {
    entry.extra = std::make_unique<Extra>();
    entry.extra->event = event.event;
    if (event.attachments != nullptr) entry.extra->attachments = *event.attachments;
  }
  entries_.push_back(std::move(entry));
  if (ns.joined) send(entries_.back(), now);
  return true;
}

void Publisher::build_message(const Outgoing& event, const Namespace& ns, bool asks_ack) {
  using proto::PacketType;
  const std::size_t attachments = event.attachments == nullptr ? 0 : event.attachments->size();
  const bool has_rooms = event.rooms != nullptr && !event.rooms->empty();
  SIO_CHECK(ns.is_sio || !has_rooms);
  scratch_.clear();
  proto::append_header(scratch_, attachments > 0 ? PacketType::binary_event : PacketType::event,
                       attachments, ns.name,
                       asks_ack ? std::optional(next_number()) : std::nullopt);
  if (has_rooms || (ns.is_sio && !event.key.empty())) {
    request_.event = event.event;
    request_.numeric_name = event.numeric_name;
    request_.args = event.args;
    if (has_rooms) request_.rooms = *event.rooms;
    if (!has_rooms) request_.rooms.clear();
    request_.key = event.key;
    scratch_ += "[\"sio:emit\",";
    scratch_ += proto::encode_emit_request(request_);
  } else {
    scratch_ += '[';
    scratch_ += event.numeric_name ? event.event : name_literal(event.event);
    if (!event.args.empty()) scratch_ += ',';
    scratch_ += event.args;
  }
  scratch_ += ']';
}

// Kept: most events are called as the one before.
std::string_view Publisher::name_literal(std::string_view event) {
  if (last_event_json_.empty() || last_event_ != event) {
    last_event_ = event;
    last_event_json_ = proto::json_string(event);
  }
  return last_event_json_;
}

// The largest of the messages that make up the event, with the type digit of Engine.IO.
std::size_t Publisher::largest_part(const Outgoing& event) const {
  std::size_t size = scratch_.size() + 1;
  if (event.attachments != nullptr)
    for (const std::string& bytes : *event.attachments) size = std::max(size, bytes.size());
  return size;
}

void Publisher::send(Entry& entry, TimePoint now) {
  sink_.send_text(entry.message);
  if (entry.extra != nullptr)
    for (const std::string& attachment : entry.extra->attachments) sink_.send_binary(attachment);
  entry.state = State::sent;
  entry.since = now;
  ++entry.tries;
  if (!entry.asks_ack) ping_wanted_ = true;
}

void Publisher::flush() {
  if (!ping_wanted_ || ping_sent_) return;
  ping_wanted_ = false;
  ping_covers_ = next_number();
  ping_sent_ = sink_.send_ping();
}

void Publisher::ponged(TimePoint now) {
  ping_sent_ = false;
  last_receipt_ = now;
  const std::uint64_t covered = std::min<std::uint64_t>(ping_covers_, next_number());
  for (std::uint64_t number = first_number_; number < covered; ++number) {
    Entry& entry = entries_[number - first_number_];
    if (entry.asks_ack || entry.state != State::sent) continue;
    entry.state = State::done;
    ++confirmed_;
  }
  pop_settled();
  flush();
}

void Publisher::acknowledged(const ReceivedAck& ack, TimePoint now) {
  if (ack.id < first_number_ || ack.id >= next_number()) return;
  Entry& entry = entries_[ack.id - first_number_];
  if (!entry.asks_ack || entry.state != State::sent) return;
  const Namespace& ns = namespaces_[entry.ns];
  if (ns.name != ack.ns) return;
  entry.state = State::done;
  last_receipt_ = now;
  const bool plain_receipt = ack.args.starts_with("{\"id\":");
  if (const auto refusal =
          ns.is_sio && !plain_receipt ? proto::parse_refusal(ack.args) : std::nullopt) {
    events_.on_refused(entry.line, *refusal);
  } else {
    ++confirmed_;
    if (options_.wait_for_acks)
      events_.on_answer({.line = entry.line,
                         .ns = ns.name,
                         .event = entry.extra->event,
                         .args = ack.args,
                         .attachments = ack.attachments,
                         .round_trip = now - entry.since});
  }
  pop_settled();
}

void Publisher::pop_settled() {
  while (!entries_.empty() && entries_.front().state == State::done) {
    messages_.pop(entries_.front().message.size());
    entries_.pop_front();
    ++first_number_;
  }
}

void Publisher::finish(TimePoint now) {
  finishing_ = true;
  for (Entry& entry : entries_)
    if (entry.state == State::waiting) entry.since = now;
}

TimePoint Publisher::next_deadline() const {
  if (entries_.empty()) return kNever;
  const Entry& oldest = entries_.front();
  if (oldest.state == State::waiting && !finishing_) return kNever;
  return waiting_since(oldest) + options_.patience;
}

TimePoint Publisher::waiting_since(const Entry& entry) const {
  return options_.wait_for_acks ? entry.since : std::max(entry.since, last_receipt_);
}

// In their order, which a server keeps for the events that it did not get.
void Publisher::retry_overdue(TimePoint now) {
  for (Entry& entry : entries_) {
    const bool overdue =
        entry.state == State::sent && waiting_since(entry) + options_.patience <= now;
    if (overdue && namespaces_[entry.ns].joined && may_retry(entry)) send(entry, now);
  }
}

std::deque<GivenBack> Publisher::give_back() {
  std::deque<GivenBack> all;
  std::uint64_t number = first_number_;
  for (Entry& entry : entries_) {
    if (entry.state != State::done) all.push_back(given_back(entry, number));
    entry.state = State::done;
    ++number;
  }
  pop_settled();
  return all;
}

GivenBack Publisher::given_back(const Entry& entry, std::uint64_t number) const {
  proto::PacketDecoder decoder;
  const auto packet = decoder.decode(entry.message);
  SIO_CHECK(packet.has_value());
  GivenBack event{.ns = namespaces_[entry.ns].name,
                  .event = std::string(packet->event),
                  .args = std::string(packet->args),
                  .attachments = {},
                  .rooms = {},
                  .key = {},
                  .numeric_name = !packet->event_json.starts_with('"')};
  if (entry.extra != nullptr) event.attachments = entry.extra->attachments;
  if (packet->event == proto::kEmitEvent) {
    auto request = proto::parse_emit_request(packet->args);
    SIO_CHECK(request.has_value());
    event.event = std::move(request->event);
    event.numeric_name = request->numeric_name;
    event.args = std::move(request->args);
    event.rooms = std::move(request->rooms);
    event.key = std::move(request->key);
  }
  if (event.key.empty() && entry.tries > 0) event.key = proto::publisher_key(options_.name, number);
  return event;
}

void Publisher::expire(TimePoint now) {
  if (options_.retries > 0) retry_overdue(now);
  std::size_t missing = 0;
  while (!entries_.empty() && next_deadline() <= now) {
    entries_.front().state = State::done;
    pop_settled();
    ++missing;
  }
  if (missing > 0) events_.on_unconfirmed(missing, false);
}

}  // namespace sio::client
