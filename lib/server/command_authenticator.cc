#include "server/command_authenticator.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/log.h"
#include "server/auth_answer.h"

namespace sio::server {
namespace {

constexpr int kNotRunnable = 126;
constexpr int kNotFound = 127;

AuthVerdict refused(std::string_view why) {
  log(LogLevel::warning, fmt::format("--auth-exec: {}: the client is refused", why));
  return AuthVerdict::refuse("refused");
}

// What the command's end says about a client that asks for `ns`.
AuthVerdict verdict_of(int status, std::string_view output, std::string_view ns) {
  if (WIFSIGNALED(status)) return refused(fmt::format("killed by signal {}", WTERMSIG(status)));
  const int code = WEXITSTATUS(status);
  if (code == kNotRunnable || code == kNotFound) return refused("the command cannot be run");
  if (code != 0) {
    AuthRefusal refusal = parse_refused(output);
    return AuthVerdict::refuse(std::move(refusal.message), std::move(refusal.data));
  }
  const auto grants = parse_granted(output);
  if (!grants) return refused(fmt::format("its answer: {}", grants.error().message));
  auto access = Access::in(ns, *grants);
  if (access == nullptr) return AuthVerdict::refuse(fmt::format("not for namespace {}", ns));
  return AuthVerdict{std::move(access), {}, {}};
}

}  // namespace

// One command, until it has ended; its verdict may have been given before.
class CommandAuthenticator::Run final : public net::ChildEvents, public net::Timer::Handler {
 public:
  Run(CommandAuthenticator& owner, Question question)
      : waiter_(question.waiter),
        owner_(owner),
        question_(std::move(question)),
        timer_(owner.loop_, *this) {}

  // A command that cannot be started is no answer, in a later turn.
  void start() {
    auto child = owner_.launcher_.launch(*this);
    if (!child) {
      log(LogLevel::error, fmt::format("--auth-exec: {}", child.error().message));
      return timer_.arm_in(Duration::zero());
    }
    child_ = std::move(*child);
    child_->write("{" + question_.facts + "}\n");
    child_->close_input();
    timer_.arm_in(kPatience);
  }

  AuthWaiter* waiter_;  // null: it has its verdict, or does not want it any more

 private:
  void on_output(std::string_view bytes) override {
    if (output_.size() + bytes.size() <= kMaxOutput) {
      output_ += bytes;
    } else {
      give_up("it says too much");
    }
  }
  void on_input_drained() override {}
  void on_exit(int status) override {
    timer_.cancel();
    if (waiter_ != nullptr) tell(verdict_of(status, output_, question_.ns));
    owner_.finished(*this);
  }
  void on_timer(net::Timer&) override {
    if (child_ != nullptr) return give_up("it took too long");
    tell(refused("it cannot be started"));
    owner_.finished(*this);
  }

  void give_up(std::string_view why) {
    child_->kill(SIGKILL);
    tell(refused(why));
  }
  void tell(AuthVerdict verdict) {
    if (AuthWaiter* waiter = std::exchange(waiter_, nullptr))
      waiter->on_verdict(std::move(verdict));
  }

  CommandAuthenticator& owner_;
  Question question_;
  net::Timer timer_;
  std::unique_ptr<net::Child> child_;
  std::string output_;
};

CommandAuthenticator::CommandAuthenticator(net::Loop& loop, CommandLauncher& launcher)
    : loop_(loop), launcher_(launcher) {}

CommandAuthenticator::~CommandAuthenticator() = default;

std::optional<AuthVerdict> CommandAuthenticator::check(const Claim& claim, AuthWaiter& waiter) {
  if (waiting_.size() >= kMaxWaiting) return refused("too many clients wait for it");
  waiting_.push_back(
      {std::string(claim.ns), describe_client(claim.ns, claim.auth, claim.handshake), &waiter});
  if (running_.size() < kMaxRunning) {
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(question));
  }
  return std::nullopt;
}

void CommandAuthenticator::start(Question question) {
  running_.push_back(std::make_unique<Run>(*this, std::move(question)));
  running_.back()->start();
}

void CommandAuthenticator::withdraw(AuthWaiter& waiter) {
  std::erase_if(waiting_, [&](const Question& question) { return question.waiter == &waiter; });
  for (const auto& run : running_)
    if (run->waiter_ == &waiter) run->waiter_ = nullptr;
}

// Its child is on the stack.
void CommandAuthenticator::finished(Run& run) {
  const auto it = std::ranges::find(running_, &run, &std::unique_ptr<Run>::get);
  std::shared_ptr<Run> ended(std::move(*it));
  running_.erase(it);
  loop_.post([ended] {});
  if (waiting_.empty()) return;
  Question next = std::move(waiting_.front());
  waiting_.pop_front();
  start(std::move(next));
}

}  // namespace sio::server
