// Which dedupe keys were used lately, and by which record.
//
// Holds the keys of the last `window`, and never more than `max_keys` (the oldest go first): 48
// bytes each. Keys are compared by a 128-bit hash with a secret seed. Loop thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace sio::store {

inline constexpr std::chrono::milliseconds kDefaultDedupeWindow{120'000};
inline constexpr std::size_t kMaxDedupeKeys = 1u << 20;

class KeyWindow {
 public:
  // A window of zero remembers nothing.
  explicit KeyWindow(std::chrono::milliseconds window = kDefaultDedupeWindow,
                     std::size_t max_keys = kMaxDedupeKeys);

  // An empty key is ignored. Of records with the same key the newest counts. `seq` grows from call
  // to call.
  void add(std::string_view key, Seq seq, std::int64_t time_ms);

  std::optional<Seq> find(std::string_view key, std::int64_t now_ms) const;

  // Forgets the keys of records from `first_lost` on.
  void forget_from(Seq first_lost);

  std::size_t size() const { return count_; }
  std::chrono::milliseconds window() const { return window_; }

 private:
  struct Entry {
    std::uint64_t hash_low;
    std::uint64_t hash_high;
    Seq seq;
    std::int64_t time_ms;
  };

  // A place in the ring, and enough of its key's hash to leave the ring alone where it differs.
  struct Slot {
    std::uint32_t place = 0;  // plus one; 0 is empty
    std::uint32_t hash = 0;   // the low half of Entry::hash_low
  };

  Entry make_entry(std::string_view key, Seq seq, std::int64_t time_ms) const;
  std::size_t home_of(std::uint32_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t newest() const { return (oldest_ + count_ - 1) & (ring_.size() - 1); }
  std::size_t slot_of(const Entry& entry) const;
  void push(const Entry& entry);
  void drop(std::size_t place);
  void close_hole(std::size_t hole);
  void grow();

  std::chrono::milliseconds window_;
  std::size_t max_keys_;
  std::uint64_t seed_;
  std::vector<Entry> ring_;  // in order of age; a power of two
  std::size_t oldest_ = 0;   // place in the ring
  std::size_t count_ = 0;
  std::vector<Slot> slots_;  // hash table
};

}  // namespace sio::store
