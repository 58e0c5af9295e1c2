#include "client/load_fanout.h"

namespace sio::client {

std::optional<Outcome> FanoutLoad::meet(const proto::Welcome* welcome) {
  surely_relays_ = welcome != nullptr && welcome->relay == "all";
  return std::nullopt;
}

bool FanoutLoad::try_out() {
  if (surely_relays_) return false;
  prepare(1);
  return begin(host_.now());
}

Outcome FanoutLoad::nothing_came() const {
  return {.ending = Ending::usage,
          .message = "this server did not send an event on to every other client",
          .hint = "fanout needs one that does, as sio serve; another --event?"};
}

void FanoutLoad::prepare(std::size_t window) {
  first_ += events_.size();
  started_at_ = first_;
  events_.clear();
  open_ = 0;
  window_ = window;
  receivers_ = 0;
  arrivals_.assign(host_.client_count(), Arrivals(first_));
  for (std::uint32_t i = 1; i < host_.client_count(); ++i)
    if (host_.client(i).state() == LoadClientState::joined) ++receivers_;
}

bool FanoutLoad::begin(TimePoint start) {
  if ((window_ > 0 && open_ >= window_) || receivers_ == 0) return false;
  host_.send(host_.client(0), host_.messages().event({0, first_ + events_.size()}));
  events_.push_back({start, receivers_});
  ++open_;
  return true;
}

void FanoutLoad::text(LoadClient& client, std::string_view message) {
  if (client.index() == 0) return;
  const auto mark = host_.messages().find_mark(message);
  if (!mark || mark->client != 0 || mark->number < started_at_) return;
  if (!arrivals_[client.index()].take(mark->number)) {
    ++host_.report().doubled;
    return;
  }
  if (mark->number < first_ || mark->number >= first_ + events_.size()) return;  // too late
  Event& event = events_[static_cast<std::size_t>(mark->number - first_)];
  const TimePoint now = host_.now();
  ++host_.report().received;
  host_.measured(event.start, now);
  arrived(event);
  if (event.missing > 0) return;
  ++host_.report().done;
  forget_settled();
  host_.settled(now);
}

void FanoutLoad::arrived(Event& event) {
  if (--event.missing == 0) --open_;
}

void FanoutLoad::forget_settled() {
  while (!events_.empty() && events_.front().missing == 0) {
    events_.pop_front();
    ++first_;
  }
}

void FanoutLoad::down(LoadClient& client) {
  if (client.index() == 0)
    return host_.give_up({.ending = Ending::lost, .message = "the publisher lost its connection"});
  if (client.index() >= arrivals_.size()) return;
  --receivers_;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (events_[i].missing == 0 || !arrivals_[client.index()].take(first_ + i)) continue;
    ++host_.report().lost;
    arrived(events_[i]);
  }
  forget_settled();
  if (receivers_ == 0)
    return host_.give_up({.ending = Ending::lost, .message = "every receiver was lost"});
  host_.settled(host_.now());
}

void FanoutLoad::expire(TimePoint limit) {
  while (!events_.empty() && (events_.front().missing == 0 || events_.front().start < limit)) {
    if (events_.front().missing > 0) --open_;
    host_.report().lost += events_.front().missing;
    events_.pop_front();
    ++first_;
  }
  host_.settled(host_.now());
}

}  // namespace sio::client
