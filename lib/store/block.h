// Records end to end in one piece of memory, found by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "store/reading.h"
#include "store/record.h"
#include "store/store.h"

namespace sio::store {

// Filled from front to back and never moved, so bytes that were added may be looked at while more
// are added behind them (by another thread, too, if it was told how many there are). The numbers of
// its records have no gaps.
class Block {
 public:
  explicit Block(std::size_t capacity);

  // Empties it; the next record added will be `first`.
  void reset(Seq first);
  std::size_t left() const { return capacity_ - used_; }
  // `size` is record_size(record), and not more than left(). Returns the record's bytes.
  char* add(const NewRecord& record, std::size_t size, std::uint32_t unsynced = 0);
  // Takes back the records from `seq` on.
  void cut(Seq seq);

  // Shows the reader its records from reading.next() on, which must not be before first().
  void show(Reading& reading) const;
  // The first record at or after a time; next() if there is none.
  Seq find_time(std::int64_t time_ms) const;

  Seq first() const { return first_; }
  Seq next() const { return next_; }
  std::size_t capacity() const { return capacity_; }
  std::int64_t newest_ms() const { return newest_ms_; }
  std::string_view bytes() const { return {bytes_.get(), used_}; }
  // Bytes that were added. Any thread that was told of them.
  std::string_view bytes_between(std::size_t begin, std::size_t end) const {
    return {bytes_.get() + begin, end - begin};
  }

 private:
  std::size_t offset_of(Seq seq) const;
  RecordHead head_at(std::size_t offset) const { return read_record_head(bytes_.get() + offset); }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_;
  std::size_t used_ = 0;
  Seq first_ = 1;
  Seq next_ = 1;
  std::int64_t newest_ms_;
  std::vector<std::size_t> index_;  // where every 64th record begins
};

}  // namespace sio::store
