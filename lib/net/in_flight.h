// How much of what was sent to another thread is still on its way. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sio::net {

// Bytes go in numbered batches, and the other side only says up to which number it is through.
// Never tells too little; too much at most by what was sent within one such round trip.
class InFlight {
 public:
  // `present` is the number of the batch that is being filled, `done` of the last that is through.
  void add(std::size_t bytes, std::uint64_t present, std::uint64_t done) {
    forget(done);
    if (older_ == 0 || older_end_ == present) {
      older_ += bytes;
      older_end_ = present;
    } else {
      newer_ += bytes;
      newer_end_ = present;
    }
  }
  std::size_t size(std::uint64_t done) const {
    if (done >= std::max(older_end_, newer_end_)) return 0;
    return done >= older_end_ ? newer_ : older_ + newer_;
  }

 private:
  void forget(std::uint64_t done) {
    if (older_ == 0 || done < older_end_) return;
    older_ = done >= newer_end_ ? 0 : newer_;
    older_end_ = newer_end_;
    newer_ = 0;
  }

  std::size_t older_ = 0;
  std::size_t newer_ = 0;
  std::uint64_t older_end_ = 0;
  std::uint64_t newer_end_ = 0;
};

}  // namespace sio::net
