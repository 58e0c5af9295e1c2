#include "store/recent_records.h"

#include <algorithm>

namespace sio::store {
namespace {

constexpr std::size_t kBlockBytes = 1u << 20;

}  // namespace

RecentRecords::Added RecentRecords::add(const NewRecord& record, Seq seq, std::size_t size) {
  Block& block = block_for(seq, size);
  const std::size_t begin = block.bytes().size();
  block.add(record, size);
  return {.block = blocks_.back(), .begin = begin, .end = begin + size};
}

Block& RecentRecords::block_for(Seq seq, std::size_t size) {
  if (!blocks_.empty() && blocks_.back()->left() >= size && blocks_.back()->next() == seq)
    return *blocks_.back();
  blocks_.push_back(std::make_shared<Block>(std::max(size, kBlockBytes)));
  blocks_.back()->reset(seq);
  bytes_ += blocks_.back()->capacity();
  return *blocks_.back();
}

// Nothing is added behind what is cut: numbers go on further up, in another block.
void RecentRecords::cut(Seq seq) {
  while (!blocks_.empty() && blocks_.back()->first() >= seq) {
    bytes_ -= blocks_.back()->capacity();
    blocks_.pop_back();
  }
  if (!blocks_.empty()) blocks_.back()->cut(seq);
}

void RecentRecords::evict(Seq durable) {
  while (blocks_.size() > 1 && bytes_ > keep_bytes_ && blocks_.front()->next() <= durable + 1) {
    bytes_ -= blocks_.front()->capacity();
    blocks_.pop_front();
  }
}

void RecentRecords::show(Reading& reading) const {
  for (const auto& block : blocks_) {
    if (reading.done()) return;
    reading.pass_to(block->first());
    block->show(reading);
  }
}

Seq RecentRecords::find_time(std::int64_t time_ms, Seq none) const {
  for (const auto& block : blocks_)
    if (const Seq found = block->find_time(time_ms); found < block->next()) return found;
  return none;
}

std::size_t RecentRecords::bytes_after(Seq durable) const {
  std::size_t bytes = 0;
  for (const auto& block : blocks_)
    if (block->next() > durable + 1) bytes += block->bytes().size();
  return bytes;
}

}  // namespace sio::store
