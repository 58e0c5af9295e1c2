// A load generator: many clients of one server, what they do, and what came of it. One loop drives
// them all. Loop thread only.
//
// Closed loop: a client begins its next operation when an earlier one has ended, so a server that
// stalls is asked less. Open loop (a rate is given): operations have their times in a schedule, and
// each one's time counts from there, whenever it could really begin; a server, or this process,
// that stalls for a second is charged that second for everything that was due in it (what is called
// correction of coordinated omission).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/result.h"
#include "base/thread_time.h"
#include "client/client.h"
#include "client/load_client.h"
#include "client/load_messages.h"
#include "client/load_report.h"
#include "client/outcome.h"
#include "client/schedule.h"
#include "client/workload.h"
#include "net/connector.h"
#include "net/loop.h"

namespace sio::client {

struct LoadOptions {
  LoadMode mode = LoadMode::echo;
  LinkTarget target;
  std::string ns = "/";
  std::size_t clients = 50;
  std::size_t window = 1;              // closed loop: operations of each client at one time
  std::optional<std::uint64_t> rate;   // open loop: operations a second, of all together
  std::optional<std::uint64_t> count;  // operations of all together
  std::optional<Duration> duration;    // of the load, once all are connected
  std::size_t size = 128;              // bytes of an event's argument
  std::string event = "bench";
  Duration first_wait{0};  // keep trying the first connection this long
  bool end_when_one_is_lost = false;
};

class LoadEvents {
 public:
  virtual ~LoadEvents() = default;
  // result() is final.
  virtual void on_load_done(const Outcome& outcome) = 0;
  // Every connection has ended, or has had its time to.
  virtual void on_load_left() = 0;
};

class Load final : private LoadHost,
                   private LoadClientEvents,
                   private net::Timer::Handler,
                   private net::TurnListener {
 public:
  // All references outlive the load. `window` becomes smaller if what is on its way would be more
  // than kMaxBytesOnTheWay.
  Load(net::Loop& loop, net::Connector& connector, LoadOptions options, Credentials& credentials,
       LoadEvents& events, Trace* trace);
  ~Load() override;

  static constexpr std::size_t kMaxBytesOnTheWay = std::size_t{256} << 20;

  void start();
  // Ends it before its time: on_load_done() follows at once, with `outcome`.
  void stop(Outcome outcome) { end(std::move(outcome)); }

  const LoadReport& result() const { return report_; }
  // Since the load began, while it runs; nothing before.
  std::optional<Duration> running_for() const;
  // How many of the clients are connected, until the load begins.
  std::size_t connected() const { return joined_; }

 private:
  enum class Phase { first, first_leaves, connecting, trying_out, running, draining, done, left };

  // LoadHost
  std::size_t client_count() const override { return clients_.size(); }
  LoadClient& client(std::uint32_t index) override { return *clients_[index]; }
  LoadReport& report() override { return report_; }
  LoadMessages& messages() override { return messages_; }
  TimePoint now() const override { return clock_.now(); }
  void connect(LoadClient& client) override;
  void send(LoadClient& client, std::string_view message) override;
  void measured(TimePoint start, TimePoint now) override;
  void settled(TimePoint now) override;
  void give_up(Outcome outcome) override { end(std::move(outcome)); }

  // LoadClientEvents
  void on_load_joined(LoadClient& client, std::string_view reply) override;
  void on_load_text(LoadClient& client, std::string_view message) override;
  void on_load_binary(LoadClient& client, std::string_view bytes) override;
  void on_load_pong(LoadClient& client) override;
  void on_load_down(LoadClient& client, LoadClientState was, const LinkDown& down) override;

  void on_timer(net::Timer& timer) override;
  void on_turn_end() override;

  bool is_busy() const { return phase_ == Phase::running || phase_ == Phase::draining; }
  void first_joined(LoadClient& client, const proto::Welcome* welcome);
  void first_failed(const LinkDown& down);
  void connect_more();
  void all_connected();
  void begin_load();
  void pump(TimePoint now);
  void pump_schedule(TimePoint now);
  bool begin(TimePoint start);
  bool has_room() const;
  bool everything_begun() const;
  void stop_beginning(TimePoint now);
  void note_failure(LoadClientState was, const LinkDown& down);
  void tick(TimePoint now);
  void end(Outcome outcome);
  void end_in_time();
  Outcome outcome_of_errors() const;
  LoadLimit find_limit() const;
  void leave();

  net::Loop& loop_;
  net::Connector& connector_;
  LoadOptions options_;
  Credentials& credentials_;
  LoadEvents& events_;
  Trace* trace_;
  SystemClock clock_;
  proto::PacketDecoder decoder_;
  LoadMessages messages_;
  std::unique_ptr<Workload> workload_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  net::Timer pace_;   // the next operation of the schedule, or of trying the first connection
  net::Timer tick_;   // what has waited for too long
  net::Timer limit_;  // the end of the load, of waiting for what is open, of leaving
  Phase phase_ = Phase::first;
  TimePoint began_{};     // the start, then the load
  TimePoint last_end_{};  // of an operation
  std::size_t up_ = 0;    // clients that have a connection, or are making one
  std::size_t joined_ = 0;
  std::size_t decided_ = 0;  // of the first connections: made or not
  std::size_t next_to_connect_ = 1;
  std::size_t max_open_ = 0;
  std::optional<Schedule> schedule_;
  Histogram behind_;
  bool was_blocked_ = false;  // the schedule, by what was open
  bool time_is_up_ = false;
  std::uint64_t failures_in_a_row_ = 0;
  ThreadTime thread_began_;
  LoadReport report_;
};

}  // namespace sio::client
