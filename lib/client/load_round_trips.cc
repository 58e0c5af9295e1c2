#include "client/load_round_trips.h"

#include <utility>

namespace sio::client {

std::optional<Outcome> RoundTripLoad::meet(const proto::Welcome* welcome) {
  if (welcome != nullptr) {
    answer_ = Answer::ack;
    if (kind_ == Kind::echo && welcome->relay != "none") host_.messages().address_nobody();
  } else if (kind_ == Kind::publish) {
    answer_ = Answer::ping;
  }
  return std::nullopt;
}

bool RoundTripLoad::try_out() {
  if (answer_ != Answer::unknown) return false;
  prepare(1);
  return begin(host_.now());
}

Outcome RoundTripLoad::nothing_came() const {
  return {.ending = Ending::unconfirmed,
          .message = "the server did not answer an event that asked for an ack",
          .hint = "another --event? --mode publish needs no answer"};
}

void RoundTripLoad::prepare(std::size_t window) {
  senders_.assign(host_.client_count(), {});
  open_ = 0;
  turns_.prepare(senders_.size(), window);
  for (std::uint32_t i = 0; i < senders_.size(); ++i)
    if (host_.client(i).state() != LoadClientState::joined) turns_.remove(i);
}

bool RoundTripLoad::begin(TimePoint start) {
  const auto client = turns_.take();
  if (client) send(*client, start);
  return client.has_value();
}

void RoundTripLoad::send(std::uint32_t client, TimePoint start) {
  Sender& sender = senders_[client];
  const LoadMark mark{client, sender.in_flight.add(start)};
  ++open_;
  const bool asks = answer_ != Answer::ping;
  host_.send(host_.client(client),
             asks ? host_.messages().question(mark) : host_.messages().event(mark));
  if (!asks && !std::exchange(sender.wants_ping, true)) want_ping_.push_back(client);
}

void RoundTripLoad::text(LoadClient& client, std::string_view message) {
  if (answer_ == Answer::ack || answer_ == Answer::unknown)
    if (const auto ack = host_.messages().find_ack(message)) {
      answer_ = Answer::ack;
      std::string& first_error = host_.report().first_error;
      if (ack->refused && first_error.empty()) first_error = host_.messages().refusal_in(message);
      return answered(client.index(), ack->id, ack->refused);
    }
  if (answer_ == Answer::event || answer_ == Answer::unknown)
    if (const auto mark = host_.messages().find_mark(message);
        mark && mark->client == client.index()) {
      answer_ = Answer::event;
      answered(client.index(), mark->number, false);
    }
}

void RoundTripLoad::answered(std::uint32_t client, std::uint64_t number, bool refused) {
  const TimePoint now = host_.now();
  settle(client, number, refused, now);
  host_.settled(now);
}

void RoundTripLoad::settle(std::uint32_t client, std::uint64_t number, bool refused,
                           TimePoint now) {
  LoadReport& report = host_.report();
  const auto start = senders_[client].in_flight.settle(number);
  if (!start) {
    if (given_up_.erase(key(client, number)) == 0) ++report.doubled;
    return;
  }
  --open_;
  turns_.give_back(client);
  if (refused) {
    ++report.errors.rejected;
    return;
  }
  ++report.done;
  if (answer_ != Answer::ping) ++report.received;
  host_.measured(*start, now);
}

void RoundTripLoad::end_turn() {
  for (const std::uint32_t client : std::exchange(want_ping_, {})) ping(client);
}

// One is out at a time; what is sent meanwhile has to wait for the next.
void RoundTripLoad::ping(std::uint32_t client) {
  Sender& sender = senders_[client];
  if (sender.ping_is_out) return;
  sender.wants_ping = false;
  if (host_.client(client).state() != LoadClientState::joined) return;
  sender.ping_covers = sender.in_flight.next_number();
  sender.ping_is_out = host_.client(client).send_ping();
}

void RoundTripLoad::pong(LoadClient& client) {
  if (answer_ != Answer::ping || client.index() >= senders_.size()) return;
  Sender& sender = senders_[client.index()];
  if (!std::exchange(sender.ping_is_out, false)) return;
  const TimePoint now = host_.now();
  for (std::uint64_t n = sender.in_flight.oldest_number(); n < sender.ping_covers; ++n)
    settle(client.index(), n, false, now);
  if (sender.wants_ping) want_ping_.push_back(client.index());
  host_.settled(now);
}

void RoundTripLoad::down(LoadClient& client) {
  if (client.index() >= senders_.size()) return;
  Sender& sender = senders_[client.index()];
  open_ -= sender.in_flight.size();
  host_.report().lost += sender.in_flight.size();
  sender = {};
  turns_.remove(client.index());
  if (turns_.nobody_left())
    return host_.give_up({.ending = Ending::lost, .message = "every connection was lost"});
  host_.settled(host_.now());
}

void RoundTripLoad::expire(TimePoint limit) {
  for (std::uint32_t client = 0; client < senders_.size(); ++client) {
    InFlight& in_flight = senders_[client].in_flight;
    for (std::uint64_t n = in_flight.oldest_number(); in_flight.give_up_oldest(limit);
         n = in_flight.oldest_number()) {
      given_up_.insert(key(client, n));
      ++host_.report().lost;
      --open_;
      turns_.give_back(client);
    }
  }
  host_.settled(host_.now());
}

}  // namespace sio::client
