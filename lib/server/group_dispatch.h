// Hands the records of groups out to their members, and hears what became of them.
//
// A member gets nothing but the group's records, each as an event that asks for an ack (the ways to
// answer: proto/sio_extension.h). Only durable records are handed out, and the groups' journal is
// written before they are sent; so a record that comes again always says so. Members take turns,
// each up to its window and as long as its transport has room; with one member records go out in
// order. A record that was handed out as often as it may be is published into room dead:GROUP, and
// done once that is durable; also when the last member is gone by then.
//
// Loop thread only. Calls expect that everything published was committed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/frame.h"
#include "proto/packet.h"
#include "proto/sio_extension.h"
#include "server/group_member.h"
#include "server/readers.h"
#include "server/record_filter.h"
#include "server/socket.h"
#include "server/stored_frames.h"
#include "store/groups.h"
#include "store/store.h"

namespace sio::server {

class Hub;
class HubWaker;

// A group that has members.
struct ActiveGroup {
  std::string name;
  RecordFilter filter;
  std::vector<Socket*> members;
  std::size_t next_member = 0;  // whose turn it is
};

class GroupDispatch {
 public:
  // References outlive it. `store` and `groups` null: there are no groups.
  GroupDispatch(Hub& hub, net::FrameArena& frames, store::Store* store, store::Groups* groups,
                HubWaker& waker);

  // What a client that wants to be a member must pass before its socket is made: makes the group,
  // moves it, changes its limits. Errors, for a CONNECT_ERROR: no groups here, a group of another
  // namespace, a journal that cannot be written.
  Status admit(std::string_view ns, const proto::Hello& hello);
  // The socket is a member from now on, as admit() has agreed.
  void add(Socket& socket, const proto::Hello& hello);
  // What it had goes to others at once.
  void remove(Socket& socket);

  // An ack that came from `socket`. False: it is about no record of a group.
  bool on_ack(Socket& socket, const proto::PacketView& packet);
  // The member's transport has room again.
  void on_drained();
  // Records up to `durable` are.
  void on_durable(store::Seq durable);

  // Hands out what can be. Call at the end of each turn.
  void pump();
  // Whatever was changed since is written. Call at the end, too.
  void flush();

  // How many members a group has.
  std::size_t members_of(std::string_view group) const;

 private:
  class HandOut;
  class OneRecord;
  struct DeadLetter {
    std::string group;
    store::Seq seq;     // in the group
    store::Seq letter;  // the record that was published
  };

  Status create(std::string_view ns, const proto::Hello& hello, const Place& place);
  void set_limits(const proto::Hello& hello);
  bool has_room(const Socket& socket) const;
  Socket* next_with_room(ActiveGroup& group) const;
  bool hand_out_due(ActiveGroup& group);
  void hand_out_next(ActiveGroup& group);
  void hand_out(Socket& socket, const store::Record& record, const proto::StoredEvent& event);
  void build(Socket& socket, const store::Record& record, const proto::StoredEvent& event,
             const GroupMember::Handed& handed);
  void leave_alone(std::string name);
  void forget(const std::string& group, store::Seq seq);
  bool bury(const std::string& group, store::Seq seq);
  void bury_of_lonely(TimePoint now);
  void publish_dead(const std::string& group, const store::Record& record,
                    const proto::StoredEvent& event);
  bool write_journal();
  void stand_still(std::string_view reason);
  void build_unsent();
  void send_all();
  void send_built();
  void drop_built();
  void arm(TimePoint now);
  void drop_lost();
  void tell_gap(ActiveGroup& group, store::Seq after, store::Seq before, std::string_view reason);

  Hub& hub_;
  store::Store* store_;
  store::Groups* groups_;
  HubWaker& waker_;
  StoredFrames stored_frames_;
  std::map<std::string, std::unique_ptr<ActiveGroup>, std::less<>> active_;
  std::set<std::string, std::less<>> lonely_;  // without members, with something to give up
  std::deque<DeadLetter> dead_letters_;
  std::uint64_t last_member_ = 0;
  store::Seq seen_durable_ = 0;
  store::Seq pumped_durable_ = 0;
  store::Seq seen_first_ = 0;
  TimePoint next_deadline_ = kNever;
  TimePoint kept_at_{};
  bool is_dirty_ = false;        // there may be something to hand out
  bool has_changes_ = false;     // there is something for the journal
  bool journal_failed_ = false;  // nothing is handed out until it can be written
  bool is_waiting_ = false;      // for the journal to be written; nor is it then
};

}  // namespace sio::server
