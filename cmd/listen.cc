// sio listen: print events as they come, or run a command for each.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "applets.h"
#include "base/clock.h"
#include "cli/command_environment.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/event_builder.h"
#include "cli/event_printer.h"
#include "cli/exit_code.h"
#include "cli/hand_outs.h"
#include "cli/jobs.h"
#include "cli/output_options.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/units.h"
#include "proto/glob.h"
#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::cmd {
namespace {

using client::Ending;

constexpr std::string_view kAbout =
    "usage: sio listen [options] [URL] [EVENT...]\n"
    "\n"
    "Prints events as they come, one JSON object a line, or runs a command for each. EVENT is a\n"
    "pattern as in the shell (`order.*`); without one, every event is meant.";

constexpr const char* kWhyHint = "-v tells why each attempt failed, sio ping at which layer";
constexpr std::uint64_t kMaxJobs = 1000;

struct Options {
  cli::ConnectOptions connect;
  cli::OutputOptions output;
  std::vector<std::string> events;
  std::vector<std::string> rooms;
  std::string join_event = "join";
  std::optional<std::uint64_t> count;
  std::optional<Duration> idle;
  std::string since;
  std::optional<std::uint64_t> tail;
  std::string group;
  std::optional<std::uint64_t> max_deliver;
  std::optional<Duration> ack_wait;
  std::string command;
  std::optional<std::uint64_t> jobs;
  bool reply = false;
  bool lifecycle = false;
  bool strict = false;
};

class ChildLauncher final : public cli::JobLauncher {
 public:
  explicit ChildLauncher(net::Loop& loop) : loop_(loop) {}
  Result<std::unique_ptr<net::Child>> launch(const net::ChildCommand& command,
                                             net::ChildEvents& events) override {
    return net::Child::start(loop_, command, events);
  }

