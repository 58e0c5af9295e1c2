// changes  := change*       (a flush; a snapshot is made of the same changes)
// change   := kind:u8 group:varint ...
//   create 1       name:str filter:str max_deliver:varint ack_wait_ms:varint position:varint
//   hand_out 2     seq:varint from:varint     from: the position before, when seq is not before it
//   acknowledge 3  seq:varint
//   pass 4         position:varint from:varint
//   move 5         position:varint
//   limits 6       max_deliver:varint ack_wait_ms:varint
//   remove 7
//   pending 8      seq:varint delivered:varint
//
// When changes are missing (damage), a group may do work twice but must not lose any. So whatever
// moves a position on says from where: if that is ahead of the position that was read, the records
// between may have been handed out, and are taken as handed out once and not acknowledged.
#include "store/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sio::store {
namespace {

constexpr std::string_view kJournalName = "groups";
// Records that may be in doubt after damage; with more, the group starts again in front of them.
constexpr std::uint64_t kMaxDoubtful = 1u << 16;
// A position that moves on over records of no concern is journalled this often.
constexpr std::uint64_t kPassStep = 10'000;
constexpr std::chrono::seconds kSyncEvery{1};
constexpr std::uint64_t kLongestAckWaitMs = 30ull * 24 * 3600 * 1000;

std::chrono::milliseconds ack_wait_from(std::uint64_t read) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(read, kLongestAckWaitMs)));
}

}  // namespace

Result<std::unique_ptr<Groups>> Groups::open(Journals& journals) {
  auto groups = std::make_unique<Groups>();
  SIO_TRY(groups->journal_, journals.open(kJournalName, *groups));
  SIO_TRY_STATUS(groups->settle());
  return groups;
}

// After reading: what was missing is filled in for good.
Status Groups::settle() {
  for (auto& [name, entry] : groups_) {
    entry.journalled = entry.group.position();
    entry.frozen = false;
  }
  if (!in_doubt_) return {};
  SIO_TRY_STATUS(journal_->write_snapshot(snapshot()));
  return journal_->sync();
}

const Group* Groups::find(std::string_view name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : &found->second.group;
}

std::vector<std::string> Groups::names() const {
  std::vector<std::string> all;
  for (const auto& [name, entry] : groups_) all.push_back(name);
  return all;
}

Status Groups::create(std::string_view name, const GroupSettings& settings, Seq position) {
  if (find(name) != nullptr) {
    return sio::fail(Errc::refused, fmt::format("group {}: exists", name));
  }
  if (name.size() > kMaxGroupName || groups_.size() == kMaxGroups) {
    return sio::fail(Errc::too_large, fmt::format("group {}: too many groups, or too long a name",
                                                  name.substr(0, kMaxGroupName)));
  }
  Entry entry{.number = next_number_++, .group = Group(settings, position), .journalled = position};
  if (journal_) {
    std::string change;
    append_create(change, name, entry);
    journal_->add(change);
  }
  Entry& made = groups_.emplace(std::string(name), std::move(entry)).first->second;
  numbers_[made.number] = &made;
  if (Status synced = sync(); !synced) {
    put(Change::remove, made.number, {});
    forget(made.number);
    return fail_in(fmt::format("create group {}", name), synced.error());
  }
  return {};
}

Status Groups::move(std::string_view name, Seq position) {
  Entry& entry = entry_of(name);
  entry.group.move(position);
  entry.journalled = position;
  put(Change::move, entry.number, {position});
  return sync();
}

Status Groups::remove(std::string_view name) {
  const std::uint64_t number = entry_of(name).number;
  put(Change::remove, number, {});
  forget(number);
  return sync();
}

void Groups::set_limits(std::string_view name, unsigned max_deliver,
                        std::chrono::milliseconds ack_wait) {
  Entry& entry = entry_of(name);
  entry.group.set_limits(max_deliver, ack_wait);
  put(Change::limits, entry.number, {max_deliver, static_cast<std::uint64_t>(ack_wait.count())});
}

