#include "cli/spooler.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace sio::cli {
namespace {

// While another process has the spool, it is tried again this often.
constexpr Duration kNextTry = std::chrono::milliseconds(10);
// How long it is kept open while more events come, and how long it is left to others then.
constexpr Duration kLongestTurn = std::chrono::milliseconds(100);
constexpr Duration kPauseForOthers = std::chrono::milliseconds(30);

std::int64_t wall_ms() {
  return SystemClock().wall_ms();
}

}  // namespace

Spooler::Spooler(net::Loop& loop, std::string directory, client::Publisher& publisher,
                 std::string publisher_name, SpoolerEvents& events)
    : loop_(loop),
      publisher_(publisher),
      publisher_name_(std::move(publisher_name)),
      events_(events),
      spool_(fs_, std::move(directory)),
      turn_(loop, *this) {}

bool Spooler::ready() {
  if (state_ == State::direct) return true;
  if (state_ != State::storing || !given_back_.empty()) return false;
  return spool_.is_open() || (!turn_.armed() && take_turn());
}

bool Spooler::settled() const {
  return state_ == State::direct || (state_ == State::storing && given_back_.empty());
}

void Spooler::go_away() {
  is_here_ = false;
  if (state_ == State::storing) return;
  // What was being drained is in the spool still; what went past it is not.
  std::deque<client::GivenBack> unconfirmed = publisher_.give_back();
  if (state_ == State::direct) given_back_ = std::move(unconfirmed);
  submitted_.clear();
  state_ = State::storing;
  if (take_turn()) on_turn();
}

void Spooler::come_back() {
  is_here_ = true;
  if (state_ == State::direct || state_ == State::draining) return;
  if (state_ == State::idle && !spool_.exists()) {
    state_ = State::direct;
    return events_.on_spool_ready();
  }
  if (take_turn()) on_turn();
}

// False: another process has it, and the timer will see.
bool Spooler::take_turn() {
  if (spool_.is_open()) return true;
  if (is_stuck_) return false;
  const Status status = spool_.open();
  if (!status) {
    if (status.error().code != Errc::unavailable)
      stuck(status.error());
    else
      turn_.arm_in(kNextTry);
    return false;
  }
  for (const std::string& note : spool_.notes()) events_.on_spool_damage(note, false);
  opened_at_ = loop_.now();
  turn_.arm_in(kLongestTurn);
  return true;
}

void Spooler::on_timer(net::Timer&) {
  // Nobody has added anything for a while.
  if (spool_.is_open() && state_ == State::storing) return close();
  if (take_turn()) on_turn();
}

void Spooler::on_turn() {
  if (state_ == State::draining) return go_on();
  if (!take_back()) return;
  if (!is_here_) return events_.on_spool_ready();
  state_ = State::draining;
  next_ = 0;
  go_on();
}

bool Spooler::take_back() {
  while (!given_back_.empty()) {
    if (const Status status = add(given_back_.front().view()); !status) {
      stuck(status.error());
      return false;
    }
    given_back_.pop_front();
  }
  if (const Status status = spool_.sync(); !status) stuck(status.error());
  return !is_stuck_;
}

Status Spooler::add(const client::Outgoing& event) {
  SIO_TRY_STATUS(
      spool_.add(event, event.key.empty() ? next_key() : std::string(event.key), wall_ms()));
  ++stored_;
  return {};
}

// Other than the keys of events that were sent directly, whose numbers are the publisher's.
std::string Spooler::next_key() {
  return fmt::format("{}.s{}", publisher_name_, next_key_++);
}

void Spooler::flush() {
  if (state_ != State::storing || !spool_.is_open()) return;
  if (const Status status = spool_.sync(); !status) return stuck(status.error());
  if (loop_.now() - opened_at_ < kLongestTurn) return;
  close();
  turn_.arm_in(kPauseForOthers);
}

void Spooler::go_on() {
  if (state_ != State::draining || !spool_.is_open() || is_stuck_) return;
  note_settled();
  const auto next = spool_.read(next_, *this);
  if (!next) return stuck(next.error());
  if (is_stuck_) return;
  next_ = *next;
  publisher_.flush();
  if (submitted_.empty() && !spool_.has_waiting()) finish_draining();
}

bool Spooler::on_spooled(const SpooledEvent& event) {
  if (!publisher_.has_room() || !events_.on_spool_namespace(event.ns)) return false;
  if (!event.rooms.empty() && !publisher_.is_sio(event.ns)) {
    stuck({Errc::usage, "an event for a room: this server does not let clients address rooms"});
    return false;
  }
  if (submitted_.empty()) first_submitted_ = publisher_.next_number();
  const client::Outgoing outgoing{
      .ns = event.ns,
      .event = event.event,
      .args = event.args,
      .numeric_name = event.numeric_name,
      .attachments = event.attachments.empty() ? nullptr : &event.attachments,
      .rooms = &event.rooms,
      .key = event.key};
  if (!publisher_.submit(outgoing, loop_.now())) {
    stuck({Errc::too_large, fmt::format("event {}: {} bytes, more than the server takes",
                                        event.event, publisher_.message_size())});
    return false;
  }
  submitted_.push_back(event.seq);
  return true;
}

void Spooler::on_spool_lost(std::uint64_t count) {
  events_.on_spool_damage(fmt::format("{}: {} {} lost to damage", spool_.directory(), count,
                                      count == 1 ? "event is" : "events are"),
                          true);
}

void Spooler::note_settled() {
  std::optional<store::Seq> sent;
  while (!submitted_.empty() && first_submitted_ < publisher_.first_open_number()) {
    sent = submitted_.front();
    submitted_.pop_front();
    ++first_submitted_;
  }
  if (!sent) return;
  if (const Status status = spool_.note_sent(*sent); !status) stuck(status.error());
}

void Spooler::finish_draining() {
  state_ = State::direct;
  turn_.cancel();
  close();
  events_.on_spool_ready();
}

void Spooler::close() {
  if (const Status status = spool_.close(); !status) stuck(status.error());
}

void Spooler::stuck(const Error& error) {
  if (std::exchange(is_stuck_, true)) return;
  events_.on_spool_stuck(
      {error.code, fmt::format("--spool {}: {}", spool_.directory(), error.message)});
}

}  // namespace sio::cli
