#include "server/group_dispatch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "proto/json_text.h"
#include "server/frame_runs.h"
#include "server/hub.h"

namespace sio::server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDefaultWindow = 1024;
// Records that a member may have had taken back and may still acknowledge.
constexpr std::size_t kLateAcks = 16 * 1024;
// What is looked at, and built, in one turn and for one group.
constexpr std::size_t kRecordsPerTurn = 8192;
constexpr std::size_t kSkipsPerTurn = 16 * 1024;
constexpr std::size_t kBurialsPerTurn = 256;
constexpr std::size_t kBytesPerTurn = 1u << 20;
constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);
constexpr Duration kRetryJournal = 1s;
constexpr Duration kKeepEvery = 1s;

// Whether an ack says that the work failed: its first argument is an object with a member `error`.
bool says_failed(std::string_view args) {
  if (args.empty()) return false;
  const std::string array = fmt::format("[{}]", args);
  proto::ElementReader element(array);
  if (!element.next() || proto::json_kind(element.value()) != proto::JsonKind::object) return false;
  const auto error = proto::object_member(element.value(), "error");
  return error && proto::json_kind(*error) != proto::JsonKind::null && *error != "false";
}

}  // namespace

std::optional<GroupMember::Handed> GroupMember::take(std::uint64_t ack_id) {
  const auto it = std::ranges::lower_bound(handed, ack_id, {}, &Handed::ack_id);
  if (it == handed.end() || it->ack_id != ack_id) return std::nullopt;
  const Handed found = *it;
  if (found.seq == 0) return std::nullopt;
  it->seq = 0;
  if (!std::exchange(it->done, true)) --held;
  while (!handed.empty() && handed.front().seq == 0) handed.pop_front();
  return found;
}

bool GroupMember::lose(store::Seq seq) {
  const auto it = std::ranges::find_if(
      handed, [seq](const Handed& each) { return each.seq == seq && !each.done; });
  if (it == handed.end()) return false;
  it->done = true;
  --held;
  while (handed.size() > held + kLateAcks && handed.front().done) handed.pop_front();
  return true;
}

void GroupMember::lose_all() {
  for (Handed& each : handed) each.done = true;
  held = 0;
}

GroupDispatch::GroupDispatch(Hub& hub, net::FrameArena& frames, store::Store* store,
                             store::Groups* groups, HubWaker& waker)
    : hub_(hub),
      store_(store),
      groups_(store == nullptr ? nullptr : groups),
      waker_(waker),
      stored_frames_(frames, store == nullptr ? "" : store->name()) {
  if (groups_ == nullptr) return;
  store_->set_keep_from(groups_->oldest_needed(store_->bounds().next));
  for (std::string& name : groups_->names()) leave_alone(std::move(name));
}

// --- members

Status GroupDispatch::admit(std::string_view ns, const proto::Hello& hello) {
  const std::string& wanted = hello.group.empty() ? hello.inspect : hello.group;
  if (wanted.empty()) return {};
  if (groups_ == nullptr)
    return fail(Errc::unavailable, "this server stores nothing, so it has no groups");
  const store::Group* group = groups_->find(wanted);
  if (hello.group.empty()) {
    if (group == nullptr) return fail(Errc::not_found, fmt::format("there is no group {}", wanted));
    return {};
  }
  const auto since = hello.since ? proto::parse_position(*hello.since) : std::nullopt;
  const proto::Position now{.kind = proto::Position::Kind::now};
  const Place place = hub_.readers().locate(since.value_or(now));
  if (group == nullptr) return create(ns, hello, place);
  const auto filter = RecordFilter::decode(group->settings().filter);
  if (filter && filter->ns() != ns)
    return fail(Errc::refused,
                fmt::format("group {} belongs to namespace {}", hello.group, filter->ns()));
  if (since) {
    SIO_TRY_STATUS(groups_->move(hello.group, place.next));
    if (const auto it = active_.find(hello.group); it != active_.end())
      for (Socket* socket : it->second->members) socket->member->lose_all();
  }
  set_limits(hello);
  return {};
}

Status GroupDispatch::create(std::string_view ns, const proto::Hello& hello, const Place& place) {
  const RecordFilter filter(std::string(ns), hello.events, hello.rooms);
  const store::GroupSettings settings{.filter = filter.encode()};
  SIO_TRY_STATUS(groups_->create(hello.group, settings, place.next));
  log(LogLevel::info, fmt::format("group {} begins at {}", hello.group,
                                  proto::format_record_id(store_->name(), place.next)));
  set_limits(hello);
  kept_at_ = {};
  has_changes_ = true;
  return {};
}

