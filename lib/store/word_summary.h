// Which words occur in the records of a segment.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/coding.h"
#include "store/store.h"

namespace sio::store {

// A set of hashes of namespaces, events and rooms, so that a filtered read passes over segments
// that cannot hold what it looks for. Beyond 4096 words it stops counting and answers "perhaps" to
// everything. Never says no wrongly.
class WordSummary {
 public:
  void add(std::string_view ns, std::string_view event, std::span<const std::string_view> rooms);
  // From now on the answer is always "perhaps".
  void give_up();
  bool may_hold(const Filter& filter) const;

  void encode(std::string& out) const;
  // What encode() wrote. Nonsense makes in.ok() false.
  void decode(ByteReader& in);

 private:
  enum class Kind : std::uint64_t { ns = 1, event = 2, room = 3, whole_namespace = 4 };
  static std::uint64_t hash_of(Kind kind, std::string_view word);
  void insert(Kind kind, std::string_view word);
  bool holds(Kind kind, std::string_view word) const;
  bool repeats(std::string_view ns, std::string_view event,
               std::span<const std::string_view> rooms) const;

  bool everything_ = false;
  std::unordered_set<std::uint64_t> hashes_;
  // The words of the last record added: many records in a row have the same.
  std::string last_ns_;
  std::string last_event_;
  std::string last_room_;
  std::size_t last_room_count_ = static_cast<std::size_t>(-1);
};

}  // namespace sio::store
