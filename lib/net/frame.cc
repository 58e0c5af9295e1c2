#include "net/frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/ws_frame.h"

namespace sio::net {
namespace {

constexpr std::size_t kFirstBlock = 64 * 1024;  // what a command that sends a little needs
constexpr std::size_t kBlockSize = 1 << 20;
constexpr std::size_t kMaxFrame = 0xffffffffu;

}  // namespace

FrameArena::FrameArena() = default;

Frame FrameArena::text(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  char* out = nullptr;
  const Frame frame = build(kOpcodeText, size, &out);
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    std::memcpy(out, part.data(), part.size());
    out += part.size();
  }
  return frame;
}

Frame FrameArena::binary(std::string_view payload) {
  char* out = nullptr;
  Frame frame = build(kOpcodeBinary, payload.size(), &out);
  frame.binary = true;
  if (!payload.empty()) std::memcpy(out, payload.data(), payload.size());
  return frame;
}

Frame FrameArena::build(unsigned char opcode, std::size_t payload_size, char** payload) {
  SIO_CHECK(payload_size < kMaxFrame - kMaxServerHeader);
  char header[kMaxFrameHeader];
  const std::size_t header_size = write_frame_header(header, opcode, payload_size);
  const std::size_t total = header_size + payload_size;
  char* data = reserve(total);
  std::memcpy(data, header, header_size);
  *payload = data + header_size;
  size_ += total;
  return Frame{data, static_cast<std::uint32_t>(total), static_cast<std::uint8_t>(header_size)};
}

char* FrameArena::reserve(std::size_t size) {
  if (static_cast<std::size_t>(end_ - next_) < size) {
    const std::size_t capacity = std::max(blocks_.empty() ? kFirstBlock : kBlockSize, size);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(capacity), capacity});
    next_ = blocks_.back().data.get();
    end_ = next_ + capacity;
  }
  char* data = next_;
  next_ += size;
  return data;
}

FrameLease FrameArena::lend() {
  if (lending_ == nullptr) lending_ = std::make_shared<Lent>();
  return lending_;
}

void FrameArena::part_with_blocks() {
  lending_->blocks = std::exchange(blocks_, {});
  lent_.push_back(std::exchange(lending_, nullptr));
  take_back_a_block();
}

// All leases are dropped on this thread, so the count is exact.
void FrameArena::take_back_a_block() {
  std::erase_if(lent_, [this](const std::shared_ptr<Lent>& lent) {
    if (lent.use_count() > 1) return false;
    if (blocks_.empty() && !lent->blocks.empty()) blocks_.push_back(std::move(lent->blocks.back()));
    return true;
  });
}

void FrameArena::reset() {
  ++generation_;
  size_ = 0;
  if (lending_ != nullptr) part_with_blocks();
  next_ = end_ = nullptr;
  if (blocks_.empty()) return;
  // The largest block stays, unless it was made for one huge frame.
  std::erase_if(blocks_, [](const Block& block) { return block.capacity > kBlockSize; });
  if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), blocks_.end() - 1);
  next_ = blocks_.empty() ? nullptr : blocks_.front().data.get();
  end_ = blocks_.empty() ? nullptr : next_ + blocks_.front().capacity;
}

}  // namespace sio::net
