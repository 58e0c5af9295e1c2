#include "store/memory_store.h"

#include <algorithm>

#include "base/random_id.h"
#include "store/reading.h"
#include "store/record.h"

namespace sio::store {
namespace {

constexpr std::size_t kChunkBytes = 1u << 20;
constexpr std::size_t kSmallestChunk = 4096;
// A small store keeps at least about this many chunks, so that dropping one drops little.
constexpr std::size_t kChunksAtLeast = 8;
constexpr std::size_t kNameLength = 4;

}  // namespace

MemoryStore::MemoryStore(const MemoryStoreOptions& options)
    : name_(options.name.empty() ? random_name(kNameLength) : options.name),
      max_bytes_(options.max_bytes),
      chunk_bytes_(std::clamp(options.max_bytes / kChunksAtLeast, kSmallestChunk, kChunkBytes)),
      max_age_(options.max_age),
      keys_(options.dedupe_window) {}

Result<Seq> MemoryStore::append(std::span<const NewRecord> batch) {
  SIO_TRY_STATUS(record_sizes(batch, kMaxRecordSize, sizes_));
  const Seq first = next_;
  for (std::size_t i = 0; i < batch.size(); ++i) append_one(batch[i], sizes_[i]);
  return first;
}

void MemoryStore::append_one(const NewRecord& record, std::size_t size) {
  if (chunks_.empty() || chunks_.back()->left() < size) make_room(size, record.time_ms);
  chunks_.back()->add(record, size);
  keys_.add(record.key, next_, record.time_ms);
  ++next_;
}

void MemoryStore::make_room(std::size_t size, std::int64_t now_ms) {
  const std::size_t capacity = std::max(size, chunk_bytes_);
  while (!chunks_.empty() && bytes_ + capacity > max_bytes_) drop_oldest();
  if (max_age_.count() > 0) {
    while (!chunks_.empty() && chunks_.front()->newest_ms() < now_ms - max_age_.count()) {
      drop_oldest();
    }
  }
  chunks_.push_back(new_chunk(capacity));
  bytes_ += capacity;
}

void MemoryStore::drop_oldest() {
  bytes_ -= chunks_.front()->capacity();
  if (chunks_.front()->capacity() == chunk_bytes_) spare_ = std::move(chunks_.front());
  chunks_.pop_front();
}

std::unique_ptr<Block> MemoryStore::new_chunk(std::size_t size) {
  std::unique_ptr<Block> chunk;
  if (spare_ && spare_->capacity() == size) {
    chunk = std::move(spare_);
  } else {
    chunk = std::make_unique<Block>(size);
  }
  chunk->reset(next_);
  return chunk;
}

Result<Seq> MemoryStore::read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) {
  from = std::max(from, bounds().first);
  if (from >= next_) return next_;
  Reading reading(from, filter, limit, visitor);
  auto chunk = std::ranges::upper_bound(chunks_, from, {},
                                        [](const auto& candidate) { return candidate->first(); });
  for (--chunk; chunk != chunks_.end() && !reading.done(); ++chunk) (*chunk)->show(reading);
  return reading.next();
}

Seq MemoryStore::find_time(std::int64_t time_ms) const {
  for (const auto& chunk : chunks_) {
    if (const Seq found = chunk->find_time(time_ms); found < chunk->next()) return found;
  }
  return next_;
}

std::optional<Seq> MemoryStore::find_key(std::string_view key, std::int64_t now_ms) const {
  return keys_.find(key, now_ms);
}

Bounds MemoryStore::bounds() const {
  return {.first = chunks_.empty() ? next_ : chunks_.front()->first(), .next = next_};
}

Status MemoryStore::trim(Seq before) {
  while (!chunks_.empty() && chunks_.front()->next() <= before) drop_oldest();
  return {};
}

Status MemoryStore::close() {
  chunks_.clear();
  spare_.reset();
  bytes_ = 0;
  return {};
}

}  // namespace sio::store
