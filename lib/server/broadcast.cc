#include "server/broadcast.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "proto/json_text.h"
#include "proto/sio_extension.h"
#include "proto/stored_event.h"
#include "server/cluster_node.h"
#include "server/namespace.h"

namespace sio::server {
namespace {

bool same_list(std::span<const std::string_view> a, std::span<const std::string_view> b) {
  return std::ranges::equal(a, b);
}

// The decimal form of a number, as a view.
class Digits {
 public:
  explicit Digits(std::uint64_t number) {
    end_ = std::to_chars(text_.data(), text_.data() + text_.size(), number).ptr;
  }
  std::string_view view() const {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  std::array<char, 20> text_;
  char* end_;
};

}  // namespace

Broadcast::Broadcast(net::FrameArena& frames, store::Store* store, const Clock& clock,
                     BroadcastEvents& events)
    : frames_(frames), store_(store), clock_(clock), out_(events) {}

void Broadcast::add(const Publish& publish) {
  if (!publish.key.empty() && is_repeated(publish)) return;
  if (events_.empty()) time_ms_ = clock_.wall_ms();
  extend_groups(publish);
  Event& event = events_.emplace_back();
  event.name = name_of(publish.event);
  add_frames(publish, event);
  if (!publish.is_volatile && store_ != nullptr) add_record(publish, event);
  if (publish.ack_id && publish.sender != nullptr)
    acks_.push_back({{publish.sender->ref, *publish.ack_id, 0}, event.record});
}

// An event whose key the store knows was published before: its sender gets the same receipt.
bool Broadcast::is_repeated(const Publish& publish) {
  if (store_ == nullptr || publish.is_volatile) return false;
  if (keys_.contains(publish.key)) commit();
  const auto seq = store_->find_key(publish.key, clock_.wall_ms());
  if (!seq) return false;
  if (publish.ack_id && publish.sender != nullptr) {
    commit();
    out_.on_stored({publish.sender->ref, *publish.ack_id, *seq});
  }
  return true;
}

void Broadcast::extend_groups(const Publish& publish) {
  if (!groups_.empty()) {
    Group& last = groups_.back();
    if (last.ns == publish.ns && last.sender == publish.sender &&
        last.is_volatile == publish.is_volatile && last.from == publish.from &&
        publish.dead_group.empty() && last.dead_group.empty() &&
        same_list(last.rooms, publish.rooms) && same_list(last.except, publish.except)) {
      ++last.event_count;
      last.has_nameless |= publish.event.empty();
      return;
    }
  }
  groups_.push_back({.ns = publish.ns,
                     .sender = publish.sender,
                     .from = text_.copy(publish.from),
                     .rooms = text_.copy(publish.rooms),
                     .except = text_.copy(publish.except),
                     .dead_group = text_.copy(publish.dead_group),
                     .dead_rooms = text_.copy(publish.dead_rooms),
                     .is_volatile = publish.is_volatile,
                     .has_nameless = publish.event.empty(),
                     .first_event = static_cast<std::uint32_t>(events_.size()),
                     .event_count = 1});
}

// Events of a burst mostly have the same name: keep one copy.
std::string_view Broadcast::name_of(std::string_view event) {
  if (event != last_name_ || last_name_.data() == nullptr) last_name_ = text_.copy(event);
  return last_name_;
}

void Broadcast::add_frames(const Publish& publish, Event& event) {
  event.first_frame = static_cast<std::uint32_t>(built_.size());
  const std::string_view infix = publish.ns->infix;
  if (publish.attachments == nullptr || publish.attachments->empty()) {
    built_.push_back(frames_.text({"42", infix, "[", publish.items, "]"}));
  } else {
    const Digits count(publish.attachments->size());
    built_.push_back(frames_.text({"45", count.view(), "-", infix, "[", publish.items, "]"}));
    for (const std::string& bytes : *publish.attachments) built_.push_back(frames_.binary(bytes));
  }
  event.frame_count = static_cast<std::uint32_t>(built_.size()) - event.first_frame;
}

// What the store keeps in front of the arguments.
std::string_view Broadcast::head_of(const Publish& publish) {
  const bool plain = publish.except.empty() && publish.key.empty() && !publish.numeric_name &&
                     publish.attachments == nullptr && publish.dead_group.empty() &&
                     publish.from.empty();
  if (plain && has_last_head_ && last_head_sender_ == publish.sender) return last_head_;
  proto::StoredEvent stored;
  stored.from = publish.sender != nullptr ? publish.sender->sid() : publish.from;
  stored.except.assign(publish.except.begin(), publish.except.end());
  stored.key = publish.key;
  stored.numeric_name = publish.numeric_name;
  stored.dead_group = publish.dead_group;
  stored.dead_rooms.assign(publish.dead_rooms.begin(), publish.dead_rooms.end());
  if (publish.attachments != nullptr)
    stored.attachments.assign(publish.attachments->begin(), publish.attachments->end());
  scratch_.clear();
  proto::append_stored_head(scratch_, stored);
  const std::string_view head = text_.copy(scratch_);
  if (plain) {
    last_head_ = head;
    last_head_sender_ = publish.sender;
    has_last_head_ = true;
  }
  return head;
}

void Broadcast::add_record(const Publish& publish, Event& event) {
  event.record = static_cast<std::uint32_t>(records_.size());
  const std::string_view packet = built_[event.first_frame].payload();
  records_.push_back(
      {.time_ms = time_ms_,
       .ns = publish.ns->name,
       .event = event.name,
       .rooms = groups_.back().rooms,
       .key = text_.copy(publish.key),
       .body_head = head_of(publish),
       .body_tail = packet.substr(packet.size() - 1 - publish.args.size(), publish.args.size())});
  if (!publish.key.empty()) keys_.insert(records_.back().key);
}

store::Seq Broadcast::commit() {
  if (events_.empty()) return 0;
  const Result<store::Seq> first = store_all();
  if (!records_.empty()) out_.on_append(first);
  first_seq_ = first ? *first : 0;
  const store::Seq last = first_seq_ == 0 ? 0 : first_seq_ + records_.size() - 1;
  newest_seq_ = first_seq_ != 0     ? first_seq_ - 1
                : store_ == nullptr ? 0
                                    : store_->bounds().next - 1;
  for (const Group& group : groups_) {
    deliver(group);
    if (relay_ != nullptr) relay(group);
    note_newest(group);
  }
  settle_acks(first);
  forget();
  return last;
}

void Broadcast::note_newest(const Group& group) {
  const Event& last = events_[group.first_event + group.event_count - 1];
  if (last.record != kNoRecord && first_seq_ != 0) newest_seq_ = first_seq_ + last.record;
}

// The first number, or 0 when there is nothing to store.
Result<store::Seq> Broadcast::store_all() {
  if (records_.empty()) return 0;
  return store_->append(records_);
}

void Broadcast::deliver(const Group& group) {
  forms_in_use_ = 0;
  has_meta_frames_ = has_offset_frames_ = false;
  if (group.rooms.empty() && group.except.empty()) {
    const Audience& audience = group.ns->sockets;
    for (Socket* socket : group.has_nameless ? audience.all() : audience.hearing())
      if (socket != group.sender) deliver_to(*socket, group);
    return;
  }
  collect(*group.ns, group.sender, group.rooms, group.except);
  for (Socket* socket : targets_) deliver_to(*socket, group);
}

// To other servers. A group that gives up a record is a matter of this one.
void Broadcast::relay(const Group& group) {
  if (!group.dead_group.empty()) return;
  for (std::uint32_t i = 0; i < group.event_count; ++i) {
    const Event& event = events_[group.first_event + i];
    std::vector<std::string> attachments;
    for (std::uint32_t f = 1; f < event.frame_count; ++f)
      attachments.emplace_back(built_[event.first_frame + f].payload());
    relay_->relay(
        {.to = {group.ns->name, group.rooms, group.except},
         .items = items_of(event, *group.ns),
         .attachments = attachments,
         .is_volatile = group.is_volatile,
         .from = group.sender != nullptr ? group.sender->sid() : group.from,
         .key = event.record == kNoRecord ? std::string_view() : records_[event.record].key});
  }
}

// What stands between the brackets of an event's packet.
std::string_view Broadcast::items_of(const Event& event, const Namespace& ns) const {
  std::string_view packet = built_[event.first_frame].payload();
  packet.remove_prefix(event.frame_count == 1 ? 2 : packet.find('-') + 1);
  packet.remove_prefix(ns.infix.size() + 1);
  return packet.substr(0, packet.size() - 1);
}

std::span<Socket* const> Broadcast::targets(const Namespace& ns,
                                            std::span<const std::string_view> rooms,
                                            std::span<const std::string_view> except) {
  collect(ns, nullptr, rooms, except);
  return targets_;
}

// Everybody who is addressed and not excepted, each once: whoever has been taken, or must not be,
// carries the stamp.
void Broadcast::collect(const Namespace& ns, Socket* sender,
                        std::span<const std::string_view> rooms,
                        std::span<const std::string_view> except) {
  targets_.clear();
  ++stamp_;
  if (sender != nullptr) sender->stamp = stamp_;
  for (const std::string_view room : except) mark_members(room, ns);
  if (rooms.empty()) {
    std::ranges::copy_if(ns.sockets, std::back_inserter(targets_),
                         [this](const Socket* socket) { return socket->stamp != stamp_; });
    return;
  }
  for (const std::string_view room : rooms) add_members(room, ns);
}

void Broadcast::mark_members(std::string_view room, const Namespace& ns) {
  if (Socket* socket = out_.find_sid(room); socket != nullptr && &socket->ns == &ns)
    socket->stamp = stamp_;
  if (const Room* found = ns.rooms.find(room); found != nullptr)
    for (const Room::Member& member : found->members) member.socket->stamp = stamp_;
}

void Broadcast::add_members(std::string_view room, const Namespace& ns) {
  const auto add = [this](Socket* socket) {
    if (socket->stamp == stamp_) return;
    socket->stamp = stamp_;
    targets_.push_back(socket);
  };
  if (Socket* socket = out_.find_sid(room); socket != nullptr && &socket->ns == &ns) add(socket);
  if (const Room* found = ns.rooms.find(room); found != nullptr)
    for (const Room::Member& member : found->members) add(member.socket);
}

void Broadcast::deliver_to(Socket& socket, const Group& group) {
  net::Transport* transport = socket.link.transport();
  if (transport == nullptr || socket.is_deaf) return;
  const Event& first = events_[group.first_event];
  const bool stored = first.record != kNoRecord && first_seq_ != 0;
  if (group.is_volatile) {
    if (socket.is_behind() || !transport->writable()) return;
  } else if (socket.is_behind()) {
    if (!stored) out_.on_overflow(socket, 0);
    return;
  } else if (transport->waiting() > out_.backlog_limit()) {
    out_.on_overflow(socket, stored ? first_seq_ + first.record : 0);
    return;
  }
  for (const net::FrameRun& run : form_for(*socket.kind, group).runs) transport->send(run);
}

const Broadcast::Form& Broadcast::form_for(const ReaderKind& kind, const Group& group) {
  for (std::size_t i = 0; i < forms_in_use_; ++i)
    if (forms_[i].kind == &kind) return forms_[i];
  if (forms_in_use_ == forms_.size()) forms_.emplace_back();
  Form& form = forms_[forms_in_use_++];
  form.kind = &kind;
  form.runs.clear();
  build_form(form, group);
  return form;
}

void Broadcast::build_form(Form& form, const Group& group) {
  if (form.kind->meta && !has_meta_frames_) build_meta_frames(group);
  if (form.kind->offset && !has_offset_frames_) build_offset_frames(group);
  const std::vector<net::Frame>& frames = form.kind->meta     ? meta_frames_
                                          : form.kind->offset ? offset_frames_
                                                              : built_;
  for (std::uint32_t i = 0; i < group.event_count; ++i) {
    const Event& event = events_[group.first_event + i];
    if (form.kind->filter != nullptr && !form.kind->filter->passes(event.name)) continue;
    append_runs(form, frames, event);
  }
}

// The stock frames with one more argument. Attachments are the same frames.
void Broadcast::build_meta_frames(const Group& group) {
  has_meta_frames_ = true;
  meta_frames_.resize(built_.size());
  proto::EventMeta meta{.time_ms = time_ms_, .rooms = {group.rooms.begin(), group.rooms.end()}};
  meta.from = group.sender != nullptr ? group.sender->sid() : group.from;
  if (!group.dead_group.empty()) {
    meta.dead = true;
    meta.group = group.dead_group;
    meta.dead_rooms.assign(group.dead_rooms.begin(), group.dead_rooms.end());
  }
  // The record's number comes first in the object, so everything behind it is the same for all.
  std::string rest;
  proto::append_meta(rest, meta);
  const std::string behind_id = rest == "{}" ? "\"}]" : fmt::format("\",{}]", rest.substr(1));
  const std::string_view store_name = store_ == nullptr ? "" : store_->name();
  for (std::uint32_t i = 0; i < group.event_count; ++i) {
    const Event& event = events_[group.first_event + i];
    std::string_view packet = built_[event.first_frame].payload();
    packet.remove_suffix(1);
    net::Frame& header = meta_frames_[event.first_frame];
    if (event.record == kNoRecord || first_seq_ == 0) {
      header = frames_.text({packet, ",", rest, "]"});
    } else {
      const Digits seq(first_seq_ + event.record);
      header = frames_.text({packet, R"(,{"id":"#)", store_name, "-", seq.view(), behind_id});
    }
    for (std::uint32_t f = 1; f < event.frame_count; ++f)
      meta_frames_[event.first_frame + f] = built_[event.first_frame + f];
  }
}

// The stock frames with the number of the newest record behind the arguments: what a client gives
// back when it wants to be recovered. Volatile events have it too, so that a client that takes any
// trailing string for an offset is not led astray.
void Broadcast::build_offset_frames(const Group& group) {
  has_offset_frames_ = true;
  offset_frames_.resize(built_.size());
  store::Seq newest = newest_seq_;
  const std::string_view store_name = store_ == nullptr ? "" : store_->name();
  for (std::uint32_t i = 0; i < group.event_count; ++i) {
    const Event& event = events_[group.first_event + i];
    std::string_view packet = built_[event.first_frame].payload();
    packet.remove_suffix(1);
    if (event.record != kNoRecord && first_seq_ != 0) newest = first_seq_ + event.record;
    const Digits seq(newest);
    offset_frames_[event.first_frame] =
        frames_.text({packet, ",\"", store_name, "-", seq.view(), "\"]"});
    for (std::uint32_t f = 1; f < event.frame_count; ++f)
      offset_frames_[event.first_frame + f] = built_[event.first_frame + f];
  }
}

void Broadcast::append_runs(Form& form, const std::vector<net::Frame>& frames,
                            const Event& event) const {
  for (std::uint32_t f = 0; f < event.frame_count; ++f) {
    const net::Frame& frame = frames[event.first_frame + f];
    if (!form.runs.empty()) {
      net::FrameRun& run = form.runs.back();
      const net::Frame& last = run.frames.back();
      if (&last + 1 == &frame && net::FrameArena::adjacent(last, frame)) {
        run.bytes = {run.bytes.data(), run.bytes.size() + frame.size};
        run.frames = {run.frames.data(), run.frames.size() + 1};
        continue;
      }
    }
    form.runs.push_back({frame.bytes(), {&frame, 1}});
  }
}

void Broadcast::settle_acks(const Result<store::Seq>& first) {
  for (WantedAck& wanted : acks_) {
    if (wanted.record != kNoRecord) {
      if (!first) {
        out_.on_refused(wanted.ack, first.error());
        continue;
      }
      wanted.ack.seq = *first + wanted.record;
    }
    out_.on_stored(wanted.ack);
  }
}

void Broadcast::forget() {
  built_.clear();
  events_.clear();
  groups_.clear();
  records_.clear();
  acks_.clear();
  keys_.clear();
  last_name_ = {};
  last_head_ = {};
  has_last_head_ = false;
  text_.reset();
}

}  // namespace sio::server