void GroupDispatch::set_limits(const proto::Hello& hello) {
  if (!hello.max_deliver && !hello.ack_wait_ms) return;
  const store::GroupSettings& old = groups_->find(hello.group)->settings();
  const std::chrono::milliseconds ack_wait =
      hello.ack_wait_ms ? std::chrono::milliseconds(static_cast<std::int64_t>(*hello.ack_wait_ms))
                        : old.ack_wait;
  has_changes_ = true;
  groups_->set_limits(hello.group, hello.max_deliver.value_or(old.max_deliver), ack_wait);
}

void GroupDispatch::add(Socket& socket, const proto::Hello& hello) {
  lonely_.erase(hello.group);
  auto& active = active_[hello.group];
  if (active == nullptr) {
    auto filter = RecordFilter::decode(groups_->find(hello.group)->settings().filter);
    if (!filter) filter.emplace(socket.ns.name, hello.events, hello.rooms);
    active = std::make_unique<ActiveGroup>(ActiveGroup{hello.group, std::move(*filter), {}, 0});
  }
  socket.member = std::make_unique<GroupMember>();
  socket.member->group = active.get();
  socket.member->id = ++last_member_;
  socket.member->window = hello.window.value_or(kDefaultWindow);
  socket.member->left = hello.limit.value_or(UINT64_MAX);
  active->members.push_back(&socket);
  is_dirty_ = true;
  if (!hello.since) return;
  const Place place = hub_.readers().locate(*proto::parse_position(*hello.since));
  if (place.gap) hub_.readers().say_gap(socket, *place.gap);
}

void GroupDispatch::remove(Socket& socket) {
  if (socket.member == nullptr) return;
  ActiveGroup& group = *socket.member->group;
  if (groups_->find(group.name) != nullptr)
    groups_->drop_member(group.name, socket.member->id, hub_.clock().now());
  std::erase(group.members, &socket);
  socket.member.reset();
  is_dirty_ = has_changes_ = true;
  if (!group.members.empty()) return;
  leave_alone(group.name);
  active_.erase(active_.find(group.name));
}

// Nobody is there to hand anything out to; but what was handed out too often can still be given up.
void GroupDispatch::leave_alone(std::string name) {
  const store::Group* group = groups_->find(name);
  if (group == nullptr || !group->has_exhausted()) return;
  is_dirty_ = true;
  lonely_.insert(std::move(name));
}

std::size_t GroupDispatch::members_of(std::string_view group) const {
  const auto it = active_.find(group);
  return it == active_.end() ? 0 : it->second->members.size();
}

bool GroupDispatch::on_ack(Socket& socket, const proto::PacketView& packet) {
  if (socket.member == nullptr) return false;
  const auto handed = packet.ack_id ? socket.member->take(*packet.ack_id) : std::nullopt;
  if (!handed) return false;
  const std::string& name = socket.member->group->name;
  is_dirty_ = has_changes_ = true;
  if (!says_failed(packet.args)) {
    groups_->acknowledge(name, handed->seq);
  } else if (!handed->done) {
    groups_->fail(name, handed->seq, hub_.clock().now());
  }
  return true;
}

void GroupDispatch::on_drained() {
  is_dirty_ = true;
  waker_.wake();
}

void GroupDispatch::on_durable(store::Seq durable) {
  while (!dead_letters_.empty() && dead_letters_.front().letter <= durable) {
    const DeadLetter letter = std::move(dead_letters_.front());
    dead_letters_.pop_front();
    if (groups_->find(letter.group) != nullptr) groups_->acknowledge(letter.group, letter.seq);
    has_changes_ = true;
  }
}

// --- handing out

bool GroupDispatch::has_room(const Socket& socket) const {
  const GroupMember& member = *socket.member;
  if (member.held >= member.window || member.left == 0) return false;
  net::Transport* transport = socket.link.transport();
  if (transport == nullptr) return false;
  if (transport->backlog() + member.frame_bytes < hub_.backlog_limit()) return true;
  transport->set_drain_mark(hub_.backlog_limit() / 4);
  return false;
}

Socket* GroupDispatch::next_with_room(ActiveGroup& group) const {
  for (std::size_t tried = 0; tried < group.members.size(); ++tried) {
    Socket* socket = group.members[group.next_member++ % group.members.size()];
    if (has_room(*socket)) return socket;
  }
  return nullptr;
}

