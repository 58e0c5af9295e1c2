#include "cli/sender.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "client/diagnosis.h"
#include "proto/limits.h"

namespace sio::cli {
namespace {

using client::Ending;

// Frames that are built before they are written.
constexpr std::size_t kFramesAtOnce = 1u << 20;
// How far --rate may run behind before it no longer catches up.
constexpr Duration kRateSlack = std::chrono::milliseconds(20);

client::PublisherOptions publisher_options(const SenderOptions& options) {
  client::PublisherOptions limits;
  limits.wait_for_acks = options.wait_for_acks;
  limits.patience = options.patience.value_or(limits.patience);
  limits.retries = options.retries;
  limits.name = options.publisher;
  return limits;
}

}  // namespace

Sender::Sender(Session& session, const Talk& talk, SenderOptions options, SenderEvents& events)
    : session_(session),
      talk_(talk),
      options_(std::move(options)),
      events_(events),
      builder_(options_.common),
      publisher_(session.client(), *this, publisher_options(options_)),
      deadline_(session.loop(), *this),
      pace_(session.loop(), *this) {
  if (options_.spool.empty()) return;
  SpoolerEvents& self = *this;
  spooler_.emplace(session.loop(), options_.spool, publisher_, options_.publisher, self);
  away_at_ = session.loop().now() + options_.away_after;
}

void Sender::joined(const client::Joined& joined) {
  const bool is_sio = joined.welcome != nullptr;
  if (!is_sio && options_.rooms_need_sio && !options_.common.rooms.empty())
    return session_.finish({.ending = Ending::usage,
                            .message = "--room: this server does not let clients address rooms",
                            .hint = "sio serve does, without --app"});
  if (is_sio) store_ = joined.welcome->store;
  joined_.emplace(joined.ns);
  publisher_.set_max_message(session_.client().max_message());
  publisher_.joined(joined.ns, is_sio, now());
  arm_deadline();
  if (spooler_) {
    spooler_->come_back();
    spooler_->go_on();
  }
  start();
}

// Once there is somewhere for events to go.
void Sender::start() {
  if (session_.finishing() || (spooler_ && !spooler_->ready())) return;
  if (std::exchange(started_, true)) return go_on();
  next_event_at_ = now();
  if (options_.input != Input::none) return open_input();
  submit(builder_.plain(), 0);
  on_lines_given();
  on_input_end({});
}

void Sender::open_input() {
  const auto unit =
      options_.input == Input::everything ? LineFeed::Unit::everything : LineFeed::Unit::line;
  auto feed = options_.source == nullptr
                  ? LineFeed::open(session_.loop(), STDIN_FILENO, unit, *this, options_.delimiter)
                  : LineFeed::open(*options_.source, unit, *this, options_.delimiter);
  if (!feed)
    return session_.finish({.ending = Ending::work_failed, .message = feed.error().message});
  feed_ = std::move(*feed);
}

bool Sender::on_line(std::string_view line, std::uint64_t number) {
  if (session_.finishing()) return false;
  if (spooler_ && !spooler_->ready()) return keep(line, number);
  return take_line(line, number) && may_go_on();
}

// False: it has to wait.
bool Sender::keep(std::string_view line, std::uint64_t number) {
  waiting_line_ = line;
  waiting_number_ = number;
  waits_ = true;
  return false;
}

bool Sender::take_line(std::string_view line, std::uint64_t number) {
  if (options_.input == Input::records) return take_record(line, number);
  submit(builder_.with_line(line, options_.input == Input::lines ? number : 0), number);
  if (builder_.replaced() && !std::exchange(told_replaced_, true))
    talk_.warn(
        fmt::format("line {}: bytes that are not UTF-8 were replaced (use -f or $binary for "
                    "binary data)",
                    number));
  return true;
}

// False: the record is kept until its namespace has answered.
bool Sender::take_record(std::string_view line, std::uint64_t number) {
  auto record = parse_input_record(line);
  if (!record) {
    bad(number, record.error().message);
    return true;
  }
  if (record->kind == InputRecord::Kind::ack && !events_.on_ack_record(*record))
    bad(number, fmt::format("no event waits for ack {}", record->ack));
  if (record->kind != InputRecord::Kind::event) return true;
  const std::string ns = record->ns.empty() ? options_.common.ns : namespace_name(record->ns);
  if (!namespace_is_ready(ns, line, number)) return !waits_;
  submit(builder_.from_record(*record, store_, number), number);
  return true;
}

bool Sender::namespace_is_ready(const std::string& ns, std::string_view line,
                                std::uint64_t number) {
  if (joined_.contains(ns) || is_away()) return true;
  if (const Status status = check_namespace_name(ns); !status) {
    bad(number, status.error().message);
    return false;
  }
  if (refused_.contains(ns)) {
    talk_.error(fmt::format("line {}: namespace {} was refused", number, ns),
                "other --auth? `ns` of the record says where it goes");
    return false;
  }
  if (joined_.size() + refused_.size() >= proto::kMaxNamespacesPerConnection) {
    bad(number,
        fmt::format("namespace {}: more than {} of them", ns, proto::kMaxNamespacesPerConnection));
    return false;
  }
  session_.client().add_namespace(ns);
  return keep(line, number);
}

void Sender::submit(const Result<const client::Outgoing*>& built, std::uint64_t number) {
  if (!built) return bad(number, built.error().message);
  client::Outgoing event = **built;
  std::string key;
  if (!options_.key.empty()) {
    key = options_.key;
    if (options_.input == Input::lines) key += fmt::format(":{}", number);
    event.key = key;
  }
  if (is_away()) {
    if (const Status status = spooler_->add(event); !status) on_spool_stuck(status.error());
    return;
  }
  if (event.rooms != nullptr && !event.rooms->empty() && !publisher_.is_sio(event.ns)) {
    if (options_.rooms_need_sio)
      return session_.finish(
          {.ending = Ending::usage,
           .message =
               fmt::format("line {}: this server does not let clients address rooms", number),
           .hint = "sio serve does, without --app"});
    event.rooms = nullptr;
  }
  if (!publisher_.submit(event, now()))
    return bad(number, fmt::format("too large: {} bytes, and the server takes {}",
                                   publisher_.message_size(), session_.client().max_message()));
  if (session_.loop().frames().size() > kFramesAtOnce) session_.loop().finish_turn();
}

// Whether another line can be taken now; if not, something will call go_on().
bool Sender::may_go_on() {
  return !session_.finishing() && keeps_pace() && publisher_.has_room();
}

bool Sender::keeps_pace() {
  if (!options_.rate) return true;
  next_event_at_ = std::max(next_event_at_, now() - kRateSlack) +
                   Duration(std::chrono::seconds(1)) / static_cast<std::int64_t>(*options_.rate);
  if (next_event_at_ <= now()) return true;
  pace_.arm(next_event_at_);
  return false;
}

void Sender::go_on() {
  if (input_ended_ && !waits_) return end_if_settled();
  if (feed_ == nullptr || session_.finishing() || pace_.armed()) return;
  if (!publisher_.has_plenty_of_room() || (spooler_ && !spooler_->ready())) return;
  if (waits_) {
    const std::string line = std::exchange(waiting_line_, {});
    waits_ = false;
    const bool more = on_line(line, waiting_number_);
    on_lines_given();
    if (!more && !input_ended_) return;
  }
  feed_->resume();
  end_if_settled();
}

void Sender::on_bad_line(std::uint64_t number, const Error& error) {
  bad(number, error.message);
}

void Sender::bad(std::uint64_t number, std::string_view message) {
  ++failed_;
  talk_.error(number == 0 ? std::string(message) : fmt::format("line {}: {}", number, message));
}

void Sender::on_lines_given() {
  publisher_.flush();
  if (spooler_) spooler_->flush();
  arm_deadline();
}

void Sender::on_spool_ready() {
  start();
}

void Sender::on_spool_stuck(const Error& error) {
  session_.finish({.ending = error.code == Errc::usage ? Ending::usage : Ending::work_failed,
                   .message = error.message});
}

void Sender::on_spool_damage(const std::string& what, bool lost) {
  if (lost) return bad(0, what);
  talk_.warn(what);
}

bool Sender::on_spool_namespace(std::string_view ns) {
  if (joined_.contains(ns)) return true;
  if (refused_.contains(ns))
    session_.finish(
        {.ending = Ending::refused,
         .message = fmt::format("--spool {}: namespace {} was refused", options_.spool, ns)});
  else
    session_.client().add_namespace(std::string(ns));
  return false;
}

void Sender::on_input_end(const Status& status) {
  if (!status) {
    ++failed_;
    talk_.error("stdin: " + status.error().message);
  }
  input_ended_ = true;
  publisher_.finish(now());
  arm_deadline();
  end_if_settled();
}

void Sender::acknowledged(const client::ReceivedAck& ack) {
  if (session_.finishing()) return;
  publisher_.acknowledged(ack, now());
  if (spooler_) spooler_->go_on();
  go_on();
}

void Sender::ponged() {
  if (session_.finishing()) return;
  publisher_.ponged(now());
  if (spooler_) spooler_->go_on();
  go_on();
}

void Sender::on_refused(std::uint64_t line, const proto::Refusal& refusal) {
  if (refusal.code == "forbidden") ++forbidden_;
  // What waits in the spool goes on waiting for a server that can take it.
  const bool later = refusal.code == "full" || refusal.code == "unavailable";
  if (later && spooler_ && !spooler_->settled())
    return on_spool_stuck({Errc::unavailable, "refused: " + refusal.message});
  bad(line, fmt::format("refused: {}: {}", refusal.code, refusal.message));
}

void Sender::on_unconfirmed(std::size_t count, bool lost) {
  unconfirmed_ += count;
  const std::string_view events = count == 1 ? "event" : "events";
  if (lost)
    talk_.error(
        fmt::format("{} {} may or may not have arrived: the connection broke before the "
                    "receipt",
                    count, events),
        "with --retries 3 they are sent again, once; a sio server publishes such repeats once");
  else
    talk_.error(fmt::format("no receipt for {} {} in time", count, events),
                "--timeout gives them longer, --retries sends them again");
  if (!lost && spooler_ && !spooler_->settled()) session_.finish(outcome());
}

void Sender::refused(const client::ClientEvents::Refusal& refusal) {
  refused_.emplace(refusal.ns);
  joined_.erase(std::string(refusal.ns));
  if (session_.client().namespaces_left() == 0) return;  // the end will tell
  ++forbidden_;
  talk_.error(fmt::format("namespace {}: {}", refusal.ns, refusal.message),
              client::connect_error_hint(refusal.message));
  if (started_) go_on();
}

void Sender::lost(const client::Lost& lost) {
  if (lost.was_connected) {
    publisher_.lost(now());
    if (spooler_) joined_.clear();  // what comes now goes elsewhere
  }
  if (spooler_ && (lost.was_connected || now() >= away_at_)) {
    spooler_->go_away();
    start();
  }
  arm_deadline();
  end_if_settled();
}

void Sender::on_timer(net::Timer& timer) {
  if (&timer == &pace_) return go_on();
  publisher_.expire(now());
  arm_deadline();
  go_on();
  end_if_settled();
}

// Deadlines only move away: a timer that fires early is armed again.
void Sender::arm_deadline() {
  const TimePoint next = publisher_.next_deadline();
  if (next == kNever) return deadline_.cancel();
  if (!deadline_.armed()) deadline_.arm(next);
}

void Sender::end_if_settled() {
  if (!input_ended_ || waits_ || !publisher_.idle()) return;
  if (spooler_ && !spooler_->settled()) return;
  if (!std::exchange(told_settled_, true)) events_.on_all_settled();
}

client::Outcome Sender::outcome() const {
  if (forbidden_ > 0) return {.ending = Ending::refused};
  if (unconfirmed_ > 0)
    return {.ending = session_.client().is_connected() ? Ending::unconfirmed : Ending::lost};
  return {.ending = failed_ > 0 ? Ending::work_failed : Ending::done};
}

}  // namespace sio::cli
