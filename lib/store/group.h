// One group: a durable subscription whose members share the work. Pure: no store, no file, no
// clock.
//
// Every record from the group's position on is still to be looked at. A record before it is done,
// unless it is pending: handed out and not acknowledged yet, or waiting to be handed out again.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/store.h"

namespace sio::store {

// Whoever works for a group; given by the caller. 0 is nobody.
using MemberId = std::uint64_t;

struct GroupSettings {
  std::string filter;  // of the records it wants; only the caller understands it
  unsigned max_deliver = 5;
  std::chrono::milliseconds ack_wait{30'000};
};

class Group {
 public:
  struct Due {
    Seq seq;
    unsigned delivered;  // how many times it was handed out before
    bool dead;           // that was as often as it may be: it is a dead letter
  };
  struct PendingView {
    Seq seq;
    unsigned delivered;
    MemberId member;  // 0: waits to be handed out again
  };

  Group(GroupSettings settings, Seq position)
      : settings_(std::move(settings)), position_(position) {}

  const GroupSettings& settings() const { return settings_; }
  // Takes effect at once, for what is handed out already too.
  void set_limits(unsigned max_deliver, std::chrono::milliseconds ack_wait);

  Seq position() const { return position_; }
  // The oldest record that is not done.
  Seq oldest_needed() const;
  std::size_t pending() const { return pending_.size(); }
  std::vector<PendingView> view() const;
  // How many times a pending record was handed out; 0 if it is not pending.
  unsigned delivered(Seq seq) const;

  // Gives a record to a member; it must be pending and not with a member, or not be before the
  // position, which passes it. Returns how many times it was handed out, this time included.
  unsigned hand_out(Seq seq, MemberId member, TimePoint now);
  // Keeps a due record from being due while it is made a dead letter. It comes back after ack_wait,
  // unless it is acknowledged.
  void hold(Seq seq, TimePoint now);
  // Records before `position` do not concern the group, but for the pending ones.
  void pass(Seq position);
  // Done. False if it is not pending.
  bool acknowledge(Seq seq);
  // Comes back after 100 ms, twice as long at each further time, at most 30 s. Nothing happens if
  // it is not with a member.
  void fail(Seq seq, TimePoint now);
  // What the member had comes back at once.
  void drop_member(MemberId member, TimePoint now);
  // Starts anew elsewhere; what was pending is forgotten.
  void move(Seq position);
  // Nothing is left of the records before `first`. Returns how many of them were needed.
  std::uint64_t lose_before(Seq first);

  // Takes back what members had for longer than ack_wait; comes back as after fail().
  void expire(TimePoint now);
  // The record to be handed out again first, if one is due.
  std::optional<Due> next_due(TimePoint now) const;
  // The same among those that were handed out as often as they may be.
  std::optional<Seq> next_exhausted(TimePoint now) const;
  // Whether there are any such, due or not. Both look at everything that is pending.
  bool has_exhausted() const;
  // When next_due() or expire() will have something; kNever if that needs an event.
  TimePoint next_deadline() const;
  // The same for who cannot use what is due already.
  TimePoint next_deadline_after(TimePoint now) const;

  // For reading the journal: this record was handed out before, and is with nobody.
  void restore(Seq seq, unsigned delivered);

 private:
  struct Pending {
    unsigned delivered = 0;
    MemberId member = 0;
    bool waiting = false;  // due at `when`; otherwise with somebody until `when`
    TimePoint when{};
  };
  using PendingMap = std::map<Seq, Pending>;

  void give(PendingMap::iterator entry, MemberId member, TimePoint now);
  void take_back(PendingMap::iterator entry, TimePoint when);
  void unqueue(PendingMap::iterator entry);
  static Duration pause_after(unsigned delivered);

  GroupSettings settings_;
  Seq position_;
  PendingMap pending_;
  std::set<std::pair<TimePoint, Seq>> waiting_;  // until they are due
  std::set<std::pair<TimePoint, Seq>> out_;      // until they are taken back
};

}  // namespace sio::store
