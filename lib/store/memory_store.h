// The store without a disk: what every other store must look like from outside.
//
// Holds the newest records in at most max_bytes of memory and drops older ones in chunks, as
// records are appended. Records are durable as soon as they are appended, as far as memory is. Loop
// thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "store/block.h"
#include "store/key_window.h"
#include "store/store.h"

namespace sio::store {

struct MemoryStoreOptions {
  std::string name;                      // random if empty
  std::size_t max_bytes = 64u << 20;     // memory for records; at least one chunk is kept
  std::chrono::milliseconds max_age{0};  // behind the newest record; 0: no limit
  std::chrono::milliseconds dedupe_window = kDefaultDedupeWindow;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const MemoryStoreOptions& options = {});

  std::string_view name() const override { return name_; }
  Result<Seq> append(std::span<const NewRecord> batch) override;
  Result<Seq> read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) override;
  Seq find_time(std::int64_t time_ms) const override;
  std::optional<Seq> find_key(std::string_view key, std::int64_t now_ms) const override;
  Bounds bounds() const override;
  Seq durable() const override { return next_ - 1; }
  void set_durability_listener(DurabilityListener*) override {}
  Status trim(Seq before) override;
  Status close() override;

  // Memory held for records.
  std::size_t bytes() const { return bytes_; }

 private:
  void append_one(const NewRecord& record, std::size_t size);
  void make_room(std::size_t size, std::int64_t now_ms);
  void drop_oldest();
  std::unique_ptr<Block> new_chunk(std::size_t size);

  std::string name_;
  std::size_t max_bytes_;
  std::size_t chunk_bytes_;
  std::chrono::milliseconds max_age_;
  std::deque<std::unique_ptr<Block>> chunks_;
  std::unique_ptr<Block> spare_;  // the memory of the chunk dropped last
  std::size_t bytes_ = 0;
  Seq next_ = 1;
  KeyWindow keys_;
  std::vector<std::size_t> sizes_;  // of the batch being appended
};

}  // namespace sio::store
