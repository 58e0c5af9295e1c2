#include "base/backoff.h"

#include <algorithm>
#include <cstdint>

namespace sio {

Duration Backoff::next(double chance) {
  const Duration half = next_ / 2;
  const auto spread = static_cast<std::int64_t>(static_cast<double>(half.count()) * chance);
  next_ = std::min(next_ * 2, limits_.longest);
  return half + Duration(spread);
}

}  // namespace sio
