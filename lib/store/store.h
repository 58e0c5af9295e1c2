// The durable queue: an ordered log of records with opaque bodies. It knows nothing of Socket.IO
// beyond the words that records are filtered by.
//
// Implementations: MemoryStore (the specification), and file-backed ones. All pass the same tests
// (tests/contract).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::store {

// The number of a record. Grows by one from record to record and is never used twice for different
// records of one store, not even across a crash; 0 is no record.
using Seq = std::uint64_t;

// What append() is given. Nothing is kept by reference after the call.
struct NewRecord {
  std::int64_t time_ms = 0;  // wall clock, when it was accepted
  std::string_view ns;       // namespace
  std::string_view event;
  std::span<const std::string_view> rooms;  // empty: addressed to the whole namespace
  std::string_view key = {};                // find_key() knows it for a while; empty: none
  std::string_view body_head;               // the body is body_head followed by body_tail
  std::string_view body_tail;
};

// What read() shows. Valid during the visit.
struct Record {
  Seq seq = 0;
  std::int64_t time_ms = 0;
  std::string_view ns;
  std::string_view event;
  std::span<const std::string_view> rooms;
  std::string_view key = {};
  std::string_view body;
};

// Which records a reader wants; stores use it to skip quickly. A record passes if its namespace is
// `ns` (any if empty), its event one of `events` (any if empty), and it is addressed to the whole
// namespace or to one of `rooms`, or `all_rooms`.
struct Filter {
  std::string_view ns;
  std::span<const std::string_view> rooms;
  bool all_rooms = false;
  std::span<const std::string_view> events = {};
  // A read ends, without having come to the end, when it has looked at this many records in vain.
  std::size_t max_skipped = static_cast<std::size_t>(-1);
};

class Visitor {
 public:
  virtual ~Visitor() = default;
  // False ends the read; the record counts as not read.
  virtual bool on_record(const Record& record) = 0;
  // Records from `first` up to, not including, `next` were stored and are lost to damage. Told in
  // order, between the records around them, unless the filter would have left them out for certain.
  // Numbers that were never durable are passed over in silence: nobody was promised them.
  virtual void on_gap(Seq first, Seq next) {
    static_cast<void>(first);
    static_cast<void>(next);
  }
};

struct Bounds {
  Seq first = 1;  // the oldest record still held, or next when there is none
  Seq next = 1;   // the number that the next record will get
};

// Told on the loop thread.
class DurabilityListener {
 public:
  virtual ~DurabilityListener() = default;
  // Every record up to `seq` would survive a power loss (as far as the store promises at all).
  virtual void on_durable(Seq seq) = 0;
  // Records after `seq` will never be durable: appends were lost and the store only reads now.
  virtual void on_failed(Seq seq, const Error& error) = 0;
};

// Loop thread only.
//
// append() makes records readable at once and durable later: they survive power loss when durable()
// has reached them, and not before. After an error from append() the store refuses further appends
// until it says otherwise; reading goes on.
class Store {
 public:
  virtual ~Store() = default;

  // The store's short name, part of every id that people see: `#NAME-SEQ`. 4 to 8 of [a-z0-9].
  // Another store, or the same one emptied, has another name.
  virtual std::string_view name() const = 0;

  // Appends all records or none; returns the seq of the first, the others follow without gaps.
  // `batch` is not empty. Errors: Errc::io, Errc::unavailable; Errc::full while there is no room
  // where it writes; Errc::too_large for a record beyond the store's limit (which leaves the store
  // as it was, accepting).
  virtual Result<Seq> append(std::span<const NewRecord> batch) = 0;

  // Shows the records from `from` on that pass the filter, in order, until the end, until `limit`
  // were shown, until the filter's patience is over, or until the visitor says stop; a store that
  // waits for a network may end earlier, having gone on. Returns the seq to continue with. Errors:
  // Errc::io; Errc::unavailable if it may work later. A `from` below bounds().first starts at
  // bounds().first: the caller compares, and knows of a gap. The visitor must not append or trim.
  virtual Result<Seq> read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) = 0;

  // The first record whose time is at or after `time_ms`, or bounds().next. Times may jump back by
  // a clock's correction; the answer is then the earliest candidate. A store that cannot look now
  // answers with an earlier record.
  virtual Seq find_time(std::int64_t time_ms) const = 0;

  // The record that was appended with this key in the store's dedupe window, which ends at `now_ms`
  // and is bounded in entries too. Nothing if there is none, or the key is empty. Records of a
  // batch that append() has not seen yet are unknown.
  virtual std::optional<Seq> find_key(std::string_view key, std::int64_t now_ms) const = 0;

  virtual Bounds bounds() const = 0;
  // A store that promises nothing beyond append() is always at bounds().next - 1, as soon as
  // append() returns, and never calls its listener.
  virtual Seq durable() const = 0;
  // One listener; it outlives the store or is replaced. May be null.
  virtual void set_durability_listener(DurabilityListener* listener) = 0;

  // Forgets records before `before`, in whatever units the store can drop (never more than asked).
  virtual Status trim(Seq before) = 0;

  // Records from here on are needed: a store that forgets by age keeps them, as far as it has room.
  virtual void set_keep_from(Seq seq) { static_cast<void>(seq); }

  // Makes everything durable and lets go of files. Nothing else may be called afterwards.
  virtual Status close() = 0;
};

}  // namespace sio::store
