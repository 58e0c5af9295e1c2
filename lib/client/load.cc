#include "client/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/random_id.h"
#include "proto/sio_extension.h"

namespace sio::client {
namespace {

// Connections that are being made at one time before the load begins: a server's queue of those it
// has not accepted yet is not endless.
constexpr std::size_t kConnectsAtOnce = 100;
// What one is waited for: an answer to CONNECT, to an event.
constexpr Duration kConnectPatience = std::chrono::seconds(20);
constexpr Duration kTrialPatience = std::chrono::seconds(5);
constexpr Duration kAnswerPatience = std::chrono::seconds(10);
constexpr Duration kLeavePatience = std::chrono::seconds(2);
constexpr Duration kTick = std::chrono::seconds(1);
constexpr Duration kRetryFirst = std::chrono::milliseconds(200);
// The schedule is looked at no more often than this: a turn for each operation would be all work.
constexpr Duration kFinestPace = std::chrono::microseconds(100);
// A schedule that is this late for one operation in a hundred was not kept.
constexpr Duration kTooLate = std::chrono::milliseconds(10);
constexpr std::size_t kMaxOpen = 1u << 20;
constexpr std::size_t kFramesAtOnce = 1u << 20;
constexpr std::size_t kRunName = 7;

std::size_t fitting(std::size_t wanted, std::size_t size) {
  return std::max<std::size_t>(1, std::min(wanted, Load::kMaxBytesOnTheWay / size));
}

}  // namespace

Load::Load(net::Loop& loop, net::Connector& connector, LoadOptions options,
           Credentials& credentials, LoadEvents& events, Trace* trace)
    : loop_(loop),
      connector_(connector),
      options_(std::move(options)),
      credentials_(credentials),
      events_(events),
      trace_(trace),
      messages_({.ns = options_.ns,
                 .event = options_.event,
                 .run = random_name(kRunName),
                 .size = options_.size},
                decoder_),
      workload_(make_workload(*this, options_.mode)),
      pace_(loop, *this),
      tick_(loop, *this),
      limit_(loop, *this),
      max_open_(fitting(kMaxOpen, options_.size)) {
  if (!options_.rate)
    report_.window =
        fitting(options_.window, options_.size * std::max<std::size_t>(1, options_.clients));
  loop_.add_turn_listener(*this);
}

Load::~Load() {
  loop_.remove_turn_listener(*this);
}

void Load::start() {
  began_ = now();
  const std::size_t count = workload_->connections(options_.clients);
  clients_.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    clients_.push_back(std::make_unique<LoadClient>(loop_, connector_, options_.target, options_.ns,
                                                    static_cast<std::uint32_t>(i), decoder_,
                                                    static_cast<LoadClientEvents&>(*this), trace_));
  tick_.arm_in(kTick);
  connect(*clients_.front());
}

std::optional<Duration> Load::running_for() const {
  if (!is_busy()) return std::nullopt;
  return now() - began_;
}

void Load::connect(LoadClient& client) {
  auto headers = credentials_.headers();
  if (!headers) return end({.ending = Ending::usage, .message = headers.error().message});
  auto auth = credentials_.auth();
  if (!auth) return end({.ending = Ending::usage, .message = auth.error().message});
  ++up_;
  client.connect(std::move(*headers), proto::auth_with_hello(*auth, workload_->hello()), now());
}

void Load::send(LoadClient& client, std::string_view message) {
  report_.bytes_sent += message.size();
  client.send(message);
}

// --- Until all are connected

void Load::on_load_joined(LoadClient& client, std::string_view reply) {
  failures_in_a_row_ = 0;
  if (phase_ == Phase::first) {
    const auto welcome = proto::parse_welcome(reply);
    return first_joined(client, welcome ? &*welcome : nullptr);
  }
  if (is_busy()) return workload_->joined(client);
  if (phase_ != Phase::connecting) return;
  ++joined_;
  ++decided_;
  connect_more();
}

void Load::first_joined(LoadClient& client, const proto::Welcome* welcome) {
  if (welcome != nullptr) report_.server = welcome->server;
  report_.transport = client.transport_name();
  if (auto objection = workload_->meet(welcome)) return end(std::move(*objection));
  const std::size_t limit = client.max_message();
  if (limit > 0 && messages_.largest() > limit)
    return end({.ending = Ending::work_failed,
                .message = fmt::format("--size {}: too large, the server takes messages of {}",
                                       options_.size, limit)});
  if (workload_->connects()) {
    phase_ = Phase::first_leaves;
    return client.close();
  }
  phase_ = Phase::connecting;
  joined_ = 1;
  decided_ = 1;
  connect_more();
}

void Load::first_failed(const LinkDown& down) {
  const Diagnosis why =
      down.was_open ? diagnose_end_before_join(options_.target, down.why) : down.why;
  const Ending ending = why.cause.ending;
  if (!why.may_work_later || ending == Ending::refused || ending == Ending::incompatible ||
      now() - began_ >= options_.first_wait)
    return end(why.cause);
  pace_.arm_in(kRetryFirst);
}

void Load::connect_more() {
  while (phase_ == Phase::connecting && next_to_connect_ < clients_.size() &&
         next_to_connect_ - decided_ < kConnectsAtOnce)
    connect(*clients_[next_to_connect_++]);
  if (phase_ == Phase::connecting && decided_ == clients_.size()) all_connected();
}

void Load::all_connected() {
  if (joined_ <= workload_->connections(0)) return end(outcome_of_errors());
  phase_ = Phase::trying_out;
  if (!workload_->try_out()) return begin_load();
  limit_.arm_in(kTrialPatience);
}

// --- The load

void Load::begin_load() {
  const TimePoint start = now();
  const bool publisher = workload_->connections(0) > 0;
  report_.setup = start - began_;
  report_.clients = workload_->connects() ? clients_.size() : joined_ - (publisher ? 1 : 0);
  report_.received = report_.bytes_sent = report_.bytes_received = report_.done = 0;
  phase_ = Phase::running;
  began_ = last_end_ = start;
  thread_began_ = thread_time();
  limit_.cancel();
  if (options_.duration) limit_.arm(start + *options_.duration);
  if (options_.rate) schedule_.emplace(start, *options_.rate);
  workload_->prepare(report_.window);
  pump(start);
}

bool Load::everything_begun() const {
  if (options_.count && report_.sent >= *options_.count) return true;
  if (!schedule_) return time_is_up_;
  return options_.duration && schedule_->due() >= began_ + *options_.duration;
}

bool Load::has_room() const {
  return workload_->open() < max_open_;
}

bool Load::begin(TimePoint start) {
  if (!has_room() || !workload_->begin(start)) return false;
  ++report_.sent;
  if (loop_.frames().size() > kFramesAtOnce) loop_.finish_turn();
  return phase_ == Phase::running;
}

void Load::pump(TimePoint now) {
  if (phase_ != Phase::running) return;
  if (schedule_)
    pump_schedule(now);
  else
    while (!everything_begun() && begin(now)) {
    }
  if (phase_ == Phase::running && (everything_begun() || time_is_up_)) stop_beginning(now);
}

void Load::pump_schedule(TimePoint now) {
  while (!everything_begun() && schedule_->due() <= now) {
    const TimePoint due = schedule_->due();
    if (!begin(due)) {
      was_blocked_ = true;
      return;  // until one has settled
    }
    behind_.add(now - due);
    schedule_->advance();
  }
  if (!everything_begun()) pace_.arm(std::max(schedule_->due(), now + kFinestPace));
}

void Load::measured(TimePoint start, TimePoint now) {
  if (!is_busy()) return;
  report_.latency.add(now - start);
  last_end_ = now;
}

void Load::settled(TimePoint now) {
  if (phase_ == Phase::running) return pump(now);
  if (phase_ == Phase::trying_out && workload_->open() == 0) return begin_load();
  if (phase_ == Phase::draining && workload_->open() == 0) end_in_time();
}

void Load::stop_beginning(TimePoint now) {
  phase_ = Phase::draining;
  pace_.cancel();
  if (workload_->open() == 0) return end_in_time();
  limit_.arm(now + kAnswerPatience);
}

void Load::on_load_text(LoadClient& client, std::string_view message) {
  report_.bytes_received += message.size();
  if (is_busy() || phase_ == Phase::trying_out) workload_->text(client, message);
}

void Load::on_load_binary(LoadClient&, std::string_view bytes) {
  report_.bytes_received += bytes.size();
}

void Load::on_load_pong(LoadClient& client) {
  if (is_busy() || phase_ == Phase::trying_out) workload_->pong(client);
}

void Load::on_turn_end() {
  if (is_busy() || phase_ == Phase::trying_out) workload_->end_turn();
}

// --- Connections that end

void Load::on_load_down(LoadClient& client, LoadClientState was, const LinkDown& down) {
  --up_;
  if (was == LoadClientState::joined && joined_ > 0) --joined_;
  switch (phase_) {
    case Phase::first:
      return first_failed(down);
    case Phase::first_leaves:
      return begin_load();
    case Phase::connecting:
      note_failure(was, down);
      if (was == LoadClientState::joined) return;
      ++decided_;
      return connect_more();
    case Phase::trying_out:
    case Phase::running:
    case Phase::draining:
      if (was != LoadClientState::closing) note_failure(was, down);
      if (phase_ != Phase::done) workload_->down(client);
      return;
    case Phase::done:
      return leave();
    case Phase::left:
      return;
  }
}

void Load::note_failure(LoadClientState was, const LinkDown& down) {
  LoadErrors& errors = report_.errors;
  const bool refused = down.why.cause.ending == Ending::refused;
  ++(refused                              ? errors.refused
     : was == LoadClientState::connecting ? errors.connect
                                          : errors.disconnected);
  if (report_.first_error.empty()) report_.first_error = down.why.cause.message;
  if (was == LoadClientState::joined && options_.end_when_one_is_lost)
    return end({.ending = Ending::lost, .message = "connection lost: " + down.why.cause.message});
  // Nobody gets in any more.
  if (++failures_in_a_row_ < std::max<std::uint64_t>(kConnectsAtOnce, clients_.size())) return;
  if (is_busy() && workload_->connects()) end(down.why.cause);
}

// --- Time

void Load::on_timer(net::Timer& timer) {
  if (&timer == &tick_) return tick(now());
  if (&timer == &pace_) {
    if (phase_ == Phase::first) return connect(*clients_.front());
    return pump(now());
  }
  switch (phase_) {
    case Phase::trying_out:
      return end(workload_->nothing_came());
    case Phase::running:
      time_is_up_ = true;
      return pump(now());
    case Phase::draining:
      workload_->expire(TimePoint::max());
      return end_in_time();
    default:
      return leave();
  }
}

void Load::tick(TimePoint now) {
  tick_.arm_in(kTick);
  for (const auto& client : clients_)
    if (client->state() == LoadClientState::connecting &&
        client->connect_began() < now - kConnectPatience)
      client->drop(diagnose_unanswered_connect(options_.target).cause);
  if (is_busy()) workload_->expire(now - kAnswerPatience);
}

// --- The end

void Load::end_in_time() {
  if (phase_ == Phase::done || phase_ == Phase::left) return;
  report_.complete = true;
  end(outcome_of_errors());
}

Outcome Load::outcome_of_errors() const {
  const LoadErrors& errors = report_.errors;
  const auto say = [&](Ending ending, std::uint64_t count, std::string_view what) {
    std::string message = fmt::format("{} {}", count, what);
    if (!report_.first_error.empty()) message += "; the first: " + report_.first_error;
    return Outcome{.ending = ending, .message = std::move(message)};
  };
  if (errors.refused > 0) return say(Ending::refused, errors.refused, "refused by the server");
  if (errors.connect > 0) return say(Ending::unreachable, errors.connect, "connections not made");
  if (errors.disconnected > 0) return say(Ending::lost, errors.disconnected, "connections lost");
  if (report_.lost > 0)
    return say(
        Ending::unconfirmed, report_.lost,
        options_.mode == LoadMode::fanout ? "deliveries did not come" : "answers did not come");
  if (errors.rejected > 0)
    return say(Ending::work_failed, errors.rejected, "events rejected by the server");
  if (report_.doubled > 0) return say(Ending::work_failed, report_.doubled, "came more than once");
  if (errors.gaps > 0) return say(Ending::work_failed, errors.gaps, "gaps in the replays");
  if (options_.mode == LoadMode::replay && report_.done > 0 && report_.received == 0)
    return {.ending = Ending::work_failed,
            .message = "the queue is empty: there was nothing to replay",
            .hint = "sio bench --mode publish fills it"};
  if (options_.count && report_.sent < *options_.count) return {.ending = Ending::timed_out};
  return {};
}

LoadLimit Load::find_limit() const {
  if (report_.busy >= kAlwaysBusy) return LoadLimit::client;
  if (!options_.rate || was_blocked_) return LoadLimit::server;
  return report_.behind > kTooLate ? LoadLimit::client : LoadLimit::rate;
}

void Load::end(Outcome outcome) {
  if (phase_ == Phase::done || phase_ == Phase::left) return;
  if (is_busy()) {
    const Duration whole = std::max(now() - began_, Duration(1));
    const ThreadTime spent = thread_time();
    const Duration running = spent.running - thread_began_.running;
    const Duration waiting = spent.waiting - thread_began_.waiting;
    const auto share = [whole](Duration part) {
      return std::min(1.0, std::chrono::duration<double>(part) / whole);
    };
    report_.cpu = share(running);
    report_.busy = share(running + waiting);
    report_.elapsed = report_.complete ? last_end_ - began_ : whole;
    const bool counted = options_.count && report_.sent >= *options_.count;
    if (options_.duration && report_.complete && !counted)
      report_.elapsed = std::max(report_.elapsed, *options_.duration);
    report_.behind = behind_.percentile(99);
    report_.limit = find_limit();
  }
  phase_ = Phase::done;
  pace_.cancel();
  tick_.cancel();
  events_.on_load_done(outcome);
  limit_.arm_in(kLeavePatience);
  for (const auto& client : clients_) client->close();
  leave();
}

void Load::leave() {
  if (phase_ != Phase::done) return;
  if (up_ > 0 && limit_.armed()) return;
  phase_ = Phase::left;
  limit_.cancel();
  events_.on_load_left();
}

}  // namespace sio::client
