// summary := everything:u8 count:varint hash:u64*
// hash    := XXH3-64 of the word, with the kind of word as the seed: 1 namespace, 2 event, 3 room,
//            4 the namespace of a record without rooms (and the empty word, for "any namespace")
#include "store/word_summary.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <vector>

namespace sio::store {
namespace {

constexpr std::size_t kMaxWords = 4096;

}  // namespace

void WordSummary::add(std::string_view ns, std::string_view event,
                      std::span<const std::string_view> rooms) {
  if (everything_ || repeats(ns, event, rooms)) return;
  insert(Kind::ns, ns);
  insert(Kind::event, event);
  for (const std::string_view room : rooms) insert(Kind::room, room);
  if (rooms.empty()) {
    insert(Kind::whole_namespace, ns);
    insert(Kind::whole_namespace, "");
  }
  if (hashes_.size() > kMaxWords) give_up();
  last_ns_ = ns;
  last_event_ = event;
  last_room_ = rooms.size() == 1 ? rooms[0] : "";
  last_room_count_ = rooms.size();
}

bool WordSummary::repeats(std::string_view ns, std::string_view event,
                          std::span<const std::string_view> rooms) const {
  return rooms.size() == last_room_count_ && rooms.size() <= 1 && event == last_event_ &&
         ns == last_ns_ && (rooms.empty() || rooms[0] == last_room_);
}

void WordSummary::give_up() {
  everything_ = true;
  hashes_.clear();
}

bool WordSummary::may_hold(const Filter& filter) const {
  if (everything_) return true;
  if (!filter.ns.empty() && !holds(Kind::ns, filter.ns)) return false;
  const auto any = [&](Kind kind, std::span<const std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return holds(kind, word); });
  };
  if (!filter.events.empty() && !any(Kind::event, filter.events)) return false;
  return filter.all_rooms || holds(Kind::whole_namespace, filter.ns) ||
         any(Kind::room, filter.rooms);
}

void WordSummary::encode(std::string& out) const {
  append_fixed(out, std::uint8_t{everything_});
  append_varint(out, hashes_.size());
  std::vector<std::uint64_t> sorted(hashes_.begin(), hashes_.end());
  std::ranges::sort(sorted);
  for (const std::uint64_t hash : sorted) append_fixed(out, hash);
}

void WordSummary::decode(ByteReader& in) {
  *this = WordSummary();
  everything_ = in.fixed<std::uint8_t>() != 0;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    hashes_.insert(in.fixed<std::uint64_t>());
  }
}

std::uint64_t WordSummary::hash_of(Kind kind, std::string_view word) {
  return XXH3_64bits_withSeed(word.data(), word.size(), static_cast<std::uint64_t>(kind));
}

void WordSummary::insert(Kind kind, std::string_view word) {
  hashes_.insert(hash_of(kind, word));
}

bool WordSummary::holds(Kind kind, std::string_view word) const {
  return hashes_.contains(hash_of(kind, word));
}

}  // namespace sio::store
