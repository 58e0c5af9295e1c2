// Loads of events that are answered: echo and publish.
//
//   echo      every event asks for an ack. The answer is the ack; or, of a server that is not sio,
//             the event itself, if that is what comes back first when it is tried out
//   publish   the answer is the receipt: of a sio server the ack, of others the answer to a ping
//             behind the events of a turn
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "client/in_flight.h"
#include "client/workload.h"

namespace sio::client {

class RoundTripLoad final : public Workload {
 public:
  enum class Kind { echo, publish };
  RoundTripLoad(LoadHost& host, Kind kind) : host_(host), kind_(kind) {}

  std::optional<Outcome> meet(const proto::Welcome* welcome) override;
  bool try_out() override;
  Outcome nothing_came() const override;
  void prepare(std::size_t window) override;
  bool begin(TimePoint start) override;
  std::size_t open() const override { return open_; }
  void expire(TimePoint limit) override;
  void text(LoadClient& client, std::string_view message) override;
  void pong(LoadClient& client) override;
  void down(LoadClient& client) override;
  void end_turn() override;

 private:
  enum class Answer { unknown, ack, event, ping };
  struct Sender {
    InFlight in_flight;
    std::uint64_t ping_covers = 0;  // numbers below it
    bool ping_is_out = false;
    bool wants_ping = false;
  };

  void send(std::uint32_t client, TimePoint start);
  void answered(std::uint32_t client, std::uint64_t number, bool refused);
  void settle(std::uint32_t client, std::uint64_t number, bool refused, TimePoint now);
  void ping(std::uint32_t client);
  static std::uint64_t key(std::uint32_t client, std::uint64_t number) {
    return (number << 18) | client;
  }

  LoadHost& host_;
  Kind kind_;
  Answer answer_ = Answer::unknown;
  std::vector<Sender> senders_;
  ClientTurns turns_;
  std::vector<std::uint32_t> want_ping_;
  std::unordered_set<std::uint64_t> given_up_;  // their answers may still come
  std::size_t open_ = 0;
};

}  // namespace sio::client
