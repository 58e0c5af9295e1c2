// Byte strings that are kept until they are no longer needed, first in, first out: what was sent
// and may have to be sent again. A steady load allocates nothing.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string_view>

namespace sio::client {

class ByteFifo {
 public:
  // Copies `bytes` to the end. The copy stays where it is until it is popped.
  std::string_view push(std::string_view bytes);
  // Forgets the first one, which has `size` bytes.
  void pop(std::size_t size);
  std::size_t size() const { return size_; }

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    std::size_t capacity = 0;
    std::size_t used = 0;
    std::size_t live = 0;  // bytes not popped
  };
  Chunk make_chunk(std::size_t at_least);

  std::deque<Chunk> chunks_;
  Chunk spare_;
  std::size_t size_ = 0;
};

}  // namespace sio::client
