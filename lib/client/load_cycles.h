// Loads whose clients connect, get something, and leave, again and again.
//
//   connect   until the namespace has answered
//   replay    until everything has come that the queue holds (sio server)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/workload.h"

namespace sio::client {

class CycleLoad : public Workload {
 public:
  explicit CycleLoad(LoadHost& host) : host_(host) {}

  bool connects() const override { return true; }
  void prepare(std::size_t window) override;
  bool begin(TimePoint start) override;
  std::size_t open() const override { return open_; }
  // A connection that is not made in time ends by itself; a replay may take long.
  void expire(TimePoint) override {}
  void text(LoadClient&, std::string_view) override {}
  void down(LoadClient& client) override;

 protected:
  // The client has what it came for.
  void finish(LoadClient& client);
  LoadHost& host() { return host_; }

 private:
  static constexpr TimePoint kIdle = TimePoint::min();
  void forget(LoadClient& client);

  LoadHost& host_;
  std::vector<TimePoint> starts_;  // by client
  std::vector<std::uint32_t> idle_;
  std::size_t open_ = 0;
};

class ConnectLoad final : public CycleLoad {
 public:
  using CycleLoad::CycleLoad;
  void joined(LoadClient& client) override { finish(client); }
};

class ReplayLoad final : public CycleLoad {
 public:
  using CycleLoad::CycleLoad;
  proto::Hello hello() const override;
  std::optional<Outcome> meet(const proto::Welcome* welcome) override;
  void prepare(std::size_t window) override;
  void joined(LoadClient& client) override { newest_[client.index()] = 0; }
  void text(LoadClient& client, std::string_view message) override;

 private:
  void take_record(std::uint64_t& newest, std::string_view message);

  std::vector<std::uint64_t> newest_;  // record that a client has got in this replay
  bool met_ = false;
};

}  // namespace sio::client
