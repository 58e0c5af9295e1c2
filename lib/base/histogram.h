// How often which duration occurred: constant memory, any number of values, each kept to within one
// part in 128 of its size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace sio {

class Histogram {
 public:
  // What is less than nothing counts as nothing.
  void add(Duration value);

  std::uint64_t count() const { return count_; }
  // Of what was added, exactly; zero when nothing was.
  Duration min() const { return Duration(count_ == 0 ? 0 : min_); }
  Duration max() const { return Duration(max_); }
  Duration mean() const;
  // At most this long took `percent` of the values (0 to 100); zero when there are none.
  Duration percentile(double percent) const;
  // How many values are less than `limit`, as far as it is known.
  std::uint64_t below(Duration limit) const;

 private:
  // Values below 128 have a bucket each; every doubling from there on has 128.
  static constexpr unsigned kBits = 7;
  static constexpr std::size_t kPerDoubling = std::size_t{1} << kBits;
  static constexpr std::size_t kBuckets = kPerDoubling * (64 - kBits + 1);
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t last_value_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t min_ = INT64_MAX;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace sio
