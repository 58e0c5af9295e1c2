// Events of a recording or of a store's directory: no server.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/posix_fs.h"
#include "cli/line_feed.h"
#include "cli/player.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "cli/stored_record.h"
#include "replay/options.h"
#include "replay/output.h"
#include "store/read_only_store.h"

namespace sio::cmd::replay {

class InputReplay final : private cli::PrinterEvents,
                          private cli::PlayerEvents,
                          private cli::LineFeedEvents,
                          private store::Visitor,
                          private cli::ProgressSource,
                          private net::SignalHandler,
                          private net::Timer::Handler {
 public:
  // Both outlive it.
  InputReplay(const Options& options, cli::Talk& talk) : options_(options), talk_(talk) {}

  client::Outcome run();

 private:
  Status open();
  Status open_store();
  Status open_recording();
  Status check_store(std::string_view option, const proto::Position& position) const;
  store::Seq first_of(const proto::Position& since);

  bool on_line(std::string_view line, std::uint64_t number) override;
  void on_bad_line(std::uint64_t number, const Error& error) override;
  void on_lines_given() override {}
  void on_input_end(const Status& status) override;
  bool on_record(const store::Record& record) override;
  void on_gap(store::Seq first, store::Seq next) override;
  void on_output_ready() override { player_->output_ready(); }
  void on_output_broken(const Error& error, bool reader_gone) override {
    finish(output_problem(error, reader_gone));
  }
  void on_player_ready() override;
  void on_played() override {
    finish({.ending = failed_ > 0 ? client::Ending::work_failed : client::Ending::done});
  }
  void on_signal(int signal_number) override;
  void on_timer(net::Timer&) override { finish({.ending = client::Ending::timed_out}); }
  cli::ProgressState progress() override;

  void read_store();
  void finish(client::Outcome outcome);

  const Options& options_;
  cli::Talk& talk_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<cli::Printer> printer_;
  std::optional<cli::Player> player_;
  std::optional<net::Timer> limit_;
  std::unique_ptr<cli::LineFeed> feed_;
  int fd_ = -1;
  PosixFs fs_;
  std::unique_ptr<store::ReadOnlyStore> store_;
  std::optional<cli::StoredRecordReader> reader_;
  std::vector<std::string_view> room_filter_;
  std::vector<std::string_view> event_filter_;
  store::Seq next_ = 0;
  bool reading_ = false;
  std::uint64_t failed_ = 0;
  std::optional<client::Outcome> outcome_;
  store::Seq first_ = 0;  // of a store
  off_t input_size_ = 0;  // of a recording that is a file
  std::optional<cli::Progress> progress_;
};

}  // namespace sio::cmd::replay