// A record by its number, with memory of its own.
class GroupDispatch::OneRecord final : public store::Visitor {
 public:
  explicit OneRecord(store::Seq seq) : seq_(seq) {}

  bool on_record(const store::Record& shown) override {
    if (shown.seq != seq_) return false;
    ns_ = shown.ns;
    event_ = shown.event;
    body_ = shown.body;
    for (const std::string_view room : shown.rooms) rooms_.emplace_back(room);
    room_views_.assign(rooms_.begin(), rooms_.end());
    record = {.seq = seq_,
              .time_ms = shown.time_ms,
              .ns = ns_,
              .event = event_,
              .rooms = room_views_,
              .body = body_};
    found = true;
    return true;
  }

  bool found = false;
  store::Record record;  // views of this object

 private:
  store::Seq seq_;
  std::string ns_, event_, body_;
  std::vector<std::string> rooms_;
  std::vector<std::string_view> room_views_;
};

// Hands out what comes from the position of a group on.
class GroupDispatch::HandOut final : public store::Visitor {
 public:
  HandOut(GroupDispatch& dispatch, ActiveGroup& group, store::Seq durable)
      : dispatch_(dispatch), group_(group), durable_(durable) {}

  bool on_record(const store::Record& record) override {
    stopped = record.seq > durable_;
    if (stopped) return false;
    stopped = has_more = visited_ == kRecordsPerTurn || bytes_ >= kBytesPerTurn;
    if (stopped) return false;
    ++visited_;
    const auto event = proto::decode_stored(record.body);
    if (!event || !group_.filter.passes(record, event->except)) return true;
    Socket* socket = dispatch_.next_with_room(group_);
    stopped = socket == nullptr;
    if (stopped) return false;
    bytes_ += record.body.size();
    dispatch_.hand_out(*socket, record, *event);
    return true;
  }
  void on_gap(store::Seq first, store::Seq next) override { gaps.emplace_back(first, next); }

  bool stopped = false;   // by on_record(), not by the filter's patience
  bool has_more = false;  // in another turn
  std::vector<std::pair<store::Seq, store::Seq>> gaps;

 private:
  GroupDispatch& dispatch_;
  ActiveGroup& group_;
  store::Seq durable_;
  std::size_t visited_ = 0;
  std::size_t bytes_ = 0;
};

void GroupDispatch::hand_out(Socket& socket, const store::Record& record,
                             const proto::StoredEvent& event) {
  GroupMember& member = *socket.member;
  const unsigned delivered =
      groups_->hand_out(member.group->name, record.seq, member.id, hub_.clock().now());
  member.handed.push_back({socket.ns.next_ack_id++, record.seq, delivered});
  ++member.held;
  ++member.unsent;
  --member.left;
  has_changes_ = true;
  build(socket, record, event, member.handed.back());
}

void GroupDispatch::build(Socket& socket, const store::Record& record,
                          const proto::StoredEvent& event, const GroupMember::Handed& handed) {
  GroupMember& member = *socket.member;
  member.frame_bytes += stored_frames_.build(record, event,
                                             {.kind = *socket.kind,
                                              .infix = socket.ns.infix,
                                              .ack_id = handed.ack_id,
                                              .group = member.group->name,
                                              .delivery = handed.delivered},
                                             member.frames);
}

// What comes again goes first. False: there is no room for more.
bool GroupDispatch::hand_out_due(ActiveGroup& group) {
  const TimePoint now = hub_.clock().now();
  for (std::size_t count = 0; count < kRecordsPerTurn; ++count) {
    const auto due = groups_->find(group.name)->next_due(now);
    if (!due) return true;
    for (Socket* socket : group.members)
      if (socket->member->lose(due->seq)) break;
    if (due->dead) {
      if (!bury(group.name, due->seq)) return false;
      continue;
    }
    OneRecord one(due->seq);
    const auto read = store_->read(due->seq, {.all_rooms = true}, 1, one);
    if (!read) return false;
    const auto event = proto::decode_stored(one.record.body);
    if (!one.found || !event) {
      forget(group.name, due->seq);
      continue;
    }
    Socket* socket = next_with_room(group);
    if (socket == nullptr) return false;
    hand_out(*socket, one.record, *event);
  }
  is_dirty_ = true;
  waker_.wake();
  return false;
}