unsigned Groups::hand_out(std::string_view name, Seq seq, MemberId member, TimePoint now) {
  Entry& entry = entry_of(name);
  put(Change::hand_out, entry.number, {seq, entry.journalled});
  const unsigned delivered = entry.group.hand_out(seq, member, now);
  entry.journalled = std::max(entry.journalled, seq + 1);
  return delivered;
}

void Groups::hold(std::string_view name, Seq seq, TimePoint now) {
  entry_of(name).group.hold(seq, now);
}

void Groups::pass(std::string_view name, Seq position) {
  Entry& entry = entry_of(name);
  entry.group.pass(position);
  if (entry.group.position() < entry.journalled + kPassStep) return;
  put(Change::pass, entry.number, {entry.group.position(), entry.journalled});
  entry.journalled = entry.group.position();
}

bool Groups::acknowledge(std::string_view name, Seq seq) {
  Entry& entry = entry_of(name);
  if (!entry.group.acknowledge(seq)) return false;
  put(Change::acknowledge, entry.number, {seq});
  return true;
}

void Groups::fail(std::string_view name, Seq seq, TimePoint now) {
  entry_of(name).group.fail(seq, now);
}

void Groups::drop_member(std::string_view name, MemberId member, TimePoint now) {
  entry_of(name).group.drop_member(member, now);
}

void Groups::expire(TimePoint now) {
  for (auto& [name, entry] : groups_) entry.group.expire(now);
}

TimePoint Groups::next_deadline() const {
  TimePoint earliest = kNever;
  for (const auto& [name, entry] : groups_) {
    earliest = std::min(earliest, entry.group.next_deadline());
  }
  return earliest;
}

Status Groups::flush(TimePoint now) {
  if (!journal_) return {};
  if (journal_->wants_snapshot()) return journal_->write_snapshot(snapshot());
  SIO_TRY_STATUS(journal_->flush());
  if (now - synced_at_ >= kSyncEvery) {
    synced_at_ = now;
    journal_->sync_later();
  }
  return {};
}

Status Groups::sync() {
  if (!journal_) return {};
  if (journal_->wants_snapshot()) SIO_TRY_STATUS(journal_->write_snapshot(snapshot()));
  return journal_->sync();
}

Seq Groups::oldest_needed(Seq none) const {
  Seq oldest = none;
  for (const auto& [name, entry] : groups_) {
    oldest = std::min(oldest, entry.group.oldest_needed());
  }
  return oldest;
}

std::vector<Groups::Loss> Groups::lose_before(Seq first) {
  std::vector<Loss> losses;
  for (auto& [name, entry] : groups_) {
    const Seq oldest = entry.group.oldest_needed();
    if (oldest >= first) continue;
    for (const Group::PendingView& pending : entry.group.view()) {
      if (pending.seq < first) put(Change::acknowledge, entry.number, {pending.seq});
    }
    const std::uint64_t count = entry.group.lose_before(first);
    if (entry.journalled < first) {
      put(Change::pass, entry.number, {first, entry.journalled});
      entry.journalled = first;
    }
    losses.push_back({.name = name, .after = oldest - 1, .count = count});
  }
  return losses;
}

Groups::Entry& Groups::entry_of(std::string_view name) {
  const auto found = groups_.find(name);
  SIO_CHECK(found != groups_.end());
  return found->second;
}

void Groups::put(Change change, std::uint64_t number,
                 std::initializer_list<std::uint64_t> numbers) {
  if (!journal_) return;
  change_.clear();
  append_change(change_, change, number, numbers);
  journal_->add(change_);
}

void Groups::append_change(std::string& out, Change change, std::uint64_t number,
                           std::initializer_list<std::uint64_t> numbers) {
  append_fixed(out, static_cast<std::uint8_t>(change));
  append_varint(out, number);
  for (const std::uint64_t value : numbers) append_varint(out, value);
}

