#include "replay/server_replay.h"

#include <unistd.h>

#include <string_view>
#include <utility>

#include "cli/units.h"
#include "proto/sio_extension.h"

namespace sio::cmd::replay {

using client::Ending;

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

}  // namespace sio::cmd::replay