void GroupDispatch::hand_out_next(ActiveGroup& group) {
  if (std::ranges::none_of(group.members, [this](Socket* socket) { return has_room(*socket); }))
    return;
  HandOut visitor(*this, group, seen_durable_);
  const store::Seq position = groups_->find(group.name)->position();
  store::Filter filter = group.filter.for_store();
  filter.max_skipped = kSkipsPerTurn;
  const auto next = store_->read(position, filter, kNoLimit, visitor);
  if (!next) {
    log(LogLevel::error,
        fmt::format("group {}: read the store: {}", group.name, next.error().message));
    return;
  }
  const store::Seq passed = std::min(*next, seen_durable_ + 1);
  if (passed > position) has_changes_ = true;
  groups_->pass(group.name, passed);
  for (const auto& [first, behind] : visitor.gaps) tell_gap(group, first - 1, behind, "damage");
  if (!visitor.has_more && (visitor.stopped || *next > seen_durable_)) return;
  is_dirty_ = true;
  waker_.wake();
}

// A record that cannot be read any more.
void GroupDispatch::forget(const std::string& group, store::Seq seq) {
  groups_->acknowledge(group, seq);
  has_changes_ = true;
}

// Gives up a record. False: the store cannot be read.
bool GroupDispatch::bury(const std::string& group, store::Seq seq) {
  OneRecord one(seq);
  if (!store_->read(seq, {.all_rooms = true}, 1, one)) return false;
  const auto event = proto::decode_stored(one.record.body);
  if (one.found && event)
    publish_dead(group, one.record, *event);
  else
    forget(group, seq);
  return true;
}

void GroupDispatch::bury_of_lonely(TimePoint now) {
  std::size_t count = 0;
  std::erase_if(lonely_, [&](const std::string& name) {
    const store::Group* group = groups_->find(name);
    if (group == nullptr) return true;
    for (; count < kBurialsPerTurn; ++count) {
      const auto seq = group->next_exhausted(now);
      if (!seq || !bury(name, *seq)) break;
    }
    return !group->has_exhausted();
  });
  if (count < kBurialsPerTurn) return;
  is_dirty_ = true;
  waker_.wake();
}

// What a group gives up is published for whoever cares; it is done when that is durable.
void GroupDispatch::publish_dead(const std::string& group, const store::Record& record,
                                 const proto::StoredEvent& event) {
  groups_->hold(group, record.seq, hub_.clock().now());
  const std::string room = std::string(proto::kDeadRoomPrefix) + group;
  const std::string key =
      fmt::format("{}:{}", room, proto::format_record_id(store_->name(), record.seq));
  std::string items =
      event.numeric_name ? std::string(record.event) : proto::json_string(record.event);
  if (!event.args.empty()) items += ',';
  items += event.args;
  const std::vector<std::string> attachments(event.attachments.begin(), event.attachments.end());
  const std::string_view rooms[] = {room};
  const store::Seq letter =
      hub_.publish_now({.ns = &hub_.open_namespace(record.ns),
                        .event = record.event,
                        .items = items,
                        .args = std::string_view(items).substr(items.size() - event.args.size()),
                        .numeric_name = event.numeric_name,
                        .attachments = attachments.empty() ? nullptr : &attachments,
                        .rooms = rooms,
                        .key = key,
                        .dead_group = group,
                        .dead_rooms = record.rooms});
  const auto known = store_->find_key(key, hub_.clock().wall_ms());
  log(LogLevel::warning, fmt::format("group {} gives up {}", group,
                                     proto::format_record_id(store_->name(), record.seq)));
  if (letter == 0 && !known) return;  // it cannot be stored now: it comes back
  dead_letters_.push_back({group, record.seq, letter == 0 ? *known : letter});
}

// --- the journal, and sending

bool GroupDispatch::write_journal() {
  has_changes_ = false;
  const Status written = groups_->flush(hub_.clock().now());
  if (!written) {
    stand_still(written.error().message);
    return false;
  }
  if (std::exchange(journal_failed_, false)) {
    log(LogLevel::info, "groups go on: their journal can be written");
    build_unsent();
  }
  return true;
}

void GroupDispatch::stand_still(std::string_view reason) {
  if (!std::exchange(journal_failed_, true))
    log(LogLevel::error, fmt::format("groups stand still: write their journal: {}", reason));
  is_dirty_ = has_changes_ = true;
  is_waiting_ = false;
  drop_built();
  waker_.wake_at(hub_.clock().now() + kRetryJournal);
}

