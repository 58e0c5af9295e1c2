#include "store/group.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"

namespace sio::store {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{30'000};

}  // namespace

void Group::set_limits(unsigned max_deliver, std::chrono::milliseconds ack_wait) {
  const Duration longer = ack_wait - settings_.ack_wait;
  settings_.max_deliver = max_deliver;
  settings_.ack_wait = ack_wait;
  std::set<std::pair<TimePoint, Seq>> moved;
  for (const auto& [when, seq] : out_) {
    pending_.at(seq).when = when + longer;
    moved.emplace(when + longer, seq);
  }
  out_ = std::move(moved);
}

Seq Group::oldest_needed() const {
  return pending_.empty() ? position_ : std::min(position_, pending_.begin()->first);
}

std::vector<Group::PendingView> Group::view() const {
  std::vector<PendingView> all;
  for (const auto& [seq, entry] : pending_) {
    all.push_back({.seq = seq, .delivered = entry.delivered, .member = entry.member});
  }
  return all;
}

unsigned Group::delivered(Seq seq) const {
  const auto entry = pending_.find(seq);
  return entry == pending_.end() ? 0 : entry->second.delivered;
}

unsigned Group::hand_out(Seq seq, MemberId member, TimePoint now) {
  auto entry = pending_.find(seq);
  if (entry == pending_.end()) {
    SIO_CHECK(seq >= position_);
    entry = pending_.emplace_hint(pending_.end(), seq, Pending{});
    position_ = seq + 1;
  } else {
    SIO_CHECK(entry->second.waiting);
  }
  give(entry, member, now);
  return ++entry->second.delivered;
}

void Group::hold(Seq seq, TimePoint now) {
  const auto entry = pending_.find(seq);
  if (entry != pending_.end() && entry->second.waiting) give(entry, 0, now);
}

void Group::pass(Seq position) {
  position_ = std::max(position_, position);
}

bool Group::acknowledge(Seq seq) {
  const auto entry = pending_.find(seq);
  if (entry == pending_.end()) return false;
  unqueue(entry);
  pending_.erase(entry);
  return true;
}

void Group::fail(Seq seq, TimePoint now) {
  const auto entry = pending_.find(seq);
  if (entry == pending_.end() || entry->second.waiting) return;
  take_back(entry, now + pause_after(entry->second.delivered));
}

void Group::drop_member(MemberId member, TimePoint now) {
  for (auto entry = pending_.begin(); entry != pending_.end(); ++entry) {
    if (entry->second.member == member && !entry->second.waiting) take_back(entry, now);
  }
}

void Group::move(Seq position) {
  pending_.clear();
  waiting_.clear();
  out_.clear();
  position_ = position;
}

std::uint64_t Group::lose_before(Seq first) {
  std::uint64_t lost = 0;
  while (!pending_.empty() && pending_.begin()->first < first) {
    acknowledge(pending_.begin()->first);
    ++lost;
  }
  if (position_ < first) {
    lost += first - position_;
    position_ = first;
  }
  return lost;
}

void Group::expire(TimePoint now) {
  while (!out_.empty() && out_.begin()->first <= now) fail(out_.begin()->second, now);
}

std::optional<Group::Due> Group::next_due(TimePoint now) const {
  if (waiting_.empty() || waiting_.begin()->first > now) return {};
  const Seq seq = waiting_.begin()->second;
  const unsigned delivered = pending_.at(seq).delivered;
  return Due{.seq = seq, .delivered = delivered, .dead = delivered >= settings_.max_deliver};
}

std::optional<Seq> Group::next_exhausted(TimePoint now) const {
  for (const auto& [when, seq] : waiting_) {
    if (when > now) return {};
    if (pending_.at(seq).delivered >= settings_.max_deliver) return seq;
  }
  return {};
}

bool Group::has_exhausted() const {
  return std::any_of(pending_.begin(), pending_.end(), [this](const auto& entry) {
    return entry.second.delivered >= settings_.max_deliver;
  });
}

TimePoint Group::next_deadline() const {
  const TimePoint due = waiting_.empty() ? kNever : waiting_.begin()->first;
  const TimePoint taken_back = out_.empty() ? kNever : out_.begin()->first;
  return std::min(due, taken_back);
}

TimePoint Group::next_deadline_after(TimePoint now) const {
  const auto later = waiting_.upper_bound({now, static_cast<Seq>(-1)});
  const TimePoint due = later == waiting_.end() ? kNever : later->first;
  const TimePoint taken_back = out_.empty() ? kNever : out_.begin()->first;
  return std::min(due, taken_back);
}

void Group::restore(Seq seq, unsigned delivered) {
  pass(seq + 1);
  acknowledge(seq);
  const auto entry = pending_.emplace(seq, Pending{.delivered = delivered}).first;
  take_back(entry, TimePoint{});
}

void Group::give(PendingMap::iterator entry, MemberId member, TimePoint now) {
  unqueue(entry);
  entry->second.member = member;
  entry->second.waiting = false;
  entry->second.when = now + settings_.ack_wait;
  out_.emplace(entry->second.when, entry->first);
}

void Group::take_back(PendingMap::iterator entry, TimePoint when) {
  unqueue(entry);
  entry->second.member = 0;
  entry->second.waiting = true;
  entry->second.when = when;
  waiting_.emplace(when, entry->first);
}

void Group::unqueue(PendingMap::iterator entry) {
  (entry->second.waiting ? waiting_ : out_).erase({entry->second.when, entry->first});
}

Duration Group::pause_after(unsigned delivered) {
  const unsigned doublings = std::min(std::max(delivered, 1u) - 1, 10u);
  return std::min(kFirstPause * (1 << doublings), kLongestPause);
}

}  // namespace sio::store
