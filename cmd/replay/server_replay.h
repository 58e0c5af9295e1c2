// Events of a server's queue.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "cli/connect_options.h"
#include "cli/event_printer.h"
#include "cli/player.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "replay/options.h"
#include "replay/output.h"

namespace sio::cmd::replay {

class ServerReplay final : private client::ClientEvents,
                           private cli::PrinterEvents,
                           private cli::PlayerEvents,
                           private cli::ProgressSource,
                           private cli::SessionOwner {
 public:
  // Both outlive it.
  ServerReplay(const Options& options, cli::Talk& talk) : options_(options), talk_(talk) {}

  Status open(cli::ConnectPlan plan);
  client::Outcome run();

 private:
  void on_joined(const client::Joined& joined) override;
  void on_event(const client::ReceivedEvent& event) override;
  void on_past_end(std::string_view ns) override;
  void on_gap(const client::Gap& gap) override { events_->gap(gap); }
  void on_lost(const client::Lost& lost) override { events_->lost(lost); }
  void on_refused(const Refusal& refusal) override;
  void on_ended(const client::Outcome& outcome) override { session_->ended(outcome); }
  void on_output_full() override { pause_if_full(); }
  void on_output_ready() override { player_->output_ready(); }
  void on_output_broken(const Error& error, bool reader_gone) override {
    session_->finish(output_problem(error, reader_gone));
  }
  void on_player_ready() override { session_->client().resume(); }
  void on_played() override { session_->finish({}); }
  void on_time_up() override { session_->finish({.ending = client::Ending::timed_out}); }
  cli::ProgressState progress() override;
  void pause_if_full() {
    if (!player_->wants_more()) session_->client().pause();
  }
  void end_if_all_ended();

  const Options& options_;
  cli::Talk& talk_;
  SystemClock clock_;
  std::unique_ptr<cli::Session> session_;
  std::unique_ptr<cli::Printer> printer_;
  std::optional<cli::EventPrinter> events_;
  std::optional<cli::Player> player_;
  std::set<std::string, std::less<>> ended_;
  // Ids of records: the newest of the queue when it was joined, what has come first and last.
  std::string newest_;
  std::string first_;
  std::string last_;
  std::optional<cli::Progress> progress_;
};

// What the server is asked for. The newest ones are counted there, unless only we know which count.
void plan_hello(client::ClientOptions& plan, Options& options);

}  // namespace sio::cmd::replay
