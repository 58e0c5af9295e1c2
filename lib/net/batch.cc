#include "net/batch.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sio::net {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::size_t kEntryWeight = 64;
constexpr std::size_t kKeptEntries = 64 * 1024;

}  // namespace

std::string_view ByteStack::push(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (blocks_.empty() || blocks_.back().capacity - used_ < bytes.size()) {
    const std::size_t capacity = std::max(kBlock, bytes.size());
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(capacity), capacity});
    used_ = 0;
  }
  char* data = blocks_.back().data.get() + used_;
  std::memcpy(data, bytes.data(), bytes.size());
  used_ += bytes.size();
  return {data, bytes.size()};
}

void ByteStack::clear() {
  std::erase_if(blocks_, [](const Block& block) { return block.capacity > kBlock; });
  if (blocks_.size() > 1) blocks_.resize(1);
  used_ = 0;
}

void Batch::push(const Entry& entry, std::size_t weight) {
  entries_.push_back(entry);
  weight_ += weight + kEntryWeight;
}

void Batch::add(Addressee& to, MessageKind kind, std::string_view bytes) {
  has_frames_ = true;
  if (!entries_.empty()) {
    Entry& last = entries_.back();
    if (last.to == &to && last.bytes.data() + last.bytes.size() == bytes.data()) {
      last.bytes = {last.bytes.data(), last.bytes.size() + bytes.size()};
      weight_ += bytes.size();
      return;
    }
  }
  push({&to, bytes, kind}, bytes.size());
}

void Batch::add_copy(Addressee& to, MessageKind kind, std::string_view bytes) {
  push({&to, copies_.push(bytes), kind}, bytes.size());
}

void Batch::add_task(std::function<void()> task, std::size_t bytes) {
  tasks_.push_back(std::move(task));
  push({nullptr, {}, MessageKind::text}, bytes);
}

bool Batch::step() {
  if (next_entry_ == entries_.size()) return false;
  const Entry& entry = entries_[next_entry_++];
  if (entry.to != nullptr)
    entry.to->on_bytes(entry.kind, entry.bytes);
  else
    tasks_[next_task_++]();
  return true;
}

void Batch::clear() {
  entries_.clear();
  if (entries_.capacity() > kKeptEntries) entries_.shrink_to_fit();
  tasks_.clear();
  copies_.clear();
  frames_.reset();
  weight_ = 0;
  next_entry_ = next_task_ = 0;
  has_frames_ = false;
}

}  // namespace sio::net
