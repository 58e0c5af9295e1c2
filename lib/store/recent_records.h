// The newest records of a store that lies elsewhere: those that are not durable yet, and as many
// more as memory is given for.
//
// Loop thread only; the bytes of a block may be read by others, see Block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "store/block.h"
#include "store/reading.h"
#include "store/store.h"

namespace sio::store {

class RecentRecords {
 public:
  // Keeps about `keep_bytes` of records that are durable.
  explicit RecentRecords(std::size_t keep_bytes) : keep_bytes_(keep_bytes) {}

  // Bytes that were added to a block.
  struct Added {
    std::shared_ptr<const Block> block;
    std::size_t begin;
    std::size_t end;
  };
  // `size` is record_size(record). `seq` is greater than all before.
  Added add(const NewRecord& record, Seq seq, std::size_t size);
  // Forgets the records from `seq` on.
  void cut(Seq seq);
  // Records up to `durable` are; lets go of the oldest of those.
  void evict(Seq durable);

  // The oldest record held, or `none`.
  Seq first_or(Seq none) const { return blocks_.empty() ? none : blocks_.front()->first(); }
  // Shows a reader what is here from reading.next() on, which is not before first_or().
  void show(Reading& reading) const;
  // The first record at or after a time, or `none`.
  Seq find_time(std::int64_t time_ms, Seq none) const;
  // Bytes of records after `durable`.
  std::size_t bytes_after(Seq durable) const;

 private:
  Block& block_for(Seq seq, std::size_t size);

  std::size_t keep_bytes_;
  std::size_t bytes_ = 0;
  std::deque<std::shared_ptr<Block>> blocks_;
};

}  // namespace sio::store
