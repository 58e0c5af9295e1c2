// What is counted while an admin looks on: traffic by the second, and copies of events.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sio::server {

// Counts by the second, as the admin UI draws them. Loop thread only.
class TrafficCounts {
 public:
  enum class Type : std::uint8_t { connections, packets_in, bytes_in, packets_out, bytes_out };

  void add(std::int64_t now_ms, Type type, std::uint64_t count = 1);
  // `reason`: one of a few.
  void add_disconnection(std::int64_t now_ms, std::string_view reason);

  // [{"timestamp":…,"type":…,"count":…},…] since the last call, oldest first. Counts nothing twice.
  std::string take();

 private:
  static constexpr std::size_t kTypes = 5;
  struct Second {
    std::int64_t begin_ms = 0;
    std::array<std::uint64_t, kTypes> counts{};
    std::map<std::string, std::uint64_t, std::less<>> disconnections;
  };
  Second& second_of(std::int64_t now_ms);

  std::vector<Second> seconds_;
};

// How much of what happens is copied for who looks on: so many events a second, and so many bytes.
// Whatever is beyond that is counted and left out. Loop thread only.
class CopyBudget {
 public:
  static constexpr std::size_t kEventsPerSecond = 500;
  static constexpr std::size_t kBytesPerSecond = 1u << 20;
  static constexpr std::size_t kLargestEvent = 100'000;
  // What may come at once after a quiet time.
  static constexpr std::size_t kBurst = 2;  // seconds

  // Whether an event may be copied; if so it is spent.
  bool take(std::size_t bytes, TimePoint now);
  // Whether take() would say no to any event: cheap.
  bool is_spent(TimePoint now);
  void leave_out() { ++left_out_; }
  std::uint64_t left_out() const { return left_out_; }

 private:
  void refill(TimePoint now);

  double events_ = kEventsPerSecond * kBurst;
  double bytes_ = kBytesPerSecond * kBurst;
  TimePoint refilled_at_{};
  std::uint64_t left_out_ = 0;
};

}  // namespace sio::server
