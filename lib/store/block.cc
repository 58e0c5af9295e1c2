#include "store/block.h"

#include <algorithm>
#include <limits>

namespace sio::store {
namespace {

constexpr std::size_t kIndexStep = 64;

}  // namespace

Block::Block(std::size_t capacity)
    : bytes_(std::make_unique_for_overwrite<char[]>(capacity)), capacity_(capacity) {
  reset(1);
}

void Block::reset(Seq first) {
  used_ = 0;
  first_ = next_ = first;
  newest_ms_ = std::numeric_limits<std::int64_t>::min();
  index_.clear();
}

char* Block::add(const NewRecord& record, std::size_t size, std::uint32_t unsynced) {
  if ((next_ - first_) % kIndexStep == 0) index_.push_back(used_);
  char* const start = bytes_.get() + used_;
  write_record(start, next_, unsynced, record);
  used_ += size;
  ++next_;
  newest_ms_ = std::max(newest_ms_, record.time_ms);
  return start;
}

void Block::cut(Seq seq) {
  if (seq >= next_) return;
  used_ = offset_of(seq);
  next_ = seq;
  index_.resize((next_ - first_ + kIndexStep - 1) / kIndexStep);
}

void Block::show(Reading& reading) const {
  if (reading.next() >= next_) return;
  for (std::size_t offset = offset_of(reading.next()); offset < used_ && !reading.done();) {
    const std::size_t length = head_at(offset).length;
    reading.show({bytes_.get() + offset, length});
    offset += length;
  }
}

Seq Block::find_time(std::int64_t time_ms) const {
  if (newest_ms_ < time_ms) return next_;
  for (std::size_t offset = 0; offset < used_;) {
    const RecordHead head = head_at(offset);
    if (head.time_ms >= time_ms) return head.seq;
    offset += head.length;
  }
  return next_;
}

std::size_t Block::offset_of(Seq seq) const {
  const Seq position = seq - first_;
  std::size_t offset = index_[position / kIndexStep];
  for (Seq i = position % kIndexStep; i > 0; --i) offset += head_at(offset).length;
  return offset;
}

}  // namespace sio::store
