// All groups of a store by name, and their journal: what a group knows survives kill -9.
//
// How a hand-out goes: hand_out(), flush(), and only then the record is sent; so a record that
// comes again says so, whatever happened in between. Acknowledgements that power loss takes back
// lead to another delivery, never to a lost record; create() and move() survive power loss when
// they return.
//
// Only records that are durable may be handed out. Loop thread only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/coding.h"
#include "store/group.h"
#include "store/journal.h"
#include "store/store.h"

namespace sio::store {

inline constexpr std::size_t kMaxGroups = 10'000;
inline constexpr std::size_t kMaxGroupName = 512;

class Groups final : private JournalReader {
 public:
  // Groups of a store in memory: they end with the process.
  Groups() = default;

  // Groups of the store that `journals` belong to. Errors as of Journals::open().
  static Result<std::unique_ptr<Groups>> open(Journals& journals);

  // Changes were missing in the journal: records may be handed out again that were done.
  bool in_doubt() const { return in_doubt_; }

  // To look at only; null if there is none of that name. Good until the group is removed.
  const Group* find(std::string_view name) const;
  std::vector<std::string> names() const;

  // Errors: Errc::refused if it exists; Errc::too_large for one name or group too many; Errc::io,
  // and then it does not exist.
  Status create(std::string_view name, const GroupSettings& settings, Seq position);
  Status move(std::string_view name, Seq position);
  Status remove(std::string_view name);
  void set_limits(std::string_view name, unsigned max_deliver, std::chrono::milliseconds ack_wait);

  // As the functions of Group by these names; the group must exist.
  unsigned hand_out(std::string_view name, Seq seq, MemberId member, TimePoint now);
  void hold(std::string_view name, Seq seq, TimePoint now);
  void pass(std::string_view name, Seq position);
  bool acknowledge(std::string_view name, Seq seq);
  void fail(std::string_view name, Seq seq, TimePoint now);
  void drop_member(std::string_view name, MemberId member, TimePoint now);
  void expire(TimePoint now);
  TimePoint next_deadline() const;

  // Writes what has changed; at the end of each turn, and before anything handed out is sent. After
  // an error nothing may be sent that was handed out since; it is tried again at the next call.
  Status flush(TimePoint now);
  // Whether what was flushed survives kill -9. Where that takes a while nothing may be sent before.
  bool is_written() const { return !journal_ || journal_->is_written(); }
  // Something that was flushed came to nothing: the next flush() writes everything again.
  bool has_failed() const { return journal_ && journal_->has_failed(); }
  // Writes and syncs.
  Status sync();

  // The oldest record that any group needs, or `none`.
  Seq oldest_needed(Seq none) const;
  // Nothing is left of the records before `first`: says which groups needed how many of them.
  struct Loss {
    std::string name;
    Seq after;            // the last number before what is lost
    std::uint64_t count;  // records lost, at most
  };
  std::vector<Loss> lose_before(Seq first);

 private:
  struct Entry {
    std::uint64_t number;  // stands for the name in the journal
    Group group;
    Seq journalled;       // the position that the journal knows
    bool frozen = false;  // while reading: too much is missing to go on
  };
  using Map = std::map<std::string, Entry, std::less<>>;

  enum class Change : std::uint8_t {
    create = 1,
    hand_out,
    acknowledge,
    pass,
    move,
    limits,
    remove,
    pending
  };

  void on_snapshot(std::string_view snapshot) override;
  void on_changes(std::string_view changes) override;
  bool read_change(ByteReader& in);
  bool read_create(ByteReader& in);
  void apply(Entry& entry, Change change, std::uint64_t first, std::uint64_t second);
  void move_on(Entry& entry, Seq from, Seq position);
  Status settle();
  Entry* by_number(std::uint64_t number);
  void forget(std::uint64_t number);

  Entry& entry_of(std::string_view name);
  void put(Change change, std::uint64_t number, std::initializer_list<std::uint64_t> numbers);
  static void append_change(std::string& out, Change change, std::uint64_t number,
                            std::initializer_list<std::uint64_t> numbers);
  static void append_create(std::string& out, std::string_view name, const Entry& entry);
  std::string snapshot() const;

  Map groups_;
  std::map<std::uint64_t, Entry*> numbers_;
  std::uint64_t next_number_ = 1;
  std::unique_ptr<Journal> journal_;  // none for groups in memory
  bool in_doubt_ = false;             // changes were missing when the journal was read
  std::string change_;
  TimePoint synced_at_{};
};

}  // namespace sio::store
