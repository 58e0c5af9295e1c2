// Warnings about what others do wrong, as often as they like: logged at a bounded rate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sio::cluster {

class Complaints {
 public:
  // `subject` stands in front of each.
  explicit Complaints(std::string subject) : subject_(std::move(subject)) {}

  // Logs it, unless another was logged less than ten seconds ago; then it is only counted.
  void add(TimePoint now, std::string_view what);
  std::uint64_t count() const { return count_; }

 private:
  std::string subject_;
  std::uint64_t count_ = 0;
  std::uint64_t silent_ = 0;
  TimePoint next_{};
};

}  // namespace sio::cluster
