// Messages that are ready to be written: framed once, sent to many.
//
// A frame lives in the loop's FrameArena until the end of the turn. Within a turn it is shared by
// every connection that it is sent to, without reference counts: at the end of the turn each
// connection writes what it was given, and copies what the kernel did not take. So the memory of a
// slow reader is its own, and bounded by its own limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace sio::net {

// One WebSocket message as an unmasked, unfragmented server frame (RFC 6455 §5.2).
struct Frame {
  const char* data = nullptr;
  std::uint32_t size = 0;
  std::uint8_t header_size = 0;
  bool binary = false;

  std::string_view bytes() const { return {data, size}; }
  std::string_view payload() const { return {data + header_size, size - header_size}; }
};

// Frames that lie behind each other in memory and go to the same readers.
struct FrameRun {
  std::string_view bytes;  // of all frames
  // At least one; none where whoever takes the run looks at `bytes` only (a server's WebSocket).
  std::span<const Frame> frames;
};

// Frames that outlive their turn do so as long as this.
using FrameLease = std::shared_ptr<const void>;

// Where the frames of one turn are built. Loop thread only.
class FrameArena {
 public:
  FrameArena();

  // Builds a frame whose payload is the parts joined. Two frames built one after the other are
  // adjacent in memory unless a block ended between them; see adjacent().
  Frame text(std::initializer_list<std::string_view> parts);
  Frame binary(std::string_view payload);

  static bool adjacent(const Frame& first, const Frame& second) {
    return first.data + first.size == second.data;
  }

  // Bytes built since reset(). The loop's owner ends the turn early when this grows large.
  std::size_t size() const { return size_; }
  // Keeps the frames of this turn beyond reset(), for another thread that reads them. The lease is
  // to be dropped on the loop's thread, when the other one is through with them; then their memory
  // is used again.
  FrameLease lend();
  // Forgets all frames. Keeps one block, so a steady load allocates nothing.
  void reset();
  // Counts the resets: a frame is valid as long as this stays.
  std::uint64_t generation() const { return generation_; }

 private:
  char* reserve(std::size_t size);
  Frame build(unsigned char opcode, std::size_t payload_size, char** payload);

  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t capacity = 0;
  };
  // The blocks of a turn that was lent.
  struct Lent {
    std::vector<Block> blocks;
  };
  void part_with_blocks();
  void take_back_a_block();

  std::vector<Block> blocks_;
  std::shared_ptr<Lent> lending_;            // of this turn
  std::vector<std::shared_ptr<Lent>> lent_;  // of earlier ones
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace sio::net
