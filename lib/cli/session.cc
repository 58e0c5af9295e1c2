#include "cli/session.h"

#include <csignal>
#include <utility>

#include "cli/exit_code.h"

namespace sio::cli {
namespace {

// How long the server may take over our leave.
constexpr Duration kLeavePatience = std::chrono::seconds(2);

}  // namespace

Result<std::unique_ptr<Session>> Session::create(const ConnectOptions& options, ConnectPlan plan,
                                                 Talk& talk, client::ClientEvents& events,
                                                 SessionOwner& owner, SessionOptions limits) {
  std::unique_ptr<Session> session(new Session(options, plan.user_info, owner, limits));
  // What cannot be sent is better said before anything is tried.
  SIO_TRY_STATUS(session->credentials_.headers().map([](const auto&) {}));
  SIO_TRY_STATUS(session->credentials_.auth().map([](const auto&) {}));
  SIO_TRY(session->loop_, net::Loop::create({.many_sockets = false, .tls = plan.tls}));
  net::Loop& loop = *session->loop_;
  plan.connector.trace = talk.http_trace();
  SIO_TRY(session->connector_, net::Connector::create(loop, plan.connector));
  SIO_TRY_STATUS(session->watch_signals());
  session->client_ =
      std::make_unique<client::Client>(loop, *session->connector_, std::move(plan.client),
                                       session->credentials_, events, talk.trace());
  net::Timer::Handler& timer_handler = *session;
  session->leave_timer_.emplace(loop, timer_handler);
  session->limit_timer_.emplace(loop, timer_handler);
  loop.add_turn_listener(*session);
  return session;
}

Session::Session(const ConnectOptions& options, std::string user_info, SessionOwner& owner,
                 SessionOptions limits)
    : owner_(owner), limits_(limits), credentials_(options, std::move(user_info)) {}

Session::~Session() {
  if (loop_ != nullptr && client_ != nullptr) loop_->remove_turn_listener(*this);
}

Status Session::watch_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  SIO_TRY_STATUS(loop_->watch_signal(SIGINT, *this));
  return loop_->watch_signal(SIGTERM, *this);
}

client::Outcome Session::run() {
  if (limits_.time_limit) limit_timer_->arm_in(*limits_.time_limit);
  client_->start();
  if (!outcome_ || client_->is_connected()) loop_->run();
  return outcome_.value_or(client::Outcome{});
}

void Session::finish(client::Outcome outcome) {
  if (outcome_) return;
  outcome_ = std::move(outcome);
  limit_timer_->cancel();
  client_->leave();
  if (client_->has_left()) return loop_->stop();
  // After a signal one turn must do, for what the kernel takes at once.
  const bool hurry = outcome_->ending == client::Ending::signalled;
  leave_timer_->arm_in(hurry ? Duration::zero() : kLeavePatience);
  // What the end of this turn writes is seen by the next, which is not to wait for the server.
  loop_->post([] {});
}

void Session::ended(const client::Outcome& outcome) {
  if (!outcome_) outcome_ = outcome;
  loop_->stop();
}

void Session::on_signal(int signal_number) {
  if (outcome_) return loop_->stop();  // the second one: no more manners
  const client::Outcome outcome{.ending = client::Ending::signalled,
                                .signal_number = signal_number};
  const bool first = !std::exchange(interrupted_, true);
  if (first && owner_.on_interrupted(outcome)) return;
  finish(outcome);
}

void Session::on_timer(net::Timer& timer) {
  if (&timer == &*leave_timer_) return loop_->stop();
  owner_.on_time_up();
}

void Session::on_turn_end() {
  if (outcome_ && client_->has_left()) loop_->stop();
}

int conclude(const client::Outcome& outcome, const Talk& talk) {
  talk.error(outcome);
  if (outcome.ending == client::Ending::signalled) {
    std::signal(outcome.signal_number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, outcome.signal_number);
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
    ::raise(outcome.signal_number);
  }
  return exit_code(outcome);
}

}  // namespace sio::cli
