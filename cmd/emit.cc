// sio emit: publish events, and leave with 0 only when the server has taken every one.

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "applets.h"
#include "base/random_id.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/event_builder.h"
#include "cli/exit_code.h"
#include "cli/file_text.h"
#include "cli/payload.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "cli/record_json.h"
#include "cli/sender.h"
#include "cli/session.h"
#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/sio_extension.h"

namespace sio::cmd {
namespace {

using client::Ending;

constexpr std::string_view kAbout =
    "usage: sio emit [options] [URL] EVENT [ARG...] [-]   one event; `-` is all of stdin\n"
    "       sio emit -l [options] [URL] EVENT [ARG...]    one event per line of stdin\n"
    "       sio emit [options] [URL] -                    records on stdin, as listen prints them\n"
    "\n"
    "Publishes events. ARG is JSON if it parses as JSON, else a string. Leaves with 0 when the\n"
    "server has taken every event.";

// Long enough that two never meet.
constexpr std::size_t kPublisherName = 12;
constexpr Duration kForever = std::chrono::hours(24 * 36500);

struct Options {
  cli::ConnectOptions connect;
  cli::SenderOptions sender;
};

class Emitter final : private client::ClientEvents,
                      private cli::SenderEvents,
                      private cli::PrinterEvents,
                      private cli::ProgressSource,
                      private cli::SessionOwner {
 public:
  explicit Emitter(cli::Talk& talk) : talk_(talk) {}

  Status open(const Options& options, cli::ConnectPlan plan);
  client::Outcome run();

 private:
  void on_joined(const client::Joined& joined) override { sender_->joined(joined); }
  void on_ack(const client::ReceivedAck& ack) override { sender_->acknowledged(ack); }
  void on_lost(const client::Lost& lost) override;
  void on_pong() override { sender_->ponged(); }
  void on_refused(const ClientEvents::Refusal& refusal) override { sender_->refused(refusal); }
  void on_ended(const client::Outcome& outcome) override { session_->ended(outcome); }
  void on_all_settled() override;
  void on_answer(const client::Answer& answer) override;
  void on_output_broken(const Error& error, bool reader_gone) override;
  void on_time_up() override {}
  cli::ProgressState progress() override;

  cli::Talk& talk_;
  std::unique_ptr<cli::Session> session_;
  std::unique_ptr<cli::Sender> sender_;
  std::unique_ptr<cli::Printer> printer_;  // with --ack
  std::string spool_directory_;
  std::optional<cli::Progress> progress_;
};

Status Emitter::open(const Options& options, cli::ConnectPlan plan) {
  // Nothing that others say is of interest: a sio server need not send it.
  plan.client.hello.events = {""};
  plan.client.hello.publisher = options.sender.publisher;
  spool_directory_ = options.sender.spool;
  // With a spool nobody waits for the server; it is tried as long as this runs.
  if (!spool_directory_.empty()) plan.client.first_wait = kForever;
  SIO_TRY(session_,
          cli::Session::create(options.connect, std::move(plan), talk_, *this, *this, {}));
  cli::SenderEvents& self = *this;
  sender_ = std::make_unique<cli::Sender>(*session_, talk_, options.sender, self);
  // Answers on the same terminal show as well how far this is.
  cli::ProgressSource& source = *this;
  if (!options.sender.wait_for_acks || ::isatty(STDOUT_FILENO) == 0)
    progress_.emplace(session_->loop(), talk_, source);
  if (!options.sender.wait_for_acks) return {};
  SIO_TRY(printer_,
          cli::Printer::open(session_->loop(), STDOUT_FILENO,
                             {.color = cli::wants_color(options.connect, STDOUT_FILENO)}, *this));
  return {};
}

client::Outcome Emitter::run() {
  const client::Outcome outcome = session_->run();
  progress_.reset();
  if (sender_->is_away() && outcome.ending == Ending::done)
    talk_.warn(fmt::format("the server is away: {} {} in {} for a later run", sender_->spooled(),
                           sender_->spooled() == 1 ? "event waits" : "events wait",
                           spool_directory_));
  if (const std::size_t open = sender_->in_flight(); open > 0)
    talk_.warn(fmt::format("{} {} had no receipt yet", open, open == 1 ? "event" : "events"));
  return outcome;
}

cli::ProgressState Emitter::progress() {
  if (sender_->is_away())
    return {.count = sender_->spooled(),
            .things = "events in the spool",
            .remark = "the server is away"};
  return {.count = sender_->confirmed()};
}

void Emitter::on_lost(const client::Lost& lost) {
  sender_->lost(lost);
  if (lost.was_connected && !session_->finishing()) talk_.warn(cli::describe(lost));
}

void Emitter::on_answer(const client::Answer& answer) {
  const std::string event_json = proto::json_string(answer.event);
  static const std::vector<std::string> kNone;
  const std::string args = proto::to_ndjson_args(
      answer.args, answer.attachments == nullptr ? kNone : *answer.attachments);
  const std::string id = proto::parse_receipt(answer.args).value_or("");
  printer_->print(
      cli::AckRecord{.event_json = event_json,
                     .args = args,
                     .id = id,
                     .ms = std::chrono::duration<double, std::milli>(answer.round_trip).count()});
}

void Emitter::on_all_settled() {
  client::Outcome outcome = sender_->outcome();
  if (printer_ != nullptr)
    if (const Status status = printer_->flush(); !status)
      outcome = {.ending = Ending::work_failed, .message = "stdout: " + status.error().message};
  session_->finish(outcome);
}

void Emitter::on_output_broken(const Error& error, bool reader_gone) {
  if (reader_gone) return session_->finish({.ending = Ending::reader_gone});
  session_->finish({.ending = Ending::work_failed, .message = "stdout: " + error.message});
}

// The options.

Status read_arguments(cli::SenderOptions& options, const std::vector<std::string>& operands,
                      const std::vector<std::string>& files) {
  for (std::size_t i = 1; i < operands.size(); ++i)
    if (const Status status =
            cli::append_argument(options.common.args, operands[i], options.common.mode);
        !status)
      return fail_in(fmt::format("argument {}", i), status.error());
  for (const std::string& path : files) {
    SIO_TRY(const std::string bytes, cli::read_file(path, proto::kMaxLine));
    cli::append_binary_argument(options.common.args, bytes);
  }
  SIO_TRY_STATUS(proto::to_wire_args(options.common.args).map([](const auto&) {}));
  return {};
}

Status understand(cli::SenderOptions& options, cli::CommandLine& line, bool lines,
                  const std::vector<std::string>& files) {
  const bool dash = line.take_dash();
  const std::vector<std::string>& operands = line.operands();
  if (dash && lines) return fail(Errc::usage, "-l reads stdin already: leave out the `-`");
  for (const std::string& room : options.common.rooms) SIO_TRY_STATUS(cli::check_room_name(room));
  if (operands.empty()) {
    if (!dash)
      return fail(Errc::usage, "which EVENT? As in `sio emit hello`; `-` reads records from stdin");
    if (!files.empty()) return fail(Errc::usage, "--file goes with an EVENT, not with records");
    options.input = cli::Input::records;
    return {};
  }
  SIO_TRY_STATUS(cli::check_event_name(operands[0]));
  options.common.event = operands[0];
  if (lines) options.input = cli::Input::lines;
  if (dash) options.input = cli::Input::everything;
  return read_arguments(options, operands, files);
}

// Options that do not go together.
Status check(const Options& options) {
  const cli::SenderOptions& sender = options.sender;
  if (!sender.key.empty() && sender.input == cli::Input::records)
    return fail(Errc::usage, "--id goes with an EVENT: records carry ids of their own");
  if (sender.key.size() > proto::kMaxRoomName - 21)
    return fail(Errc::usage, "--id: a key of more than 491 bytes; a hash of it is as good");
  if (sender.spool.empty()) return {};
  if (sender.wait_for_acks)
    return fail(Errc::usage, "--spool and --ack: an event in the spool has no ack to wait for");
  if (options.connect.no_reconnect)
    return fail(Errc::usage, "--spool and --no-reconnect: events would never leave the spool");
  return {};
}

}  // namespace

int emit_main(const cli::Arguments& arguments) {
  Options options;
  bool lines = false;
  bool string = false;
  bool null = false;
  std::vector<std::string> files;
  cli::CommandLine line("emit", std::string(kAbout));
  line.heading("The events");
  line.flag("-l,--lines", lines, "one event per line of stdin; the line is the last argument");
  line.flag("-S,--string", string, "every ARG and line is a string, whatever it looks like");
  line.option("-f,--file", "FILE", files, "the file's bytes as a binary argument; repeatable");
  line.option("-r,--room", "ROOM", options.sender.common.rooms,
              "only to this room; repeatable (sio server)");
  line.flag("-a,--ack", options.sender.wait_for_acks, "wait for each event's ack and print it");
  line.flag("-0,--null", null, "NUL, not a newline, ends a line of input");
  line.option(
      "--id", "KEY", options.sender.key,
      "a sio server publishes one event of this key (with -l: and line); else a random key each");
  line.option(
      "--retries", "N",
      [&options](const std::string& text) -> Status {
        SIO_TRY(options.sender.retries, cli::parse_count(text, 0));
        return {};
      },
      "send again, N times, what has no ack after --timeout [0]");
  line.count("--rate", "N", options.sender.rate, "at most N events per second");
  line.option(
      "--spool", "DIR", options.sender.spool,
      "keep events here while the server is away, and leave with 0; a later run sends them first");
  cli::add_connect_options(line, options.connect, "time for each receipt or ack [10s]");
  if (const auto status = line.parse(arguments)) return *status;
  if (string) options.sender.common.mode = cli::ArgumentMode::string;
  if (null) options.sender.delimiter = '\0';
  options.sender.publisher = random_name(kPublisherName);

  if (const Status status = understand(options.sender, line, lines, files); !status)
    return line.complain(status.error().message);
  if (const Status status = check(options); !status) return line.complain(status.error().message);
  auto plan = cli::plan_connection(options.connect);
  if (!plan) return line.complain(plan.error().message);
  if (plan->client.namespaces.size() > 1)
    return line.complain("an event goes to one namespace: give --ns once");
  options.sender.common.ns = plan->client.namespaces.front();
  options.sender.patience = options.connect.timeout;
  options.sender.away_after = options.connect.wait.value_or(Duration::zero());

  cli::Talk talk("emit", cli::talk_options(options.connect));
  Emitter emitter(talk);
  if (const Status status = emitter.open(options, std::move(*plan)); !status) {
    talk.error(status.error().message);
    return cli::kUsageStatus;
  }
  return cli::conclude(emitter.run(), talk);
}

}  // namespace sio::cmd
