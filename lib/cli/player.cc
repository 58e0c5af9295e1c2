#include "cli/player.h"

#include <utility>

namespace sio::cli {
namespace {

// Events that wait for their time.
constexpr std::size_t kMaxWaiting = 1000;

}  // namespace

bool Player::wants_more() {
  asked_to_wait_ = !has_room();
  return !asked_to_wait_;
}

bool Player::has_room() const {
  return !ended_ && !printer_.full() && waiting_.size() < kMaxWaiting;
}

void Player::play(const EventRecord& record, std::string_view line) {
  if (ended_) return;
  if (options_.tail) {
    last_.push_back({std::string(text_of(record, line)), record.time_ms});
    if (last_.size() > *options_.tail) last_.pop_front();
    return;
  }
  if (pacer_.paces()) {
    wait(std::string(text_of(record, line)), record.time_ms);
    print_due();
  } else {
    print(text_of(record, line));
  }
  if (++taken_ == options_.count) end();
}

std::string_view Player::text_of(const EventRecord& record, std::string_view line) {
  return line.empty() ? printer_.render(record) : printer_.render(record, line);
}

void Player::wait(std::string text, std::int64_t time_ms) {
  waiting_.push_back({std::move(text), time_ms});
  if (waiting_.size() == 1) next_due_ = pacer_.due(time_ms, loop_.now());
}

void Player::print(std::string_view text) {
  printer_.print_bytes(text);
  ++played_;
}

void Player::print_due() {
  while (!waiting_.empty() && !printer_.full() && next_due_ <= loop_.now()) {
    print(waiting_.front().text);
    waiting_.pop_front();
    if (!waiting_.empty()) next_due_ = pacer_.due(waiting_.front().time_ms, loop_.now());
  }
  if (!waiting_.empty() && !printer_.full()) timer_.arm(next_due_);
  if (asked_to_wait_ && wants_more()) events_.on_player_ready();
  tell_if_played();
}

void Player::end() {
  ended_ = true;
  std::deque<Waiting> last = std::exchange(last_, {});
  while (options_.count && last.size() > *options_.count) last.pop_back();
  for (Waiting& one : last) {
    if (pacer_.paces())
      wait(std::move(one.text), one.time_ms);
    else
      print(one.text);
  }
  print_due();
}

void Player::tell_if_played() {
  if (!ended_ || !waiting_.empty()) return;
  if (!std::exchange(told_, true)) events_.on_played();
}

}  // namespace sio::cli
