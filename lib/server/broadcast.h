// Takes the events of a turn, stores them with one append, and sends them to everybody they are
// for.
//
// Frames for stock readers are built when an event is added, so its bytes are copied once. Events
// that follow each other and go to the same readers form a group; at commit() each reader is
// touched once per group, not once per event. Other forms of an event (with metadata, filtered) are
// built at commit(), once per group and kind of reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/frame.h"
#include "server/ack_gate.h"
#include "server/publish.h"
#include "server/socket.h"
#include "server/turn_text.h"
#include "store/store.h"

namespace sio::server {

class ClusterNode;
struct Namespace;

// What commit() cannot do itself.
class BroadcastEvents {
 public:
  virtual ~BroadcastEvents() = default;
  virtual Socket* find_sid(std::string_view sid) = 0;
  // Bytes of backlog beyond which a reader gets no more live events.
  virtual std::size_t backlog_limit() const = 0;
  // A reader cannot take more. `next` is the first record it did not get, 0 if what it missed is
  // not stored.
  virtual void on_overflow(Socket& socket, store::Seq next) = 0;
  // The publisher's record was stored with this number; 0: the event is not stored by design.
  virtual void on_stored(const PendingAck& ack) = 0;
  virtual void on_refused(const PendingAck& ack, const Error& error) = 0;
  // What became of the records of this commit. Told before anything else about them.
  virtual void on_append(const Result<store::Seq>& first) = 0;
};

// Loop thread only.
class Broadcast {
 public:
  // References outlive it. `store` null: nothing is stored.
  Broadcast(net::FrameArena& frames, store::Store* store, const Clock& clock,
            BroadcastEvents& events);

  // Who tells other servers of what is committed; null: nobody.
  void set_relay(ClusterNode* relay) { relay_ = relay; }

  void add(const Publish& publish);
  // Returns the number of the last record stored, 0 if there was nothing to store.
  store::Seq commit();
  // Who an event would go to, each once: for what is not broadcast. Valid until the next call of
  // anything here.
  std::span<Socket* const> targets(const Namespace& ns, std::span<const std::string_view> rooms,
                                   std::span<const std::string_view> except);

 private:
  static constexpr std::uint32_t kNoRecord = UINT32_MAX;

  struct Event {
    std::uint32_t first_frame = 0;
    std::uint32_t frame_count = 0;
    std::uint32_t record = kNoRecord;
    std::string_view name;
  };
  // Consecutive events with the same readers.
  struct Group {
    Namespace* ns = nullptr;
    Socket* sender = nullptr;
    std::string_view from;
    std::span<const std::string_view> rooms;
    std::span<const std::string_view> except;
    std::string_view dead_group;
    std::span<const std::string_view> dead_rooms;
    bool is_volatile = false;
    bool has_nameless = false;  // an event whose name is empty
    std::uint32_t first_event = 0;
    std::uint32_t event_count = 0;
  };
  struct WantedAck {
    PendingAck ack;
    std::uint32_t record = kNoRecord;
  };
  // What the readers of one kind get of the present group.
  struct Form {
    const ReaderKind* kind = nullptr;
    std::vector<net::FrameRun> runs;
  };

  bool is_repeated(const Publish& publish);
  void extend_groups(const Publish& publish);
  std::string_view name_of(std::string_view event);
  std::string_view head_of(const Publish& publish);
  void add_frames(const Publish& publish, Event& event);
  void add_record(const Publish& publish, Event& event);

  Result<store::Seq> store_all();
  void deliver(const Group& group);
  void relay(const Group& group);
  std::string_view items_of(const Event& event, const Namespace& ns) const;
  void note_newest(const Group& group);
  void collect(const Namespace& ns, Socket* sender, std::span<const std::string_view> rooms,
               std::span<const std::string_view> except);
  void add_members(std::string_view room, const Namespace& ns);
  void mark_members(std::string_view room, const Namespace& ns);
  void deliver_to(Socket& socket, const Group& group);
  const Form& form_for(const ReaderKind& kind, const Group& group);
  void build_form(Form& form, const Group& group);
  void build_meta_frames(const Group& group);
  void build_offset_frames(const Group& group);
  void append_runs(Form& form, const std::vector<net::Frame>& frames, const Event& event) const;
  void settle_acks(const Result<store::Seq>& first);
  void forget();

  net::FrameArena& frames_;
  store::Store* store_;
  const Clock& clock_;
  BroadcastEvents& out_;
  ClusterNode* relay_ = nullptr;

  TurnText text_;
  std::vector<net::Frame> built_;  // stock form of all events, in order
  std::vector<Event> events_;
  std::vector<Group> groups_;
  std::vector<store::NewRecord> records_;
  std::vector<WantedAck> acks_;
  std::unordered_set<std::string_view> keys_;  // of records_
  std::int64_t time_ms_ = 0;
  std::string_view last_name_;
  std::string_view last_head_;  // for the sender below, without anything special
  Socket* last_head_sender_ = nullptr;
  bool has_last_head_ = false;
  std::string scratch_;

  // While committing.
  store::Seq first_seq_ = 0;  // of records_, 0 if they could not be stored
  std::vector<Socket*> targets_;
  std::uint64_t stamp_ = 0;
  std::deque<Form> forms_;
  std::size_t forms_in_use_ = 0;
  std::vector<net::Frame> meta_frames_;  // parallel to the group's part of built_
  bool has_meta_frames_ = false;
  std::vector<net::Frame> offset_frames_;  // the same with offsets
  bool has_offset_frames_ = false;
  store::Seq newest_seq_ = 0;  // stored before the present group, as far as it was delivered
};

}  // namespace sio::server
