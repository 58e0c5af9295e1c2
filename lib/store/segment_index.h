// What is known of a segment without reading it.
//
// Kept while the segment is written, stored beside it when it is finished, and made again from the
// records when that file is missing or damaged.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "store/record.h"
#include "store/segment.h"
#include "store/store.h"
#include "store/word_summary.h"

namespace sio::store {

class SegmentIndex {
 public:
  // Of a segment without records, the first of which will be `base` or later.
  explicit SegmentIndex(Seq base) : next_(base) {}

  // The record that lies behind the ones added so far, or after damage. Only its head, namespace,
  // event and rooms are looked at.
  void add(std::uint64_t offset, std::uint32_t length, const Record& record);
  // There are records that could not be read: their words are unknown.
  void note_damage() { words_.give_up(); }
  // Forgets the records from `next` on, which begin at `end`.
  void cut(Seq next, std::uint64_t end);

  Seq next() const { return next_; }
  std::uint64_t end() const { return end_; }
  std::int64_t newest_ms() const { return newest_ms_; }
  bool may_hold(const Filter& filter) const { return words_.may_hold(filter); }
  // Where to start looking for a record: there begins one, and what is looked for does not begin
  // before.
  std::uint64_t offset_for(Seq seq) const;
  std::uint64_t offset_for_time(std::int64_t time_ms) const;

  // The file beside the segment. `seal` is the store's.
  std::string encode(const RecordSeal& seal) const;
  static Result<SegmentIndex> decode(std::string_view bytes, const RecordSeal& seal);

 private:
  struct Mark {
    Seq seq;
    std::uint64_t offset;
    std::int64_t newest_before_ms;
  };

  Seq next_;
  std::uint64_t end_ = kSegmentHeaderSize;
  std::int64_t newest_ms_ = std::numeric_limits<std::int64_t>::min();
  std::vector<Mark> marks_;  // about every 16 KiB
  WordSummary words_;
};

// "00000000000000001042.idx" for the segment of that base.
std::string index_name(Seq base);

}  // namespace sio::store
