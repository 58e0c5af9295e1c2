// A load of events that one client publishes and all others receive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "client/arrivals.h"
#include "client/workload.h"

namespace sio::client {

class FanoutLoad final : public Workload {
 public:
  explicit FanoutLoad(LoadHost& host) : host_(host) {}

  // Client 0 publishes.
  std::size_t connections(std::size_t clients) const override { return clients + 1; }
  proto::Hello hello() const override { return {}; }
  std::optional<Outcome> meet(const proto::Welcome* welcome) override;
  bool try_out() override;
  Outcome nothing_came() const override;
  void prepare(std::size_t window) override;
  bool begin(TimePoint start) override;
  std::size_t open() const override { return open_; }
  void expire(TimePoint limit) override;
  void text(LoadClient& client, std::string_view message) override;
  void down(LoadClient& client) override;

 private:
  struct Event {
    TimePoint start{};
    std::size_t missing = 0;  // of its deliveries
  };
  void arrived(Event& event);
  void forget_settled();

  LoadHost& host_;
  std::vector<Arrivals> arrivals_;  // by client
  std::size_t receivers_ = 0;
  std::deque<Event> events_;
  std::uint64_t first_ = 0;       // number of events_.front()
  std::uint64_t started_at_ = 0;  // numbers below it belong to the trial
  std::size_t open_ = 0;
  std::size_t window_ = 0;
  bool surely_relays_ = false;
};

}  // namespace sio::client
