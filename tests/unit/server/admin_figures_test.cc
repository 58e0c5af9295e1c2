#include "server/admin_figures.h"

#include <gtest/gtest.h>

namespace sio::server {
namespace {

using namespace std::chrono_literals;
using Type = TrafficCounts::Type;

TEST(TrafficCounts, CountsBySecondAndForgetsWhatItHasTold) {
  TrafficCounts traffic;
  EXPECT_EQ(traffic.take(), "[]");
  traffic.add(1'100, Type::packets_in);
  traffic.add(1'999, Type::packets_in);
  traffic.add(1'999, Type::bytes_in, 70);
  traffic.add(2'000, Type::packets_in);
  traffic.add_disconnection(2'500, "transport close");
  traffic.add_disconnection(2'500, "transport close");
  EXPECT_EQ(traffic.take(), R"([{"timestamp":1000,"type":"packetsIn","count":2},)"
                            R"({"timestamp":1000,"type":"bytesIn","count":70},)"
                            R"({"timestamp":2000,"type":"packetsIn","count":1},)"
                            R"({"timestamp":2000,"type":"rawDisconnection",)"
                            R"("subType":"transport close","count":2}])");
  EXPECT_EQ(traffic.take(), "[]");
}

TEST(TrafficCounts, GoesOnWhenTheClockJumpsBack) {
  TrafficCounts traffic;
  traffic.add(5'000, Type::connections);
  traffic.add(1'000, Type::connections);
  EXPECT_EQ(traffic.take(), R"([{"timestamp":5000,"type":"rawConnection","count":2}])");
}

TEST(CopyBudget, LetsSoManyEventsASecondThrough) {
  CopyBudget budget;
  TimePoint now(100s);
  std::size_t taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += budget.take(10, now) ? 1U : 0U;
  EXPECT_EQ(taken, CopyBudget::kEventsPerSecond * CopyBudget::kBurst);
  EXPECT_EQ(budget.left_out(), 10'000 - taken);
  EXPECT_TRUE(budget.is_spent(now));
  now += 1s;
  EXPECT_FALSE(budget.is_spent(now));
  taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += budget.take(10, now) ? 1U : 0U;
  EXPECT_EQ(taken, CopyBudget::kEventsPerSecond);
}

TEST(CopyBudget, CountsBytesToo) {
  CopyBudget budget;
  const TimePoint now(100s);
  EXPECT_FALSE(budget.take(CopyBudget::kLargestEvent + 1, now));
  std::size_t bytes = 0;
  while (budget.take(CopyBudget::kLargestEvent, now)) bytes += CopyBudget::kLargestEvent;
  EXPECT_LE(bytes, CopyBudget::kBytesPerSecond * CopyBudget::kBurst);
  EXPECT_TRUE(budget.take(10, now)) << "a small one still fits";
}

}  // namespace
}  // namespace sio::server
