// Records lie end to end in chunks, in the layout of record.h. A chunk knows the offset of every
// 64th record, so a record is found by a binary search for its chunk and a walk over at most 63
// lengths.
#include "store/memory_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/random_id.h"
#include "store/record.h"

namespace sio::store {
namespace {

constexpr std::size_t kChunkBytes = 1u << 20;
constexpr std::size_t kSmallestChunk = 4096;
// A small store keeps at least about this many chunks, so that dropping one drops little.
constexpr std::size_t kChunksAtLeast = 8;
constexpr std::size_t kIndexStep = 64;
constexpr std::size_t kNameLength = 4;

}  // namespace

struct MemoryStore::Chunk {
  explicit Chunk(std::size_t size)
      : bytes(std::make_unique_for_overwrite<char[]>(size)), capacity(size) {}

  std::size_t left() const { return capacity - used; }

  void reset(Seq first_seq) {
    used = 0;
    first = next = first_seq;
    newest_ms = std::numeric_limits<std::int64_t>::min();
    index.clear();
  }

  void add(const NewRecord& record, std::size_t size) {
    if ((next - first) % kIndexStep == 0) index.push_back(used);
    write_record(bytes.get() + used, next, record);
    used += size;
    ++next;
    newest_ms = std::max(newest_ms, record.time_ms);
  }

  std::size_t offset_of(Seq seq) const {
    const Seq position = seq - first;
    std::size_t offset = index[position / kIndexStep];
    for (Seq i = position % kIndexStep; i > 0; --i) offset += head_at(offset).length;
    return offset;
  }

  RecordHead head_at(std::size_t offset) const { return read_record_head(bytes.get() + offset); }

  std::unique_ptr<char[]> bytes;
  std::size_t capacity;
  std::size_t used = 0;
  Seq first = 1;
  Seq next = 1;
  std::int64_t newest_ms = 0;
  std::vector<std::size_t> index;
};

MemoryStore::MemoryStore(const MemoryStoreOptions& options)
    : name_(options.name.empty() ? random_name(kNameLength) : options.name),
      max_bytes_(options.max_bytes),
      chunk_bytes_(std::clamp(options.max_bytes / kChunksAtLeast, kSmallestChunk, kChunkBytes)),
      max_age_(options.max_age),
      keys_(options.dedupe_window) {}

MemoryStore::~MemoryStore() = default;

Result<Seq> MemoryStore::append(std::span<const NewRecord> batch) {
  sizes_.clear();
  for (const NewRecord& record : batch) {
    const std::size_t size = record_size(record);
    if (size > kMaxRecordSize) {
      return fail(Errc::too_large,
                  fmt::format("record of {} bytes: more than {}", size, kMaxRecordSize));
    }
    sizes_.push_back(size);
  }
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
    while (!chunks_.empty() && chunks_.front()->newest_ms < now_ms - max_age_.count()) {
      drop_oldest();
    }
  }
  chunks_.push_back(new_chunk(capacity));
  bytes_ += capacity;
}

void MemoryStore::drop_oldest() {
  bytes_ -= chunks_.front()->capacity;
  if (chunks_.front()->capacity == chunk_bytes_) spare_ = std::move(chunks_.front());
  chunks_.pop_front();
}

std::unique_ptr<MemoryStore::Chunk> MemoryStore::new_chunk(std::size_t size) {
  std::unique_ptr<Chunk> chunk;
  if (spare_ && spare_->capacity == size) {
    chunk = std::move(spare_);
  } else {
    chunk = std::make_unique<Chunk>(size);
  }
  chunk->reset(next_);
  return chunk;
}

std::size_t MemoryStore::chunk_of(Seq seq) const {
  const auto behind = std::ranges::upper_bound(
      chunks_, seq, {}, [](const std::unique_ptr<Chunk>& chunk) { return chunk->first; });
  return static_cast<std::size_t>(behind - chunks_.begin()) - 1;
}

Result<Seq> MemoryStore::read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) {
  from = std::max(from, bounds().first);
  if (from >= next_ || limit == 0) return std::min(from, next_);
  RecordDecoder decoder;
  std::size_t at = chunk_of(from);
  std::size_t offset = chunks_[at]->offset_of(from);
  for (; at < chunks_.size(); ++at, offset = 0) {
    const Chunk& chunk = *chunks_[at];
    for (; offset < chunk.used; ++from) {
      const RecordHead head = chunk.head_at(offset);
      const Record& record = *decoder.decode({chunk.bytes.get() + offset, head.length});
      offset += head.length;
      if (!passes(filter, record)) continue;
      if (!visitor.on_record(record)) return from;
      if (--limit == 0) return from + 1;
    }
  }
  return next_;
}

Seq MemoryStore::find_time(std::int64_t time_ms) const {
  for (const auto& chunk : chunks_) {
    if (chunk->newest_ms < time_ms) continue;
    for (std::size_t offset = 0; offset < chunk->used;) {
      const RecordHead head = chunk->head_at(offset);
      if (head.time_ms >= time_ms) return head.seq;
      offset += head.length;
    }
  }
  return next_;
}

std::optional<Seq> MemoryStore::find_key(std::string_view key, std::int64_t now_ms) const {
  return keys_.find(key, now_ms);
}

Bounds MemoryStore::bounds() const {
  return {.first = chunks_.empty() ? next_ : chunks_.front()->first, .next = next_};
}

Status MemoryStore::trim(Seq before) {
  while (!chunks_.empty() && chunks_.front()->next <= before) drop_oldest();
  return {};
}

Status MemoryStore::close() {
  chunks_.clear();
  spare_.reset();
  bytes_ = 0;
  return {};
}

}  // namespace sio::store