 private:
  net::Loop& loop_;
};

class Listener final : private client::ClientEvents,
                       private cli::PrinterEvents,
                       private cli::SessionOwner,
                       private cli::JobEvents,
                       private cli::ProgressSource,
                       private net::TurnListener,
                       private net::Timer::Handler {
 public:
  Listener(Options options, cli::Talk& talk) : options_(std::move(options)), talk_(talk) {}
  ~Listener() override;

  Status open(cli::ConnectPlan plan);
  client::Outcome run();

 private:
  // What runs, for messages.
  struct Work {
    std::string event;
    std::string id;
    bool is_question = false;
  };

  void on_joined(const client::Joined& joined) override;
  void on_event(const client::ReceivedEvent& event) override;
  void on_gap(const client::Gap& gap) override;
  void on_lost(const client::Lost& lost) override;
  void on_retry(std::uint64_t attempt) override { events_->retry(attempt); }
  void on_heartbeat() override { events_->heartbeat(); }
  void on_refused(const Refusal& refusal) override;
  void on_ended(const client::Outcome& outcome) override { session_->ended(outcome); }
  void on_output_full() override;
  void on_output_ready() override;
  void on_output_taken() override { settle_printed(); }
  void on_output_broken(const Error& error, bool reader_gone) override;
  void on_job_output(std::string_view bytes) override { printer_->print_bytes(bytes); }
  void on_job_done(const cli::JobResult& result) override;
  void on_time_up() override;
  bool on_interrupted(const client::Outcome& outcome) override;
  void on_turn_end() override;
  void on_timer(net::Timer& timer) override;
  cli::ProgressState progress() override;

  bool wanted(std::string_view event) const;
  void take(const cli::EventRecord& record, const cli::HandOuts::Event& event);
  void start_job(const cli::EventRecord& record, std::uint64_t number, bool is_question);
  void settle_printed();
  void settle_job(const Work& work, const cli::JobResult& result);
  void update_pause();
  void end_if_counted();
  void finish_in_order(client::Outcome outcome);
  bool grouped() const { return !options_.group.empty(); }
  client::Outcome outcome() const;
  client::Outcome out_of_time() const;

  Options options_;
  cli::Talk& talk_;
  SystemClock clock_;
  std::unique_ptr<cli::Session> session_;
  std::unique_ptr<cli::Printer> printer_;
  std::optional<cli::EventPrinter> events_;
  std::optional<cli::HandOuts> hand_outs_;
  std::optional<ChildLauncher> launcher_;
  std::optional<cli::Jobs> jobs_;
  std::optional<cli::Progress> progress_;
  std::unordered_map<std::uint64_t, Work> work_;  // by number of the hand-out
  // Hand-outs that stdout may not have taken yet, and where their records end in what was printed.
  std::deque<std::pair<std::uint64_t, std::uint64_t>> printed_;
  std::uint64_t looked_for_ = 0;  // the end of the last one that a look was arranged for
  std::optional<net::Timer> idle_timer_;
  TimePoint last_event_at_{};
  std::uint64_t taken_ = 0;
  std::uint64_t failed_ = 0;
  bool output_full_ = false;
  bool paused_ = false;
  bool was_joined_ = false;
  bool ending_ = false;  // takes no more events
  std::string line_;
};

Listener::~Listener() {
  if (session_ != nullptr) session_->loop().remove_turn_listener(*this);
}

Status Listener::open(cli::ConnectPlan plan) {
  SIO_TRY(session_, cli::Session::create(options_.connect, std::move(plan), talk_, *this, *this,
                                         {.time_limit = options_.connect.timeout}));
  net::Loop& loop = session_->loop();
  cli::PrinterOptions printing = options_.output.printer;
  printing.color = cli::wants_color(options_.connect, STDOUT_FILENO);
  SIO_TRY(printer_, cli::Printer::open(loop, STDOUT_FILENO, printing, *this));
  events_.emplace(*printer_, talk_, clock_, options_.lifecycle);
  hand_outs_.emplace(session_->client());
  net::Timer::Handler& self = *this;
  idle_timer_.emplace(loop, self);
  loop.add_turn_listener(*this);
  // Records on the same terminal show it themselves, and commands may write there.
  cli::ProgressSource& source = *this;
  if (options_.command.empty() && ::isatty(STDOUT_FILENO) == 0)
    progress_.emplace(loop, talk_, source);
  if (options_.command.empty()) return {};
  launcher_.emplace(loop);
  cli::JobEvents& job_events = *this;
  jobs_.emplace(*launcher_, job_events,
                cli::JobOptions{.command = options_.command,
                                .at_once = options_.jobs.value_or(1),
                                .collect_output = options_.reply});
  return {};
}

client::Outcome Listener::run() {
  client::Outcome outcome = session_->run();
  progress_.reset();
  jobs_.reset();  // a signal may end this process before anything is destroyed
  if (outcome.ending == Ending::signalled || outcome.ending == Ending::reader_gone) return outcome;
  events_->ended(outcome);
  if (const Status status = printer_->flush(); !status)
    return {.ending = Ending::work_failed, .message = "stdout: " + status.error().message};
  return outcome;
}

// What was asked for and is not to be had here. Nothing: all is well.
std::optional<client::Outcome> missing_feature(const Options& options,
                                               const proto::Welcome* welcome) {
  const auto missing = [&](std::string_view option, std::string_view feature) {
    const bool can = welcome != nullptr && welcome->can(feature);
    return can ? std::optional<client::Outcome>()
               : client::Outcome{
                     .ending = Ending::usage,
                     .message = welcome == nullptr
                                    ? fmt::format("{}: this is not a sio server", option)
                                    : fmt::format("{}: this server keeps no queue", option),
                     .hint = welcome == nullptr ? "sio serve has a queue"
                                                : "sio serve --store DIR does"};
  };
  if (!options.group.empty()) return missing("--group", "group");
  if (!options.since.empty() && options.since != "now") return missing("--since", "since");
  if (options.tail.value_or(0) > 0) return missing("--tail", "since");
  return std::nullopt;
}

void Listener::on_joined(const client::Joined& joined) {
  if (auto problem = missing_feature(options_, joined.welcome))
    return session_->finish(std::move(*problem));
  was_joined_ = true;
  events_->joined(joined, options_.rooms);
  if (paused_) session_->client().pause();
  last_event_at_ = session_->loop().now();
  if (options_.idle && !idle_timer_->armed()) idle_timer_->arm_in(*options_.idle);
}

void Listener::on_event(const client::ReceivedEvent& event) {
  if (session_->finishing() || ending_) return;
  const bool is_hand_out = grouped() && event.meta != nullptr;
  const bool answers = is_hand_out || options_.reply;
  const cli::HandOuts::Event asked{
      .ns = event.packet->ns,
      .ack_id = answers ? event.packet->ack_id : std::nullopt,
      .record_id = is_hand_out ? std::string_view(event.meta->id) : std::string_view()};
  const cli::EventRecord record = events_->record_of(event);
  if (wanted(event.packet->event) && options_.output.match.matches(record.args))
    return take(record, asked);
  if (is_hand_out) hand_outs_->acknowledge(asked);
}

cli::ProgressState Listener::progress() {
  cli::ProgressState state{.count = taken_, .bytes = printer_->printed()};
  if (options_.count)
    state.share = static_cast<double>(taken_) / static_cast<double>(*options_.count);
  return state;
}

bool Listener::wanted(std::string_view event) const {
  return options_.events.empty() ||
         std::ranges::any_of(options_.events, [event](const std::string& pattern) {
           return proto::glob_match(pattern, event);
         });
}

void Listener::take(const cli::EventRecord& record, const cli::HandOuts::Event& event) {
  const bool is_tracked = event.ack_id || jobs_;
  const auto number = is_tracked ? hand_outs_->take(event) : std::optional<std::uint64_t>(0);
  if (!number) return;
  last_event_at_ = session_->loop().now();
  if (jobs_) {
    start_job(record, *number, event.ack_id && event.record_id.empty());
  } else {
    events_->event(record);
    if (is_tracked) printed_.emplace_back(*number, printer_->printed());
  }
  ++taken_;
  if (options_.count && grouped())
    session_->client().set_hand_outs_wanted(*options_.count - taken_);
  ending_ = taken_ == options_.count;
  update_pause();
  end_if_counted();
}

void Listener::start_job(const cli::EventRecord& record, std::uint64_t number, bool is_question) {
  line_.clear();
  cli::append_record(line_, record);
  if (options_.output.printer.null) line_.back() = '\0';
  work_[number] = {.event = std::string(record.event_json),
                   .id = std::string(record.id),
                   .is_question = is_question};
  jobs_->add({.number = number,
              .environment = cli::command_environment(record, options_.connect.server),
              .input = line_});
}

void Listener::on_job_done(const cli::JobResult& result) {
  const Work work = std::move(work_.extract(result.number).mapped());
  if (!result.problem.empty()) {
    ++failed_;
    talk_.error(fmt::format("{} from the command for {}{}{}", result.problem, work.event,
                            work.id.empty() ? "" : " ", work.id),
                grouped() ? "it comes again, and after --max-deliver times goes to room dead:" +
                                options_.group
                          : "");
  }
  settle_job(work, result);
  last_event_at_ = session_->loop().now();
  if (result.exit_status == 127)
    return session_->finish(
        {.ending = Ending::not_found,
         .message = "the command was not found: " + options_.command,
         .hint = "/bin/sh looks for it in $PATH; a path, as ./name, says where it is"});
  if (result.exit_status == 126)
    return session_->finish({.ending = Ending::not_runnable,
                             .message = "the command cannot be run: " + options_.command,
                             .hint = "chmod +x makes a script a command"});
  update_pause();
  end_if_counted();
}

// What a command has written, as the arguments of an ack: JSON if it is that, else a string.
Result<proto::WireArgs> answer_of(std::string_view output) {
  if (output.ends_with('\n')) output.remove_suffix(1);
  if (const auto kind = proto::check_json(output)) return proto::to_wire_args(output);
  return proto::WireArgs{.args = proto::json_string(output), .attachments = {}};
}

void Listener::settle_job(const Work& work, const cli::JobResult& result) {
  if (!result.problem.empty()) return hand_outs_->settle_failed(result.number, result.problem);
  if (!work.is_question) return hand_outs_->settle(result.number);
  const auto answer = answer_of(result.output);
  if (answer) return hand_outs_->settle(result.number, *answer);
  ++failed_;
  talk_.error(fmt::format("the answer to {}: {}", work.event, answer.error().message));
  hand_outs_->settle_failed(result.number, answer.error().message);
}

// What a turn prints is written at its end, behind this: the next turn acknowledges it, and there
// has to be one.
void Listener::on_turn_end() {
  if (jobs_) jobs_->end_turn();
  settle_printed();
  if (printed_.empty() || printed_.back().second == looked_for_) return;
  looked_for_ = printed_.back().second;
  session_->loop().post([this] { settle_printed(); });
}

void Listener::settle_printed() {
  while (!printed_.empty() && printed_.front().second <= printer_->taken()) {
    hand_outs_->settle(printed_.front().first);
    printed_.pop_front();
  }
}

void Listener::end_if_counted() {
  if (!ending_ || !options_.count || taken_ < *options_.count) return;
  if (jobs_ && !jobs_->idle()) return;
  finish_in_order(outcome());
}

// Write, acknowledge, leave.
void Listener::finish_in_order(client::Outcome outcome) {
  if (const Status status = printer_->flush(); !status)
    return session_->finish(
        {.ending = Ending::work_failed, .message = "stdout: " + status.error().message});
  settle_printed();
  session_->finish(std::move(outcome));
}

client::Outcome Listener::outcome() const {
  return {.ending = failed_ > 0 ? Ending::work_failed : Ending::done};
}

void Listener::on_gap(const client::Gap& gap) {
  events_->gap(gap);
  if (options_.strict) session_->finish({.ending = Ending::gap});
}

void Listener::on_lost(const client::Lost& lost) {
  hand_outs_->lost();
  events_->lost(lost);
}

void Listener::on_refused(const Refusal& refusal) {
  events_->refused(refusal, session_->client().namespaces_left() == 0);
}

void Listener::on_output_full() {
  output_full_ = true;
  if (jobs_) jobs_->pause_output();
  update_pause();
}

void Listener::on_output_ready() {
  output_full_ = false;
  if (jobs_) jobs_->resume_output();
  update_pause();
}

void Listener::update_pause() {
  const bool wait = output_full_ || (jobs_ && !jobs_->has_room());
  if (std::exchange(paused_, wait) == wait) return;
  if (wait)
    session_->client().pause();
  else
    session_->client().resume();
}

void Listener::on_output_broken(const Error& error, bool reader_gone) {
  if (reader_gone) return session_->finish({.ending = Ending::reader_gone});
  session_->finish({.ending = Ending::work_failed, .message = "stdout: " + error.message});
}

void Listener::on_time_up() {
  session_->finish(out_of_time());
}

// What was printed in this turn reaches stdout at its end: it is acknowledged in the next.
bool Listener::on_interrupted(const client::Outcome& outcome) {
  if (!grouped()) return false;
  ending_ = true;
  session_->loop().post([this, outcome] {
    settle_printed();
    session_->finish(outcome);
  });
  return true;
}

client::Outcome Listener::out_of_time() const {
  if (options_.count) return {.ending = Ending::timed_out};
  if (session_->client().is_connected()) return outcome();
  if (!was_joined_)
    return {.ending = Ending::unreachable,
            .message = "no connection before the time was up",
            .hint = kWhyHint};
  return {
      .ending = Ending::lost, .message = "no connection when the time was up", .hint = kWhyHint};
}

// The timer is not moved by every event: when it fires it looks how long ago the last one was.
void Listener::on_timer(net::Timer&) {
  const TimePoint now = session_->loop().now();
  if (jobs_ && !jobs_->idle()) last_event_at_ = now;
  const TimePoint quiet_at = last_event_at_ + *options_.idle;
  if (now < quiet_at) return idle_timer_->arm(quiet_at);
  finish_in_order(out_of_time());
}

// The options.

void describe(cli::CommandLine& line, Options& options) {
  line.heading("The events");
  line.option("-r,--room", "ROOM", options.rooms, "join this room first; repeatable");
  line.option("-J,--join-event", "NAME", options.join_event,
              "the event that joins a room on servers other than sio [join]");
  cli::add_match_option(line, options.output);
  line.count("-c,--count", "N", options.count, "stop after N events");
  line.duration("--idle", options.idle, "stop after this much silence");
  line.heading("The past, and groups (sio server)");
  line.option("--since", "WHEN", options.since,
              "start in the past, then follow: all, now, #ID, 10m, 14:05, 2026-01-31, @UNIX");
  line.suggest("--since", cli::usual_points_in_time());
  line.count("--tail", "N", options.tail, "start with the newest N stored events, then follow");
  line.option("-g,--group", "G", options.group,
              "a durable position kept by the server; listeners sharing G share the work");
  line.count("--max-deliver", "N", options.max_deliver,
             "after N hand-outs a record goes to room dead:G [5]");
  line.duration("--ack-wait", options.ack_wait, "hand out again after this silence [30s]");
  line.heading("What happens to them");
  line.option("-x,--exec", "CMD", options.command,
              "run CMD for each: the record on stdin, SIO_* in the environment");
  line.count("-j,--jobs", "N", options.jobs, "commands at once [1: strictly in order]");
  line.flag("-R,--reply", options.reply, "answer events that ask for an ack with what CMD prints");
  cli::add_output_options(line, options.output);
  line.flag("-L,--lifecycle", options.lifecycle,
            "also print records of connect, disconnect, reconnect, ping, join, gap, error ...");
  line.flag("--strict", options.strict, "leave with 8 when events are known to be lost");
}

Status check(const Options& options) {
  for (const std::string& room : options.rooms) SIO_TRY_STATUS(cli::check_room_name(room));
  if (options.reply && options.command.empty())
    return fail(Errc::usage, "--reply needs --exec CMD: the answer is what CMD prints");
  if (options.reply && !options.group.empty())
    return fail(Errc::usage, "--reply and --group: the ack of a group's record is its receipt");
  if (options.jobs && options.command.empty()) return fail(Errc::usage, "--jobs needs --exec CMD");
  if (options.jobs.value_or(1) > kMaxJobs)
    return fail(Errc::usage, fmt::format("--jobs: at most {}", kMaxJobs));
  if (options.group.empty() && (options.max_deliver || options.ack_wait))
    return fail(Errc::usage, "--max-deliver and --ack-wait are a group's: name it with --group");
  if (!options.group.empty() && options.tail)
    return fail(Errc::usage, "--tail and --group: a group has its own position");
  if (!options.command.empty() && options.output.printer.format)
    return fail(Errc::usage, "--format and --exec: CMD gets the record, and prints what it likes");
  if (options.lifecycle && options.output.printer.format)
    return fail(Errc::usage, "--format prints events only: leave out --lifecycle");
  return {};
}

template <typename Number>
Result<Number> limited(std::string_view name, std::uint64_t value) {
  constexpr std::uint64_t kMost = 1u << 30;
  if (value < 1 || value > kMost)
    return fail(Errc::usage, fmt::format("{}: expected 1 to {}", name, kMost));
  return static_cast<Number>(value);
}

// What the server is asked for.
Status plan_hello(proto::Hello& hello, const Options& options) {
  hello.meta = true;
  hello.rooms = options.rooms;
  hello.events = options.events;
  hello.tail = options.tail;
  hello.group = options.group;
  if (!options.since.empty()) {
    const auto when = cli::parse_when(options.since, SystemClock().wall_ms());
    if (!when) return fail_in("--since", when.error());
    hello.since = cli::format_position(*when);
  }
  if (options.reply)
    hello.respond = options.events.empty() ? std::vector<std::string>{"*"} : options.events;
  if (options.group.empty()) return {};
  if (options.count) hello.limit = *options.count;
  // A record that waits here for its command is one that no other member works on.
  if (!options.command.empty()) hello.window = static_cast<std::uint32_t>(options.jobs.value_or(1));
  if (options.max_deliver) {
    SIO_TRY(hello.max_deliver, limited<std::uint32_t>("--max-deliver", *options.max_deliver));
  }
  if (options.ack_wait) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*options.ack_wait);
    SIO_TRY(hello.ack_wait_ms,
            limited<std::uint64_t>("--ack-wait", static_cast<std::uint64_t>(ms.count())));
  }
  return {};
}

}  // namespace

int listen_main(const cli::Arguments& arguments) {
  Options options;
  cli::CommandLine line("listen", std::string(kAbout));
  describe(line, options);
  cli::add_connect_options(line, options.connect, "stop after this time [never]");
  if (const auto status = line.parse(arguments)) return *status;

  auto plan = cli::plan_connection(options.connect);
  if (!plan) return line.complain(plan.error().message);
  options.events = line.operands();
  if (const Status status = check(options); !status) return line.complain(status.error().message);
  plan->client.join_event = options.join_event;
  if (const Status status = plan_hello(plan->client.hello, options); !status)
    return line.complain(status.error().message);
  // A command finds in its environment what this event says, nothing of another one.
  for (const std::string& name : cli::command_environment_names()) ::unsetenv(name.c_str());

  cli::Talk talk("listen", cli::talk_options(options.connect));
  std::optional<Listener> listener(std::in_place, std::move(options), talk);
  if (const Status status = listener->open(std::move(*plan)); !status) {
    talk.error(status.error().message);
    return cli::kUsageStatus;
  }
  const client::Outcome outcome = listener->run();
  // A signal that ends us must not leave the commands behind.
  listener.reset();
  return cli::conclude(outcome, talk);
}

}  // namespace sio::cmd
