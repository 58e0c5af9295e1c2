// A ring of entries in order of age, and an open hash table of places in the ring, twice as large.
// Entries leave the ring at its ends only, so it never has holes; the table closes its own by
// moving later entries of the same run back (linear probing without tombstones).
#include "store/key_window.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/random_id.h"

namespace sio::store {
namespace {

constexpr std::size_t kFirstCapacity = 64;

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  random_bytes(&seed, sizeof seed);
  return seed;
}

}  // namespace

KeyWindow::KeyWindow(std::chrono::milliseconds window, std::size_t max_keys)
    : window_(window), max_keys_(max_keys), seed_(random_seed()) {
  SIO_CHECK(max_keys > 0 && max_keys < (1u << 31));
}

void KeyWindow::add(std::string_view key, Seq seq, std::int64_t time_ms) {
  if (key.empty() || window_.count() <= 0) return;
  while (count_ > 0 && ring_[oldest_].time_ms < time_ms - window_.count()) drop(oldest_);
  if (count_ == max_keys_) drop(oldest_);
  if (count_ == ring_.size()) grow();
  push(make_entry(key, seq, time_ms));
}

std::optional<Seq> KeyWindow::find(std::string_view key, std::int64_t now_ms) const {
  if (key.empty() || count_ == 0) return std::nullopt;
  const std::uint32_t place = slots_[slot_of(make_entry(key, 0, now_ms))].place;
  if (place == 0 || ring_[place - 1].time_ms < now_ms - window_.count()) return std::nullopt;
  return ring_[place - 1].seq;
}

void KeyWindow::forget_from(Seq first_lost) {
  while (count_ > 0 && ring_[newest()].seq >= first_lost) drop(newest());
}

KeyWindow::Entry KeyWindow::make_entry(std::string_view key, Seq seq, std::int64_t time_ms) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), seed_);
  return {.hash_low = hash.low64, .hash_high = hash.high64, .seq = seq, .time_ms = time_ms};
}

// Where the table holds this key, or the empty slot where it would be put.
std::size_t KeyWindow::slot_of(const Entry& entry) const {
  const auto hash = static_cast<std::uint32_t>(entry.hash_low);
  std::size_t slot = home_of(hash);
  for (; slots_[slot].place != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot].hash != hash) continue;
    const Entry& held = ring_[slots_[slot].place - 1];
    if (held.hash_low == entry.hash_low && held.hash_high == entry.hash_high) break;
  }
  return slot;
}

// A key that is in the table already leaves an older entry in the ring without a slot.
void KeyWindow::push(const Entry& entry) {
  ring_[(oldest_ + count_) & (ring_.size() - 1)] = entry;
  ++count_;
  slots_[slot_of(entry)] = {.place = static_cast<std::uint32_t>(newest() + 1),
                            .hash = static_cast<std::uint32_t>(entry.hash_low)};
}

// Takes the oldest or the newest entry out.
void KeyWindow::drop(std::size_t place) {
  const std::size_t slot = slot_of(ring_[place]);
  if (slots_[slot].place == place + 1) close_hole(slot);
  if (place == oldest_) oldest_ = (oldest_ + 1) & (ring_.size() - 1);
  --count_;
}

void KeyWindow::close_hole(std::size_t hole) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = (hole + 1) & mask; slots_[slot].place != 0; slot = (slot + 1) & mask) {
    const std::size_t home = home_of(slots_[slot].hash);
    if (((slot - home) & mask) < ((slot - hole) & mask)) continue;  // must not move before its home
    slots_[hole] = slots_[slot];
    hole = slot;
  }
  slots_[hole] = {};
}

void KeyWindow::grow() {
  std::vector<Entry> old;
  for (std::size_t i = 0; i < count_; ++i) old.push_back(ring_[(oldest_ + i) & (ring_.size() - 1)]);
  const std::size_t capacity = std::max(kFirstCapacity, ring_.size() * 2);
  ring_.assign(capacity, Entry{});
  slots_.assign(capacity * 2, Slot{});
  oldest_ = count_ = 0;
  for (const Entry& entry : old) push(entry);
}

}  // namespace sio::store
