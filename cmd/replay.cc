// sio replay: stored or recorded events again.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "applets.h"
#include "base/clock.h"
#include "base/posix_fs.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/event_builder.h"
#include "cli/event_printer.h"
#include "cli/exit_code.h"
#include "cli/line_feed.h"
#include "cli/output_options.h"
#include "cli/player.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "cli/selection.h"
#include "cli/session.h"
#include "cli/stored_record.h"
#include "cli/units.h"
#include "proto/json_text.h"
#include "proto/wire_time.h"
#include "store/read_only_store.h"

namespace sio::cmd {
namespace {

using client::Ending;

constexpr std::string_view kAbout =
    "usage: sio replay [options] [URL] [EVENT...]               from a sio server's queue\n"
    "       sio replay --input FILE|DIR|- [options] [EVENT...]   from a recording, or from a "
    "store\n"
    "\n"
    "Prints what was stored or recorded, and ends. Publish it again with `| sio emit -`; to go on\n"
    "with what is live, use `sio listen --since`.";

// Records that are read from a store before the output is written.
constexpr std::size_t kRecordsAtOnce = 4096;

struct Options {
  cli::ConnectOptions connect;
  cli::OutputOptions output;
  std::string input;
  std::vector<std::string> events;
  std::vector<std::string> rooms;
  std::string since;
  std::string until;
  std::string group;
  cli::Selection selection;
  cli::PlayerOptions player;
};

cli::ProgressState progress_of(const cli::Player& player, const cli::Printer& printer,
                               const Options& options, std::optional<double> share) {
  cli::ProgressState state{.count = player.played(), .bytes = printer.printed(), .share = share};
  if (options.player.count)
    state.share = static_cast<double>(state.count) / static_cast<double>(*options.player.count);
  return state;
}

client::Outcome output_problem(const Error& error, bool reader_gone) {
  if (reader_gone) return {.ending = Ending::reader_gone};
  return {.ending = Ending::work_failed, .message = "stdout: " + error.message};
}

// From a server.
class ServerReplay final : private client::ClientEvents,
                           private cli::PrinterEvents,
                           private cli::PlayerEvents,
                           private cli::ProgressSource,
                           private cli::SessionOwner {
 public:
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
  void on_time_up() override { session_->finish({.ending = Ending::timed_out}); }
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

Status ServerReplay::open(cli::ConnectPlan plan) {
  SIO_TRY(session_, cli::Session::create(options_.connect, std::move(plan), talk_, *this, *this,
                                         {.time_limit = options_.connect.timeout}));
  cli::PrinterOptions printing = options_.output.printer;
  printing.color = cli::wants_color(options_.connect, STDOUT_FILENO);
  SIO_TRY(printer_, cli::Printer::open(session_->loop(), STDOUT_FILENO, printing, *this));
  events_.emplace(*printer_, talk_, clock_, false);
  cli::PlayerEvents& player_events = *this;
  player_.emplace(session_->loop(), *printer_, player_events, options_.player);
  cli::ProgressSource& source = *this;
  if (::isatty(STDOUT_FILENO) == 0) progress_.emplace(session_->loop(), talk_, source);
  return {};
}

client::Outcome ServerReplay::run() {
  client::Outcome outcome = session_->run();
  progress_.reset();
  if (outcome.ending == Ending::signalled || outcome.ending == Ending::reader_gone) return outcome;
  if (const Status status = printer_->flush(); !status)
    return output_problem(status.error(), false);
  return outcome;
}

void ServerReplay::on_joined(const client::Joined& joined) {
  const bool is_sio = joined.welcome != nullptr;
  if (!is_sio || !joined.welcome->can(options_.group.empty() ? "since" : "group"))
    return session_->finish(
        {.ending = Ending::usage,
         .message = is_sio ? "this server keeps no queue" : "this is not a sio server",
         .hint = is_sio ? "sio serve --store DIR does" : "sio serve has a queue"});
  newest_ = joined.welcome->last;
  events_->joined(joined, {});
}

void ServerReplay::on_event(const client::ReceivedEvent& event) {
  if (session_->finishing()) return;
  const cli::EventRecord record = events_->record_of(event);
  if (first_.empty()) first_ = record.id;
  last_ = record.id;
  if (!options_.output.match.matches(record.args)) return;
  player_->play(record);
  pause_if_full();
}

// Of the queue, by the numbers of its records; with --until the end is not known.
cli::ProgressState ServerReplay::progress() {
  const auto first = proto::parse_record_id(first_);
  const auto last = proto::parse_record_id(last_);
  const auto newest = proto::parse_record_id(newest_);
  std::optional<double> share;
  if (first && last && newest && newest->seq > first->seq &&
      options_.selection.until.kind == proto::Position::Kind::now)
    share =
        static_cast<double>(last->seq - first->seq) / static_cast<double>(newest->seq - first->seq);
  return progress_of(*player_, *printer_, options_, share);
}

void ServerReplay::on_past_end(std::string_view ns) {
  ended_.emplace(ns);
  end_if_all_ended();
}

void ServerReplay::on_refused(const Refusal& refusal) {
  ended_.erase(std::string(refusal.ns));
  events_->refused(refusal, session_->client().namespaces_left() == 0);
  end_if_all_ended();
}

void ServerReplay::end_if_all_ended() {
  const std::size_t left = session_->client().namespaces_left();
  if (left > 0 && ended_.size() >= left) player_->end();
}

// From a recording or a store: no server.
class InputReplay final : private cli::PrinterEvents,
                          private cli::PlayerEvents,
                          private cli::LineFeedEvents,
                          private store::Visitor,
                          private cli::ProgressSource,
                          private net::SignalHandler,
                          private net::Timer::Handler {
 public:
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
    finish({.ending = failed_ > 0 ? Ending::work_failed : Ending::done});
  }
  void on_signal(int signal_number) override;
  void on_timer(net::Timer&) override { finish({.ending = Ending::timed_out}); }
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

// How far the reading is: the printing follows it closely.
cli::ProgressState InputReplay::progress() {
  std::optional<double> share;
  if (store_ != nullptr && store_->bounds().next > first_)
    share =
        static_cast<double>(next_ - first_) / static_cast<double>(store_->bounds().next - first_);
  else if (input_size_ > 0)
    share = static_cast<double>(::lseek(fd_, 0, SEEK_CUR)) / static_cast<double>(input_size_);
  return progress_of(*player_, *printer_, options_, share);
}

client::Outcome InputReplay::run() {
  if (const Status status = open(); !status)
    return {.ending = status.error().code == Errc::usage ? Ending::usage : Ending::work_failed,
            .message = status.error().message};
  if (options_.connect.timeout) limit_->arm_in(*options_.connect.timeout);
  if (store_ != nullptr) loop_->post([this] { read_store(); });
  cli::ProgressSource& source = *this;
  if (::isatty(STDOUT_FILENO) == 0) progress_.emplace(*loop_, talk_, source);
  if (!outcome_) loop_->run();
  progress_.reset();
  client::Outcome outcome = outcome_.value_or(client::Outcome{});
  if (outcome.ending != Ending::signalled && outcome.ending != Ending::reader_gone)
    if (const Status status = printer_->flush(); !status)
      outcome = output_problem(status.error(), false);
  if (fd_ > STDERR_FILENO) {
    feed_.reset();
    ::close(fd_);
  }
  return outcome;
}

Status InputReplay::open() {
  std::signal(SIGPIPE, SIG_IGN);
  SIO_TRY(loop_, net::Loop::create({}));
  SIO_TRY_STATUS(loop_->watch_signal(SIGINT, *this));
  SIO_TRY_STATUS(loop_->watch_signal(SIGTERM, *this));
  net::Timer::Handler& timer_handler = *this;
  limit_.emplace(*loop_, timer_handler);
  cli::PrinterOptions printing = options_.output.printer;
  printing.color = cli::wants_color(options_.connect, STDOUT_FILENO);
  SIO_TRY(printer_, cli::Printer::open(*loop_, STDOUT_FILENO, printing, *this));
  cli::PlayerEvents& player_events = *this;
  player_.emplace(*loop_, *printer_, player_events, options_.player);
  struct stat about {};
  const bool is_directory = options_.input != "-" && ::stat(options_.input.c_str(), &about) == 0 &&
                            S_ISDIR(about.st_mode);
  return is_directory ? open_store() : open_recording();
}

Status InputReplay::open_recording() {
  fd_ = STDIN_FILENO;
  if (options_.input != "-") fd_ = ::open(options_.input.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0)
    return fail(Errc::usage, fmt::format("--input {}: {}", options_.input, std::strerror(errno)));
  SIO_TRY(feed_, cli::LineFeed::open(*loop_, fd_, cli::LineFeed::Unit::line, *this));
  struct stat about {};
  if (::fstat(fd_, &about) == 0 && S_ISREG(about.st_mode)) input_size_ = about.st_size;
  return {};
}

Status InputReplay::open_store() {
  SIO_TRY(store_, store::ReadOnlyStore::open(fs_, options_.input));
  reader_.emplace(store_->name());
  for (const std::string& room : options_.rooms) room_filter_.emplace_back(room);
  // Plain names let the store leave out whole segments.
  const bool plain = std::ranges::all_of(options_.events, [](const std::string& event) {
    return event.find_first_of("*?[\\") == std::string::npos;
  });
  if (plain) event_filter_.assign(options_.events.begin(), options_.events.end());
  SIO_TRY_STATUS(check_store("--since", options_.selection.since));
  SIO_TRY_STATUS(check_store("--until", options_.selection.until));
  first_ = next_ = first_of(options_.selection.since);
  return {};
}

Status InputReplay::check_store(std::string_view option, const proto::Position& position) const {
  const std::string& named = position.record.store;
  if (named.empty() || named == store_->name()) return {};
  return fail(Errc::usage, fmt::format("{} {}: this is store {}", option,
                                       cli::format_position(position), store_->name()));
}

store::Seq InputReplay::first_of(const proto::Position& since) {
  using Kind = proto::Position::Kind;
  const store::Bounds bounds = store_->bounds();
  switch (since.kind) {
    case Kind::all:
      return bounds.first;
    case Kind::now:
      return bounds.next;
    case Kind::time:
      return store_->find_time(since.time_ms);
    case Kind::record:
      break;
  }
  const store::Seq first = since.record.seq + 1;
  if (first < bounds.first) on_gap(first, bounds.first);
  return first;
}

void InputReplay::read_store() {
  if (outcome_ || reading_) return;
  reading_ = true;
  const std::size_t namespaces = options_.selection.namespaces.size();
  const store::Filter filter{.ns = namespaces == 1
                                       ? std::string_view(options_.selection.namespaces.front())
                                       : std::string_view(),
                             .rooms = room_filter_,
                             .all_rooms = room_filter_.empty(),
                             .events = event_filter_};
  const auto next = store_->read(next_, filter, kRecordsAtOnce, *this);
  reading_ = false;
  if (!next) return finish({.ending = Ending::work_failed, .message = next.error().message});
  next_ = *next;
  if (outcome_) return;
  if (next_ >= store_->bounds().next) return player_->end();
  if (player_->wants_more()) loop_->post([this] { read_store(); });
}

bool InputReplay::on_record(const store::Record& record) {
  if (!player_->wants_more()) return false;
  if (!options_.selection.names_match(record.ns, record.event)) return true;
  const auto shown = reader_->read(record);
  if (!shown) {
    ++failed_;
    talk_.error(shown.error().message);
    return true;
  }
  if (!options_.selection.is_between(shown->id, record.time_ms)) return true;
  if (options_.output.match.matches(shown->args)) player_->play(*shown);
  return true;
}

void InputReplay::on_gap(store::Seq first, store::Seq next) {
  ++failed_;
  talk_.error(fmt::format("{} to {} are lost", proto::format_record_id(store_->name(), first),
                          proto::format_record_id(store_->name(), next - 1)));
}

void InputReplay::on_player_ready() {
  if (outcome_) return;
  if (feed_ != nullptr) return feed_->resume();
  loop_->post([this] { read_store(); });
}

// The time of a recorded event; 0 if it has none.
std::int64_t time_of(const cli::InputRecord& record) {
  if (record.time.empty() || proto::json_kind(record.time) != proto::JsonKind::string) return 0;
  return proto::parse_wire_time(proto::json_unescape(record.time)).value_or(0);
}

bool InputReplay::on_line(std::string_view line, std::uint64_t number) {
  if (outcome_) return false;
  const auto record = cli::parse_input_record(line);
  if (!record) {
    on_bad_line(number, record.error());
    return true;
  }
  if (record->kind != cli::InputRecord::Kind::event) return true;
  const std::int64_t time_ms = time_of(*record);
  if (!options_.selection.wants(*record, time_ms)) return true;
  if (!options_.output.match.matches(record->args)) return true;
  player_->play({.time_ms = time_ms,
                 .ns = record->ns.empty() ? std::string_view("/") : record->ns,
                 .event_json = record->event_json,
                 .args = record->args,
                 .id = record->id,
                 .rooms = record->rooms,
                 .from = record->from,
                 .delivery = record->delivery,
                 .group = record->group},
                line);
  return player_->wants_more();
}

void InputReplay::on_bad_line(std::uint64_t number, const Error& error) {
  ++failed_;
  talk_.error(fmt::format("line {}: {}", number, error.message));
}

void InputReplay::on_input_end(const Status& status) {
  if (!status) {
    ++failed_;
    talk_.error(fmt::format("--input {}: {}", options_.input, status.error().message));
  }
  player_->end();
}

void InputReplay::on_signal(int signal_number) {
  finish({.ending = Ending::signalled, .signal_number = signal_number});
}

void InputReplay::finish(client::Outcome outcome) {
  if (!outcome_) outcome_ = std::move(outcome);
  loop_->stop();
}

// The options.

Status read_speed(const std::string& text, double& speed) {
  char* end = nullptr;
  speed = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(speed >= 0 && speed <= 1e9))
    return fail(Errc::usage, "expected a number from 0 on");
  return {};
}

void describe(cli::CommandLine& line, Options& options) {
  line.heading("The events");
  line.option("--input", "FILE|DIR|-", options.input,
              "a recording (- is stdin) or a store's directory, which a server may be writing");
  line.option("--since", "WHEN", options.since,
              "from then on: all, #ID (behind it), 10m, 14:05, 2026-01-31, @UNIX [all]");
  line.option("--until", "WHEN", options.until, "up to then; #ID is included [now]");
  line.suggest("--since", cli::usual_points_in_time());
  line.suggest("--until", cli::usual_points_in_time());
  line.count("--tail", "N", options.player.tail, "only the newest N");
  line.option("-g,--group", "G", options.group,
              "what group G has not acknowledged yet; takes nothing");
  line.option("-r,--room", "ROOM", options.rooms,
              "to this room, or to the whole namespace; repeatable [any room]");
  cli::add_match_option(line, options.output);
  line.count("-c,--count", "N", options.player.count, "stop after N events");
  line.heading("The output");
  cli::add_output_options(line, options.output);
  line.option(
      "--speed", "X",
      [&options](const std::string& text) { return read_speed(text, options.player.pace.speed); },
      "recorded timing times X; 1 is as it was [0: as fast as possible]");
  line.count("--rate", "N", options.player.pace.rate, "instead, N events per second");
  line.duration("--max-gap", options.player.pace.longest_pause, "cut longer pauses to this");
}

Result<proto::Position> position_of(std::string_view name, const std::string& text,
                                    proto::Position fallback) {
  if (text.empty()) return fallback;
  auto position = cli::parse_when(text, SystemClock().wall_ms());
  if (!position) return fail_in(name, position.error());
  return position;
}

Status check(Options& options) {
  using Kind = proto::Position::Kind;
  for (const std::string& room : options.rooms) SIO_TRY_STATUS(cli::check_room_name(room));
  if (options.player.pace.rate && options.player.pace.speed > 0)
    return fail(Errc::usage, "--rate and --speed: one of them");
  if (!options.group.empty() && !options.input.empty())
    return fail(Errc::usage, "--group and --input: a server knows its groups");
  if (!options.group.empty() && (!options.since.empty() || !options.until.empty()))
    return fail(Errc::usage, "--group: its position is what counts, not --since or --until");
  cli::Selection& selection = options.selection;
  SIO_TRY(selection.since, position_of("--since", options.since, {.kind = Kind::all}));
  SIO_TRY(selection.until, position_of("--until", options.until, {.kind = Kind::now}));
  for (const std::string& ns : options.connect.namespaces)
    selection.namespaces.push_back(cli::namespace_name(ns));
  selection.events = options.events;
  selection.rooms = options.rooms;
  return {};
}

// What the server is asked for. The newest ones are counted there, unless only we know which count.
void plan_hello(client::ClientOptions& plan, Options& options) {
  proto::Hello& hello = plan.hello;
  hello.meta = true;
  hello.events = options.events;
  hello.rooms = options.rooms;
  hello.all_rooms = options.rooms.empty();
  if (!options.group.empty()) {
    hello.inspect = options.group;
    plan.reconnect = false;  // it would begin again
    return;
  }
  hello.since = cli::format_position(options.selection.since);
  hello.until = cli::format_position(options.selection.until);
  if (options.output.match.empty()) std::swap(hello.tail, options.player.tail);
}

int replay_from_server(Options& options, cli::CommandLine& line) {
  auto plan = cli::plan_connection(options.connect);
  if (!plan) return line.complain(plan.error().message);
  plan_hello(plan->client, options);
  cli::Talk talk("replay", cli::talk_options(options.connect));
  ServerReplay replay(options, talk);
  if (const Status status = replay.open(std::move(*plan)); !status) {
    talk.error(status.error().message);
    return cli::kUsageStatus;
  }
  return cli::conclude(replay.run(), talk);
}

}  // namespace

int replay_main(const cli::Arguments& arguments) {
  Options options;
  cli::CommandLine line("replay", std::string(kAbout));
  describe(line, options);
  cli::add_connect_options(line, options.connect, "stop after this time [never]");
  if (const auto status = line.parse(arguments)) return *status;
  if (!options.input.empty() && line.given("--server"))
    return line.complain("--input and a server: one of them");
  options.events = line.operands();
  if (const Status status = check(options); !status) return line.complain(status.error().message);
  if (options.input.empty()) return replay_from_server(options, line);

  cli::Talk talk("replay", cli::talk_options(options.connect));
  InputReplay replay(options, talk);
  return cli::conclude(replay.run(), talk);
}

}  // namespace sio::cmd