// What was handed out while the journal could not be written.
void GroupDispatch::build_unsent() {
  for (const auto& [name, group] : active_) {
    for (Socket* socket : group->members) {
      GroupMember& member = *socket->member;
      const std::size_t count = std::min(member.unsent, member.handed.size());
      for (std::size_t i = member.handed.size() - count; i < member.handed.size(); ++i) {
        const GroupMember::Handed& handed = member.handed[i];
        OneRecord one(handed.seq);
        if (handed.done || !store_->read(handed.seq, {.all_rooms = true}, 1, one) || !one.found)
          continue;
        if (const auto event = proto::decode_stored(one.record.body))
          build(*socket, one.record, *event, handed);
      }
    }
  }
}

void GroupDispatch::send_all() {
  if (has_changes_ && !write_journal()) return drop_built();
  is_waiting_ = !groups_->is_written();
  if (!is_waiting_) send_built();
}

void GroupDispatch::send_built() {
  for (const auto& [name, group] : active_) {
    for (Socket* socket : group->members) {
      GroupMember& member = *socket->member;
      net::Transport* transport = socket->link.transport();
      if (transport != nullptr)
        for_each_run(member.frames,
                     [transport](const net::FrameRun& run) { transport->send(run); });
      member.unsent = 0;
    }
  }
  drop_built();
}

void GroupDispatch::drop_built() {
  for (const auto& [name, group] : active_) {
    for (Socket* socket : group->members) {
      socket->member->frames.clear();
      socket->member->frame_bytes = 0;
    }
  }
}

// --- turns

void GroupDispatch::pump() {
  if (groups_ == nullptr) return;
  seen_durable_ = std::max(seen_durable_, store_->durable());
  on_durable(seen_durable_);
  drop_lost();
  if (active_.empty() && lonely_.empty()) return;
  const TimePoint now = hub_.clock().now();
  if (now >= next_deadline_) {
    groups_->expire(now);
    is_dirty_ = true;
  }
  if (groups_->has_failed() && !journal_failed_) stand_still("it was not taken");
  if (is_waiting_) {
    if (!groups_->is_written()) return;
    is_waiting_ = false;
    is_dirty_ = true;
    send_built();
  }
  if (!is_dirty_ && seen_durable_ == pumped_durable_) return;
  pumped_durable_ = seen_durable_;
  const bool was_dirty = std::exchange(is_dirty_, false);
  if (!journal_failed_ || write_journal()) {
    if (was_dirty) bury_of_lonely(now);
    for (const auto& [name, group] : active_)
      if (hand_out_due(*group)) hand_out_next(*group);
  }
  send_all();
  arm(now);
}

void GroupDispatch::arm(TimePoint now) {
  TimePoint earliest = kNever;
  for (const auto& [name, group] : active_)
    earliest = std::min(earliest, groups_->find(name)->next_deadline_after(now));
  for (const std::string& name : lonely_)
    if (const store::Group* group = groups_->find(name))
      earliest = std::min(earliest, group->next_deadline_after(now));
  next_deadline_ = earliest;
  if (earliest != kNever) waker_.wake_at(earliest);
}

void GroupDispatch::flush() {
  if (groups_ == nullptr || !has_changes_) return;
  if (!journal_failed_ && !is_waiting_) static_cast<void>(write_journal());
  const TimePoint now = hub_.clock().now();
  if (now - kept_at_ < kKeepEvery) return;
  kept_at_ = now;
  store_->set_keep_from(groups_->oldest_needed(store_->bounds().next));
}

// Retention may take what a group has not finished, if there is no room.
void GroupDispatch::drop_lost() {
  const store::Seq first = store_->bounds().first;
  if (first == seen_first_) return;
  seen_first_ = first;
  for (const store::Groups::Loss& loss : groups_->lose_before(first)) {
    has_changes_ = true;
    if (loss.count == 0) continue;
    log(LogLevel::warning, fmt::format("group {} has lost up to {} records: the queue is too small",
                                       loss.name, loss.count));
    if (const auto it = active_.find(loss.name); it != active_.end())
      tell_gap(*it->second, loss.after, first, "retention");
  }
}

void GroupDispatch::tell_gap(ActiveGroup& group, store::Seq after, store::Seq before,
                             std::string_view reason) {
  const Gap gap{proto::format_record_id(store_->name(), after),
                proto::format_record_id(store_->name(), before), reason};
  for (Socket* socket : group.members) hub_.readers().say_gap(*socket, gap);
}

}  // namespace sio::server