void Groups::append_create(std::string& out, std::string_view name, const Entry& entry) {
  const GroupSettings& settings = entry.group.settings();
  append_change(out, Change::create, entry.number, {});
  append_string(out, name);
  append_string(out, settings.filter);
  append_varint(out, settings.max_deliver);
  append_varint(out, static_cast<std::uint64_t>(settings.ack_wait.count()));
  append_varint(out, entry.group.position());
}

std::string Groups::snapshot() const {
  std::string out;
  for (const auto& [name, entry] : groups_) {
    append_create(out, name, entry);
    for (const Group::PendingView& pending : entry.group.view()) {
      append_change(out, Change::pending, entry.number, {pending.seq, pending.delivered});
    }
  }
  return out;
}

void Groups::on_snapshot(std::string_view snapshot) {
  groups_.clear();
  numbers_.clear();
  on_changes(snapshot);
}

void Groups::on_changes(std::string_view changes) {
  ByteReader in(changes);
  while (in.left() > 0 && read_change(in)) {
  }
}

// False when the rest makes no sense.
bool Groups::read_change(ByteReader& in) {
  const auto change = static_cast<Change>(in.fixed<std::uint8_t>());
  if (change == Change::create) return read_create(in);
  const std::uint64_t number = in.varint();
  const bool has_two = change == Change::hand_out || change == Change::pass ||
                       change == Change::limits || change == Change::pending;
  const std::uint64_t first = change == Change::remove ? 0 : in.varint();
  const std::uint64_t second = has_two ? in.varint() : 0;
  Entry* const entry = by_number(number);
  if (!in.ok() || change > Change::pending) return false;
  if (entry == nullptr || entry->frozen) return true;
  if (change == Change::remove) {
    forget(number);
  } else {
    apply(*entry, change, first, second);
  }
  return true;
}

void Groups::apply(Entry& entry, Change change, std::uint64_t first, std::uint64_t second) {
  switch (change) {
    case Change::hand_out:
      move_on(entry, second, first + 1);
      if (!entry.frozen) entry.group.restore(first, entry.group.delivered(first) + 1);
      break;
    case Change::acknowledge:
      entry.group.acknowledge(first);
      break;
    case Change::pass:
      move_on(entry, second, first);
      break;
    case Change::move:
      entry.group.move(first);
      break;
    case Change::limits:
      entry.group.set_limits(static_cast<unsigned>(first), ack_wait_from(second));
      break;
    case Change::pending:
      entry.group.restore(first, static_cast<unsigned>(second));
      break;
    case Change::create:
    case Change::remove:
      break;
  }
}

bool Groups::read_create(ByteReader& in) {
  const std::uint64_t number = in.varint();
  const std::string name(in.string());
  GroupSettings settings{.filter = std::string(in.string())};
  settings.max_deliver = static_cast<unsigned>(in.varint());
  settings.ack_wait = ack_wait_from(in.varint());
  const Seq position = in.varint();
  if (!in.ok() || groups_.size() == kMaxGroups) return false;
  if (by_number(number) != nullptr) return true;
  next_number_ = std::max(next_number_, number + 1);
  const auto [made, is_new] =
      groups_.emplace(name, Entry{.number = number,
                                  .group = Group(std::move(settings), position),
                                  .journalled = position});
  if (is_new) numbers_[number] = &made->second;
  return true;
}

// A position moves on to `position`, and the journal says that it was `from`.
void Groups::move_on(Entry& entry, Seq from, Seq position) {
  Group& group = entry.group;
  if (from > group.position()) {
    in_doubt_ = true;
    entry.frozen = from - group.position() > kMaxDoubtful;
    if (entry.frozen) return;
    for (Seq seq = group.position(); seq < from; ++seq) group.restore(seq, 1);
  }
  group.pass(std::max(from, position));
}

Groups::Entry* Groups::by_number(std::uint64_t number) {
  const auto found = numbers_.find(number);
  return found == numbers_.end() ? nullptr : found->second;
}

void Groups::forget(std::uint64_t number) {
  numbers_.erase(number);
  std::erase_if(groups_, [&](const auto& group) { return group.second.number == number; });
}

}  // namespace sio::store
