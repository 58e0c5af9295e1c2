// Commands that handle events: at most so many at a time, started in the order they were given.
// Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/command_environment.h"
#include "net/child.h"

namespace sio::cli {

// Starts processes: the loop's, or a test's.
class JobLauncher {
 public:
  virtual ~JobLauncher() = default;
  virtual Result<std::unique_ptr<net::Child>> launch(const net::ChildCommand& command,
                                                     net::ChildEvents& events) = 0;
};

struct Job {
  std::uint64_t number = 0;  // the caller's name for it
  Environment environment;
  std::string input;  // on the command's stdin
};

struct JobResult {
  std::uint64_t number = 0;
  int exit_status = 0;      // 128+n when signal n ended it
  std::string problem;      // what went wrong, "" if it left with 0: "exit 3", "signal 9 (Killed)"
  std::string_view output;  // what it wrote, if that is collected
};

class JobEvents {
 public:
  virtual ~JobEvents() = default;
  // What a command has written, when it is not collected: whole lines if several may run at once.
  virtual void on_job_output(std::string_view bytes) = 0;
  // It has ended, and all its output was told. Jobs may be added from here.
  virtual void on_job_done(const JobResult& result) = 0;
};

struct JobOptions {
  std::string command;          // run by /bin/sh -c
  std::size_t at_once = 1;      // 1: strictly one behind the other
  bool collect_output = false;  // for JobResult::output, at most kMaxCollected bytes
};
// More output than this makes a collecting job fail.
inline constexpr std::size_t kMaxCollected = 16u << 20;

class Jobs {
 public:
  // References outlive the jobs.
  Jobs(JobLauncher& launcher, JobEvents& events, JobOptions options)
      : launcher_(launcher), events_(events), options_(std::move(options)) {}
  // Ends the commands that still run, with everything they have started.
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Starts it now or when its turn comes. on_job_done() follows, but not from here.
  void add(Job job);
  // Whether it is sensible to add more: no more wait than can be started soon.
  bool has_room() const { return waiting_.size() < options_.at_once; }
  bool idle() const { return running_.empty() && waiting_.empty() && unstartable_.empty(); }
  std::size_t running() const { return running_.size(); }

  // While paused, what the commands write stays in their pipes.
  void pause_output();
  void resume_output();
  // Tells of jobs that could not be started; to be called at the end of each turn.
  void end_turn();

 private:
  // One command that runs.
  class Run final : public net::ChildEvents {
   public:
    Run(Jobs& jobs, std::uint64_t number) : jobs_(jobs), number_(number) {}
    Status start(Job job);
    void on_output(std::string_view bytes) override;
    void on_input_drained() override {}
    void on_exit(int status) override;

    Jobs& jobs_;
    std::uint64_t number_;
    std::unique_ptr<net::Child> child_;
    std::string held_;  // output that was collected, or is part of a line
    bool too_much_ = false;
  };
  using Runs = std::list<Run>;

  void start_next();
  void pass_lines(Run& run, std::string_view bytes);
  void pass_held(Run& run);
  void collect(Run& run, std::string_view bytes);
  void finished(Run& run, int wait_status);

  JobLauncher& launcher_;
  JobEvents& events_;
  JobOptions options_;
  std::deque<Job> waiting_;
  Runs running_;
  Runs ended_;  // a child may not be destroyed by its own last call
  std::deque<std::pair<std::uint64_t, std::string>> unstartable_;
  bool paused_ = false;
};

}  // namespace sio::cli
