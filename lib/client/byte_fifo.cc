#include "client/byte_fifo.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace sio::client {
namespace {

constexpr std::size_t kChunkSize = 256 * 1024;

}  // namespace

std::string_view ByteFifo::push(std::string_view bytes) {
  const bool fits =
      !chunks_.empty() && chunks_.back().capacity - chunks_.back().used >= bytes.size();
  if (!fits) chunks_.push_back(make_chunk(bytes.size()));
  Chunk& chunk = chunks_.back();
  char* const place = chunk.data.get() + chunk.used;
  if (!bytes.empty()) std::memcpy(place, bytes.data(), bytes.size());
  chunk.used += bytes.size();
  chunk.live += bytes.size();
  size_ += bytes.size();
  return {place, bytes.size()};
}

ByteFifo::Chunk ByteFifo::make_chunk(std::size_t at_least) {
  if (spare_.data != nullptr && spare_.capacity >= at_least) return std::exchange(spare_, {});
  const std::size_t capacity = std::max(at_least, kChunkSize);
  // Not make_unique: the bytes need no zeroes.
  return {std::unique_ptr<char[]>(new char[capacity]), capacity, 0, 0};
}

void ByteFifo::pop(std::size_t size) {
  while (chunks_.size() > 1 && chunks_.front().live == 0) chunks_.pop_front();
  SIO_CHECK(!chunks_.empty() && chunks_.front().live >= size);
  Chunk& chunk = chunks_.front();
  chunk.live -= size;
  size_ -= size;
  if (chunk.live > 0) return;
  chunk.used = 0;
  if (chunks_.size() == 1) return;
  if (chunk.capacity == kChunkSize) spare_ = std::move(chunk);
  chunks_.pop_front();
}

}  // namespace sio::client
