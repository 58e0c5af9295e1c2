// Which old segments to let go of. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "store/store.h"

namespace sio::store {

struct RetentionLimits {
  std::uint64_t max_bytes = 1u << 30;
  std::chrono::milliseconds max_age = std::chrono::hours(7 * 24);  // 0: no limit
};

struct OldestSegment {
  Seq next = 1;  // behind its last record
  std::int64_t newest_ms = 0;
};

// Whether the oldest segment must go for the sake of size: `total_bytes` is what all segments take.
bool too_large(const RetentionLimits& limits, std::uint64_t total_bytes);

// Whether it may go for its age. Records from `keep_from` on are still needed by somebody.
bool too_old(const RetentionLimits& limits, const OldestSegment& oldest, std::int64_t now_ms,
             Seq keep_from);

}  // namespace sio::store
