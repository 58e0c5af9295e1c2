#include "store/retention.h"

namespace sio::store {

bool too_large(const RetentionLimits& limits, std::uint64_t total_bytes) {
  return total_bytes > limits.max_bytes;
}

bool too_old(const RetentionLimits& limits, const OldestSegment& oldest, std::int64_t now_ms,
             Seq keep_from) {
  return limits.max_age.count() > 0 && oldest.newest_ms < now_ms - limits.max_age.count() &&
         oldest.next <= keep_from;
}

}  // namespace sio::store
