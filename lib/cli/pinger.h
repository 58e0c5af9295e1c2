// `sio ping`: checks the way to a server, again and again while it is waited for, then measures
// round trips, and prints what it finds. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/result.h"
#include "cli/connect_options.h"
#include "cli/printer.h"
#include "cli/talk.h"
#include "client/checkup.h"
#include "net/connector.h"
#include "net/loop.h"

namespace sio::cli {

struct PingOptions {
  std::uint64_t count = 4;                      // round trips
  Duration interval = std::chrono::seconds(1);  // between two of them
  Duration patience = std::chrono::seconds(10);
  bool silent = false;  // nothing on stdout
};

// One line each, for stdout.
void append_layer(std::string& out, const client::LayerReport& report, bool color);
struct RoundTrip {
  std::uint64_t number = 0;
  Duration took{0};
  std::string_view transport;
};
void append_round_trip(std::string& out, const RoundTrip& trip, std::int64_t now_ms);
struct PingSummary {
  client::Outcome outcome;
  std::optional<client::Layer> failed;  // there was no session because of it
  std::string transport;                // of the session; "" if there was none
  std::uint64_t round_trips = 0;
  Duration shortest{0};
  Duration longest{0};
  Duration total{0};
};
void append_summary(std::string& out, const PingSummary& summary);

class Pinger final : private client::CheckupEvents,
                     private net::ConnectWatcher,
                     private net::SignalHandler,
                     private net::Timer::Handler,
                     private PrinterEvents {
 public:
  // `talk` outlives it. Errors: what cannot be read (a TLS file, credentials), no resources.
  static Result<std::unique_ptr<Pinger>> create(const ConnectOptions& options, ConnectPlan plan,
                                                PingOptions limits, Talk& talk);
  ~Pinger() override;

  // Until everything was measured, or there is no session. Returns how it ended.
  client::Outcome run();

 private:
  Pinger(const ConnectOptions& options, ConnectPlan plan, PingOptions limits, Talk& talk);
  Status prepare(const ConnectOptions& options);
  Status watch_signals();

  void on_layer(const client::LayerReport& report) override;
  void on_ready(std::string_view transport) override;
  void on_round_trip(Duration took) override;
  void on_failed(const client::Diagnosis& diagnosis) override;
  void on_left() override { loop_->stop(); }
  void on_stage_done(const net::StageDone& done) override { checkup_->note(done); }
  void on_signal(int signal_number) override;
  void on_timer(net::Timer& timer) override;
  void on_output_broken(const Error& error, bool reader_gone) override;

  void try_to_connect();
  void show(const client::LayerReport& report);
  void show_held();
  void warn_of_problems();
  void next_round_trip();
  void finish(client::Outcome outcome);

  ConnectPlan plan_;
  PingOptions limits_;
  Talk& talk_;
  CommandCredentials credentials_;
  SystemClock clock_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<Printer> printer_;  // null when silent
  bool color_ = false;
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<client::Checkup> checkup_;
  std::optional<net::Timer> next_;  // the next try, the next round trip
  std::optional<net::Timer> leaving_;
  Backoff backoff_;
  TimePoint give_up_at_{};
  // While the server is waited for: only the last try is told.
  std::vector<client::LayerReport> held_;
  std::vector<client::Outcome> problems_;  // of this try
  PingSummary summary_;
  bool finished_ = false;
};

}  // namespace sio::cli
