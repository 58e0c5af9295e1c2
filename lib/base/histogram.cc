#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sio {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < kPerDoubling) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
  return (std::size_t{shift} << kBits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::last_value_of(std::size_t bucket) {
  if (bucket < kPerDoubling) return bucket;
  const std::size_t shift = (bucket >> kBits) - 1;
  const std::uint64_t next = bucket - (shift << kBits) + 1;
  return (next << shift) - 1;
}

void Histogram::add(Duration value) {
  const std::int64_t ns = std::max<std::int64_t>(value.count(), 0);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(ns))];
  ++count_;
  min_ = std::min(min_, ns);
  max_ = std::max(max_, ns);
  sum_ += static_cast<double>(ns);
}

Duration Histogram::mean() const {
  if (count_ == 0) return {};
  return Duration(static_cast<std::int64_t>(sum_ / static_cast<double>(count_)));
}

Duration Histogram::percentile(double percent) const {
  if (percent <= 0) return min();
  if (count_ == 0) return {};
  const double exact = percent / 100 * static_cast<double>(count_);
  const auto rank =
      std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(exact)), 1, count_);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += buckets_[bucket]) < rank) ++bucket;
  const auto value = static_cast<std::int64_t>(last_value_of(bucket));
  return Duration(std::clamp(value, min_, max_));
}

std::uint64_t Histogram::below(Duration limit) const {
  if (limit.count() <= 0) return 0;
  const std::size_t end = bucket_of(static_cast<std::uint64_t>(limit.count()));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < end; ++bucket) seen += buckets_[bucket];
  return seen;
}

}  // namespace sio
