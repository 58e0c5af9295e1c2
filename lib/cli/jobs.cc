#include "cli/jobs.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

namespace sio::cli {
namespace {

// A line that is longer is passed on in parts.
constexpr std::size_t kMaxHeldLine = 64u << 10;
constexpr int kNotRunnable = 126;
constexpr int kSignalBase = 128;

int exit_status_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) return kSignalBase + WTERMSIG(wait_status);
  return WEXITSTATUS(wait_status);
}

std::string problem_of(int wait_status) {
  if (WIFSIGNALED(wait_status))
    return fmt::format("signal {} ({})", WTERMSIG(wait_status), ::strsignal(WTERMSIG(wait_status)));
  if (WEXITSTATUS(wait_status) != 0) return fmt::format("exit {}", WEXITSTATUS(wait_status));
  return {};
}

}  // namespace

Jobs::~Jobs() {
  for (Run& run : running_)
    if (run.child_ != nullptr) run.child_->kill(SIGTERM);
}

void Jobs::add(Job job) {
  waiting_.push_back(std::move(job));
  start_next();
}

void Jobs::start_next() {
  while (!waiting_.empty() && running_.size() < options_.at_once) {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    const std::uint64_t number = job.number;
    running_.emplace_back(*this, number);
    const Status status = running_.back().start(std::move(job));
    if (status) continue;
    running_.pop_back();
    unstartable_.emplace_back(number, status.error().message);
  }
}

void Jobs::end_turn() {
  ended_.clear();
  while (!unstartable_.empty()) {
    const auto [number, problem] = std::move(unstartable_.front());
    unstartable_.pop_front();
    events_.on_job_done(
        {.number = number, .exit_status = kNotRunnable, .problem = problem, .output = {}});
  }
}

Status Jobs::Run::start(Job job) {
  const net::ChildCommand command{.shell_command = jobs_.options_.command,
                                  .environment = std::move(job.environment)};
  SIO_TRY(child_, jobs_.launcher_.launch(command, *this));
  if (jobs_.paused_) child_->pause_output();
  child_->write(job.input);
  child_->close_input();
  return {};
}

void Jobs::Run::on_output(std::string_view bytes) {
  if (jobs_.options_.collect_output) return jobs_.collect(*this, bytes);
  if (jobs_.options_.at_once == 1) return jobs_.events_.on_job_output(bytes);
  jobs_.pass_lines(*this, bytes);
}

void Jobs::Run::on_exit(int status) {
  jobs_.finished(*this, status);
}

void Jobs::collect(Run& run, std::string_view bytes) {
  run.too_much_ = run.too_much_ || run.held_.size() + bytes.size() > kMaxCollected;
  if (!run.too_much_) run.held_ += bytes;
}

// Lines of commands that run side by side do not tear each other apart.
void Jobs::pass_lines(Run& run, std::string_view bytes) {
  const std::size_t newline = bytes.rfind('\n');
  if (newline != std::string_view::npos) {
    run.held_ += bytes.substr(0, newline + 1);
    pass_held(run);
    bytes.remove_prefix(newline + 1);
  }
  run.held_ += bytes;
  if (run.held_.size() > kMaxHeldLine) pass_held(run);
}

void Jobs::pass_held(Run& run) {
  events_.on_job_output(run.held_);
  run.held_.clear();
}

void Jobs::finished(Run& run, int wait_status) {
  const auto here = std::ranges::find_if(running_, [&](const Run& one) { return &one == &run; });
  ended_.splice(ended_.end(), running_, here);
  JobResult result{.number = run.number_,
                   .exit_status = exit_status_of(wait_status),
                   .problem = problem_of(wait_status),
                   .output = {}};
  if (options_.collect_output) {
    if (run.too_much_ && result.problem.empty())
      result.problem = fmt::format("more than {} bytes of output", kMaxCollected);
    result.output = run.held_;
  } else if (!run.held_.empty()) {
    events_.on_job_output(run.held_);
  }
  events_.on_job_done(result);
  start_next();
}

void Jobs::pause_output() {
  paused_ = true;
  for (Run& run : running_) run.child_->pause_output();
}

void Jobs::resume_output() {
  paused_ = false;
  for (Run& run : running_) run.child_->resume_output();
}

}  // namespace sio::cli
