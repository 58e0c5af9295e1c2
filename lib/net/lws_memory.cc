// Such a buffer is a mapping of its own, without anything in front of the bytes. It is told from
// what malloc gives by its address: 8 bytes behind a multiple of 16, where malloc's are multiples
// of 16.

#include "net/lws_memory.h"

#include <libwebsockets.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace sio::net {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kOffset = 8;
// Mappings kept for the next connections: mapping and unmapping them one by one would leave holes,
// and the kernel counts the pieces.
constexpr std::size_t kKept = 4096;

class LazyBuffers {
 public:
  explicit LazyBuffers(std::size_t size) : smallest_(size), region_(size + kPage) {}

  bool fits(std::size_t size) const { return size >= smallest_ && size <= region_ - kOffset; }

  static bool is_one(const void* buffer) {
    return reinterpret_cast<std::uintptr_t>(buffer) % 16 == kOffset;
  }

  void* take() {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      char* region = free_.back();
      free_.pop_back();
      return region + kOffset;
    }
    void* region = ::mmap(nullptr, region_, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return region == MAP_FAILED ? nullptr : static_cast<char*>(region) + kOffset;
  }

  void give_back(void* buffer) {
    char* region = static_cast<char*>(buffer) - kOffset;
    ::madvise(region, region_, MADV_DONTNEED);
    const std::lock_guard lock(mutex_);
    if (free_.size() < kKept)
      free_.push_back(region);
    else
      ::munmap(region, region_);
  }

 private:
  const std::size_t smallest_;
  const std::size_t region_;
  std::mutex mutex_;
  std::vector<char*> free_;  // guarded by mutex_
};

LazyBuffers* buffers = nullptr;

// libwebsockets asks for such a buffer once and frees it; it never asks for another size.
void* reallocate(void* memory, std::size_t size, const char*) {
  if (memory == nullptr && buffers->fits(size))
    if (void* buffer = buffers->take()) return buffer;
  if (LazyBuffers::is_one(memory)) {
    buffers->give_back(memory);
    return nullptr;
  }
  if (size > 0) return std::realloc(memory, size);
  std::free(memory);
  return nullptr;
}

}  // namespace

void keep_idle_buffers_empty(std::size_t size) {
  static std::once_flag once;
  std::call_once(once, [size] {
    static LazyBuffers lazy(size);
    buffers = &lazy;
    lws_set_allocator(reallocate);
  });
}

}  // namespace sio::net
