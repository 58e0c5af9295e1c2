// sio join: stdin to the rooms, the rooms to stdout.

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "applets.h"
#include "base/clock.h"
#include "base/random_id.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/event_builder.h"
#include "cli/event_printer.h"
#include "cli/exit_code.h"
#include "cli/line_editor.h"
#include "cli/line_history.h"
#include "cli/output_options.h"
#include "cli/printer.h"
#include "cli/sender.h"
#include "cli/session.h"
#include "proto/attachments.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"

namespace sio::cmd {
namespace {

using client::Ending;

constexpr std::string_view kAbout =
    "usage: sio join [options] [URL] ROOM... [-]\n"
    "\n"
    "Two-way: each line of stdin goes to the rooms as an event, and what is said there is printed\n"
    "as listen prints it. With `-`, stdin carries records instead of lines. The end of stdin ends\n"
    "the sending, not the receiving. On a terminal lines are edited, and remembered.";

// Long enough that two never meet.
constexpr std::size_t kPublisherName = 12;

struct Options {
  cli::ConnectOptions connect;
  cli::SenderOptions sender;
  std::string join_event = "join";
  bool lifecycle = false;
  bool strict = false;
  bool is_interactive = false;  // lines are typed, and edited
  cli::PrinterOptions printer;
};

// A room's name, if it fits a line and has nothing in it that a terminal might take for a command.
std::string prompt_for(const std::vector<std::string>& rooms) {
  constexpr std::size_t kLongest = 24;
  const bool fits = rooms.size() == 1 && rooms.front().size() <= kLongest &&
                    std::ranges::all_of(rooms.front(), [](char c) { return c > ' ' && c < 0x7f; });
  return (fits ? rooms.front() : std::string()) + "> ";
}

class Participant final : private client::ClientEvents,
                          private cli::SenderEvents,
                          private cli::PrinterEvents,
                          private cli::SessionOwner,
                          private cli::LineFeed::Source,
                          private cli::LineEditorOwner,
                          private cli::Screen,
                          private net::SignalHandler {
 public:
  explicit Participant(cli::Talk& talk) : talk_(talk) {}
  ~Participant() override { talk_.set_screen(nullptr); }

  Status open(const Options& options, cli::ConnectPlan plan);
  client::Outcome run();

 private:
  void on_joined(const client::Joined& joined) override;
  void on_event(const client::ReceivedEvent& event) override;
  void on_ack(const client::ReceivedAck& ack) override { sender_->acknowledged(ack); }
  void on_gap(const client::Gap& gap) override;
  void on_lost(const client::Lost& lost) override;
  void on_retry(std::uint64_t attempt) override { printer_events_->retry(attempt); }
  void on_heartbeat() override { printer_events_->heartbeat(); }
  void on_pong() override { sender_->ponged(); }
  void on_refused(const ClientEvents::Refusal& refusal) override;
  void on_ended(const client::Outcome& outcome) override { session_->ended(outcome); }
  void on_all_settled() override {}
  bool on_ack_record(const cli::InputRecord& record) override;
  void on_output_full() override;
  void on_output_ready() override;
  void on_output_broken(const Error& error, bool reader_gone) override;
  void on_time_up() override { session_->finish(sender_->outcome()); }

  // On a terminal.
  Status watch_terminal(cli::SenderOptions& sender);
  Result<std::unique_ptr<net::FdSource>> open(net::FdSourceEvents& events) override;
  bool has_shown_all() const override { return printer_->taken() == printer_->printed(); }
  void make_room() override;
  void on_print(std::string_view bytes) override;
  void on_signal(int signal_number) override;

  cli::Talk& talk_;
  SystemClock clock_;
  std::string ns_;
  std::vector<std::string> rooms_;
  std::unique_ptr<cli::Session> session_;
  std::unique_ptr<cli::Sender> sender_;
  std::unique_ptr<cli::Printer> printer_;
  std::optional<cli::EventPrinter> printer_events_;
  cli::LineEditor* editor_ = nullptr;  // the sender's source
  cli::LineEditorOptions editor_options_;
  std::map<std::string, std::set<std::uint64_t>, std::less<>> asked_;  // acks that we owe
  bool output_full_ = false;
  bool strict_ = false;
  bool told_foreign_ = false;
};

Status Participant::open(const Options& options, cli::ConnectPlan plan) {
  plan.client.hello.meta = true;
  plan.client.hello.rooms = options.sender.common.rooms;
  plan.client.hello.publisher = options.sender.publisher;
  plan.client.join_event = options.join_event;
  ns_ = options.sender.common.ns;
  rooms_ = options.sender.common.rooms;
  strict_ = options.strict;
  SIO_TRY(session_, cli::Session::create(options.connect, std::move(plan), talk_, *this, *this,
                                         {.time_limit = options.connect.timeout}));
  cli::SenderOptions sender = options.sender;
  if (options.is_interactive) SIO_TRY_STATUS(watch_terminal(sender));
  cli::SenderEvents& self = *this;
  sender_ = std::make_unique<cli::Sender>(*session_, talk_, std::move(sender), self);
  SIO_TRY(printer_, cli::Printer::open(session_->loop(), STDOUT_FILENO, options.printer, *this));
  printer_events_.emplace(*printer_, talk_, clock_, options.lifecycle);
  return {};
}

client::Outcome Participant::run() {
  client::Outcome outcome = session_->run();
  if (editor_ != nullptr) editor_->leave();
  if (outcome.ending == Ending::signalled || outcome.ending == Ending::reader_gone) return outcome;
  printer_events_->ended(outcome);
  if (const Status status = printer_->flush(); !status)
    return {.ending = Ending::work_failed, .message = "stdout: " + status.error().message};
  return outcome;
}

// --- On a terminal

Status Participant::watch_terminal(cli::SenderOptions& sender) {
  editor_options_ = {.prompt = prompt_for(sender.common.rooms),
                     .history = cli::history_path(),
                     .delimiter = sender.delimiter};
  sender.source = this;
  net::SignalHandler& handler = *this;
  for (const int number : {SIGHUP, SIGQUIT})
    SIO_TRY_STATUS(session_->loop().watch_signal(number, handler));
  return {};
}

Result<std::unique_ptr<net::FdSource>> Participant::open(net::FdSourceEvents& events) {
  SIO_TRY(auto editor, cli::LineEditor::open(session_->loop(), editor_options_, events, *this));
  editor_ = editor.get();
  talk_.set_screen(this);
  return editor;
}

void Participant::make_room() {
  if (editor_ != nullptr) editor_->make_room();
}

void Participant::on_print(std::string_view bytes) {
  if (editor_ != nullptr) editor_->make_room_for(bytes);
}

// What would leave the terminal as it is.
void Participant::on_signal(int signal_number) {
  session_->finish({.ending = Ending::signalled, .signal_number = signal_number});
}

// --- Events

void Participant::on_joined(const client::Joined& joined) {
  if (joined.welcome == nullptr && !std::exchange(told_foreign_, true))
    talk_.warn(
        "this server does not let clients address rooms: its application decides who gets the "
        "lines");
  printer_events_->joined(joined, rooms_);
  if (output_full_) session_->client().pause();
  sender_->joined(joined);
}

void Participant::on_event(const client::ReceivedEvent& event) {
  if (session_->finishing()) return;
  printer_events_->event(event);
  if (!event.packet->ack_id) return;
  auto& owed = asked_[std::string(event.packet->ns)];
  if (owed.size() < proto::kMaxPendingAcks) owed.insert(*event.packet->ack_id);
}

bool Participant::on_ack_record(const cli::InputRecord& record) {
  const std::string ns = record.ns.empty() ? ns_ : cli::namespace_name(record.ns);
  const auto owed = asked_.find(ns);
  if (owed == asked_.end() || owed->second.erase(record.ack) == 0) return false;
  auto wire = proto::to_wire_args(record.args);
  if (!wire) return false;
  session_->client().send_text(
      proto::encode_ack(ns, record.ack, wire->args, wire->attachments.size()));
  for (const std::string& bytes : wire->attachments) session_->client().send_binary(bytes);
  return true;
}

void Participant::on_gap(const client::Gap& gap) {
  printer_events_->gap(gap);
  if (strict_) session_->finish({.ending = Ending::gap});
}

void Participant::on_lost(const client::Lost& lost) {
  asked_.clear();
  printer_events_->lost(lost);
  sender_->lost(lost);
}

void Participant::on_refused(const ClientEvents::Refusal& refusal) {
  const bool last = session_->client().namespaces_left() == 0;
  printer_events_->refused(refusal, last);
  sender_->refused(refusal);
}

void Participant::on_output_full() {
  output_full_ = true;
  session_->client().pause();
}

void Participant::on_output_ready() {
  output_full_ = false;
  session_->client().resume();
}

void Participant::on_output_broken(const Error& error, bool reader_gone) {
  if (reader_gone) return session_->finish({.ending = Ending::reader_gone});
  session_->finish({.ending = Ending::work_failed, .message = "stdout: " + error.message});
}

Status understand(cli::SenderOptions& options, cli::CommandLine& line) {
  options.input = line.take_dash() ? cli::Input::records : cli::Input::lines;
  options.common.rooms = line.operands();
  if (options.common.rooms.empty()) return fail(Errc::usage, "which ROOM? As in `sio join lobby`");
  if (options.common.rooms.size() > proto::kMaxRoomsPerEvent)
    return fail(Errc::usage, fmt::format("more than {} rooms", proto::kMaxRoomsPerEvent));
  for (const std::string& room : options.common.rooms) SIO_TRY_STATUS(cli::check_room_name(room));
  return cli::check_event_name(options.common.event);
}

}  // namespace

int join_main(const cli::Arguments& arguments) {
  Options options;
  bool string = false;
  cli::OutputOptions output;
  options.sender.common.event = "message";
  options.sender.rooms_need_sio = false;
  cli::CommandLine line("join", std::string(kAbout));
  line.heading("The rooms");
  line.option("-e,--event", "NAME", options.sender.common.event,
              "the event that a line is sent as [message]");
  line.flag("-S,--string", string, "every line is a string, whatever it looks like");
  line.option("-J,--join-event", "NAME", options.join_event,
              "the event that joins a room on servers other than sio [join]");
  line.flag("-L,--lifecycle", options.lifecycle,
            "also print records of connect, disconnect, reconnect, ping, join, gap, error ...");
  line.flag("--strict", options.strict, "leave with 8 when events are known to be lost");
  cli::add_output_options(line, output);
  cli::add_connect_options(line, options.connect, "stop after this time [never]");
  if (const auto status = line.parse(arguments)) return *status;
  if (string) options.sender.common.mode = cli::ArgumentMode::string;

  if (const Status status = understand(options.sender, line); !status)
    return line.complain(status.error().message);
  auto plan = cli::plan_connection(options.connect);
  if (!plan) return line.complain(plan.error().message);
  if (plan->client.namespaces.size() > 1)
    return line.complain("rooms are in one namespace: give --ns once");
  options.sender.common.ns = plan->client.namespaces.front();
  options.sender.publisher = random_name(kPublisherName);
  options.printer = output.printer;
  options.printer.color = cli::wants_color(options.connect, STDOUT_FILENO);
  if (options.printer.null) options.sender.delimiter = '\0';
  options.is_interactive =
      options.sender.input == cli::Input::lines && cli::LineEditor::is_possible();
  if (options.lifecycle && options.printer.format)
    return line.complain("--format prints events only: leave out --lifecycle");

  cli::Talk talk("join", cli::talk_options(options.connect));
  Participant participant(talk);
  if (const Status status = participant.open(options, std::move(*plan)); !status) {
    talk.error(status.error().message);
    return cli::kUsageStatus;
  }
  return cli::conclude(participant.run(), talk);
}

}  // namespace sio::cmd
