// sio listen: print events as they come.

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "applets.h"
#include "base/clock.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/event_builder.h"
#include "cli/event_printer.h"
#include "cli/exit_code.h"
#include "cli/printer.h"
#include "cli/session.h"
#include "proto/glob.h"

namespace sio::cmd {
namespace {

using client::Ending;

constexpr std::string_view kAbout =
    "usage: sio listen [options] [URL] [EVENT...]\n"
    "\n"
    "Prints events as they come, one JSON object a line. EVENT is a pattern as in the shell\n"
    "(`order.*`); without one, every event is printed.";

struct Options {
  cli::ConnectOptions connect;
  std::vector<std::string> events;
  std::vector<std::string> rooms;
  std::string join_event = "join";
  std::optional<std::uint64_t> count;
  std::optional<Duration> idle;
  bool lifecycle = false;
  bool strict = false;
};

class Listener final : private client::ClientEvents,
                       private cli::PrinterEvents,
                       private cli::SessionOwner,
                       private net::Timer::Handler {
 public:
  explicit Listener(Options options) : options_(std::move(options)) {}

  Status open(cli::ConnectPlan plan, cli::Talk& talk);
  client::Outcome run();

 private:
  void on_joined(const client::Joined& joined) override;
  void on_event(const client::ReceivedEvent& event) override;
  void on_gap(const client::Gap& gap) override;
  void on_lost(const client::Lost& lost) override { events_->lost(lost); }
  void on_refused(const Refusal& refusal) override;
  void on_ended(const client::Outcome& outcome) override { session_->ended(outcome); }
  void on_output_full() override;
  void on_output_ready() override;
  void on_output_broken(const Error& error, bool reader_gone) override;
  void on_time_up() override;
  void on_timer(net::Timer& timer) override;

  bool wanted(std::string_view event) const;
  client::Outcome out_of_time() const;

  Options options_;
  SystemClock clock_;
  std::unique_ptr<cli::Session> session_;
  std::unique_ptr<cli::Printer> printer_;
  std::optional<cli::EventPrinter> events_;
  std::optional<net::Timer> idle_timer_;
  TimePoint last_event_at_{};
  std::uint64_t printed_ = 0;
  bool output_full_ = false;
  bool was_joined_ = false;
};

Status Listener::open(cli::ConnectPlan plan, cli::Talk& talk) {
  plan.client.hello.meta = true;
  plan.client.hello.rooms = options_.rooms;
  plan.client.hello.events = options_.events;
  plan.client.join_event = options_.join_event;
  SIO_TRY(session_, cli::Session::create(options_.connect, std::move(plan), talk, *this, *this,
                                         {.time_limit = options_.connect.timeout}));
  const bool color = cli::wants_color(options_.connect, STDOUT_FILENO);
  SIO_TRY(printer_, cli::Printer::open(session_->loop(), STDOUT_FILENO, color, *this));
  events_.emplace(*printer_, talk, clock_, options_.lifecycle);
  net::Timer::Handler& self = *this;
  idle_timer_.emplace(session_->loop(), self);
  return {};
}

client::Outcome Listener::run() {
  client::Outcome outcome = session_->run();
  if (outcome.ending == Ending::signalled || outcome.ending == Ending::reader_gone) return outcome;
  if (const Status status = printer_->flush(); !status)
    return {.ending = Ending::work_failed, .message = "stdout: " + status.error().message};
  return outcome;
}

void Listener::on_joined(const client::Joined& joined) {
  was_joined_ = true;
  events_->joined(joined);
  if (output_full_) session_->client().pause();
  last_event_at_ = session_->loop().now();
  if (options_.idle && !idle_timer_->armed()) idle_timer_->arm_in(*options_.idle);
}

void Listener::on_event(const client::ReceivedEvent& event) {
  if (session_->finishing() || !wanted(event.packet->event)) return;
  events_->event(event);
  last_event_at_ = session_->loop().now();
  if (++printed_ == options_.count) session_->finish({});
}

bool Listener::wanted(std::string_view event) const {
  return options_.events.empty() ||
         std::ranges::any_of(options_.events, [event](const std::string& pattern) {
           return proto::glob_match(pattern, event);
         });
}

void Listener::on_gap(const client::Gap& gap) {
  events_->gap(gap);
  if (options_.strict) session_->finish({.ending = Ending::gap});
}

void Listener::on_refused(const Refusal& refusal) {
  events_->refused(refusal, session_->client().namespaces_left() == 0);
}

void Listener::on_output_full() {
  output_full_ = true;
  session_->client().pause();
}

void Listener::on_output_ready() {
  output_full_ = false;
  session_->client().resume();
}

void Listener::on_output_broken(const Error& error, bool reader_gone) {
  if (reader_gone) return session_->finish({.ending = Ending::reader_gone});
  session_->finish({.ending = Ending::work_failed, .message = "stdout: " + error.message});
}

void Listener::on_time_up() {
  session_->finish(out_of_time());
}

client::Outcome Listener::out_of_time() const {
  if (options_.count) return {.ending = Ending::timed_out};
  if (session_->client().is_connected()) return {};
  if (!was_joined_)
    return {.ending = Ending::unreachable, .message = "no connection before the time was up"};
  return {.ending = Ending::lost, .message = "no connection when the time was up"};
}

// The timer is not moved by every event: when it fires it looks how long ago the last one was.
void Listener::on_timer(net::Timer&) {
  const TimePoint quiet_at = last_event_at_ + *options_.idle;
  if (session_->loop().now() < quiet_at) return idle_timer_->arm(quiet_at);
  session_->finish(out_of_time());
}

}  // namespace

int listen_main(const cli::Arguments& arguments) {
  Options options;
  cli::CommandLine line("listen", std::string(kAbout));
  line.heading("The events");
  line.option("-r,--room", "ROOM", options.rooms, "join this room first; repeatable");
  line.option("-J,--join-event", "NAME", options.join_event,
              "the event that joins a room on servers other than sio [join]");
  line.count("-c,--count", "N", options.count, "stop after N events");
  line.duration("--idle", options.idle, "stop after this much silence");
  line.flag("-L,--lifecycle", options.lifecycle,
            "also print connect, disconnect, gap and error records");
  line.flag("--strict", options.strict, "leave with 8 when events are known to be lost");
  cli::add_connect_options(line, options.connect, "stop after this time [never]");
  if (const auto status = line.parse(arguments)) return *status;

  const auto server = line.take_server_operand(!options.connect.server.empty());
  auto plan = cli::plan_connection(options.connect, server);
  if (!plan) return line.complain(plan.error().message);
  for (const std::string& room : options.rooms)
    if (const Status status = cli::check_room_name(room); !status)
      return line.complain(status.error().message);
  options.events = line.operands();

  cli::Talk talk("listen", cli::talk_options(options.connect));
  Listener listener(std::move(options));
  if (const Status status = listener.open(std::move(*plan), talk); !status) {
    talk.error(status.error().message);
    return cli::kUsageStatus;
  }
  return cli::conclude(listener.run(), talk);
}

}  // namespace sio::cmd
