#include "server/admin_figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/json_text.h"

namespace sio::server {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"rawConnection", "packetsIn", "bytesIn",
                                                    "packetsOut", "bytesOut"};

void append_count(std::string& out, std::int64_t begin_ms, std::string_view type,
                  std::string_view reason, std::uint64_t count) {
  if (out.back() != '[') out += ',';
  out += fmt::format(R"({{"timestamp":{},"type":"{}",)", begin_ms, type);
  if (!reason.empty()) out += R"("subType":)" + proto::json_string(reason) + ",";
  out += fmt::format(R"("count":{}}})", count);
}

}  // namespace

// Time may jump back: then it goes on with what is there.
TrafficCounts::Second& TrafficCounts::second_of(std::int64_t now_ms) {
  const std::int64_t begin_ms = now_ms - now_ms % 1000;
  if (seconds_.empty() || seconds_.back().begin_ms < begin_ms)
    seconds_.push_back({.begin_ms = begin_ms, .counts = {}, .disconnections = {}});
  return seconds_.back();
}

void TrafficCounts::add(std::int64_t now_ms, Type type, std::uint64_t count) {
  second_of(now_ms).counts[static_cast<std::size_t>(type)] += count;
}

void TrafficCounts::add_disconnection(std::int64_t now_ms, std::string_view reason) {
  auto& counts = second_of(now_ms).disconnections;
  const auto it = counts.find(reason);
  ++(it == counts.end() ? counts.emplace(reason, 0).first : it)->second;
}

std::string TrafficCounts::take() {
  std::string out = "[";
  for (const Second& second : seconds_) {
    for (std::size_t type = 0; type < kTypes; ++type)
      if (second.counts[type] > 0)
        append_count(out, second.begin_ms, kNames[type], {}, second.counts[type]);
    for (const auto& [reason, count] : second.disconnections)
      append_count(out, second.begin_ms, "rawDisconnection", reason, count);
  }
  seconds_.clear();
  return out + "]";
}

void CopyBudget::refill(TimePoint now) {
  if (now <= refilled_at_) return;
  const double seconds = std::chrono::duration<double>(now - refilled_at_).count();
  events_ = std::min<double>(kEventsPerSecond * kBurst, events_ + seconds * kEventsPerSecond);
  bytes_ = std::min<double>(kBytesPerSecond * kBurst, bytes_ + seconds * kBytesPerSecond);
  refilled_at_ = now;
}

bool CopyBudget::is_spent(TimePoint now) {
  refill(now);
  return events_ < 1 || bytes_ < 1;
}

bool CopyBudget::take(std::size_t bytes, TimePoint now) {
  refill(now);
  if (events_ < 1 || bytes > kLargestEvent || bytes_ < static_cast<double>(bytes)) {
    leave_out();
    return false;
  }
  events_ -= 1;
  bytes_ -= static_cast<double>(bytes);
  return true;
}

}  // namespace sio::server
