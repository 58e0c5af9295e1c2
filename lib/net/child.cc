#include "net/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "net/fd_sink.h"
#include "net/fd_source.h"
#include "net/loop_impl.h"
#include "net/system_error.h"
#include "net/unique_fd.h"

extern char** environ;

namespace sio::net {
namespace {

// A grandchild may keep the output open after the command has ended: we do not wait for it longer.
constexpr auto kDrainTime = std::chrono::seconds(1);
constexpr int kKillTimeMs = 2000;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe", errno);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// "NAME=value" of ours and of the command's; its own win.
std::vector<std::string> make_environment(const ChildCommand& command) {
  std::vector<std::string> all;
  for (const auto& [name, value] : command.environment) all.push_back(name + "=" + value);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [given, value] : command.environment) replaced = replaced || given == name;
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// posix_spawn's settings: a group of its own, the default signals, stdin and stdout from pipes.
class SpawnSettings {
 public:
  SpawnSettings(int in, int out) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &broken_pipe);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Result<pid_t> spawn_shell(const ChildCommand& command, int in, int out) {
  std::vector<std::string> arguments = {"sh", "-c", command.shell_command};
  std::vector<std::string> environment = make_environment(command);
  const SpawnSettings settings(in, out);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, "/bin/sh", settings.actions(), settings.attributes(),
                                  pointers_to(arguments).data(), pointers_to(environment).data());
  if (error != 0) return fail_errno("run /bin/sh", error);
  return pid;
}

class Process final : public Child,
                      private FdSourceEvents,
                      private FdSinkEvents,
                      private FdWatch::Handler,
                      private Timer::Handler,
                      private Deferred {
 public:
  Process(Loop& loop, ChildEvents& events)
      : loop_(loop), events_(events), exit_watch_(loop.impl(), *this), drain_timer_(loop, *this) {}

  ~Process() override {
    loop_.impl().cancel(*this);
    exit_watch_.stop();
    if (pid_ > 0 && !status_) end_quietly();
  }

  Status start(const ChildCommand& command) {
    SIO_TRY(Pipe in, make_pipe());
    SIO_TRY(Pipe out, make_pipe());
    SIO_TRY(pid_, spawn_shell(command, in.read.get(), out.write.get()));
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_) return fail_errno("watch a child", errno);
    SIO_TRY_STATUS(exit_watch_.start(pidfd_.get(), EPOLLIN));
    SIO_TRY(sink_, FdSink::open(loop_, in.write.get(), *this));
    SIO_TRY(source_, FdSource::open(loop_, out.read.get(), *this));
    return {};
  }

  int pid() const override { return pid_; }
  void write(std::string_view bytes) override {
    if (!sink_ || closing_input_) return;
    sink_->write(bytes);
    owes_drained_ = true;
    look_twice();
  }
  std::size_t input_backlog() const override { return sink_ ? sink_->backlog() : 0; }

  void close_input() override {
    closing_input_ = true;
    if (sink_ && sink_->backlog() == 0) sink_.reset();
    if (sink_) look_twice();
  }

  void pause_output() override {
    if (source_) source_->pause();
  }
  void resume_output() override {
    if (source_) source_->resume();
  }
  void kill(int signal_number) override {
    if (!status_) ::kill(-pid_, signal_number);
  }

 private:
  void on_bytes(std::string_view bytes) override { events_.on_output(bytes); }
  void on_end(const Status&) override {
    output_ended_ = true;
    loop_.impl().defer(*this);
  }
  void on_drained() override { loop_.impl().defer(*this); }
  void on_broken(const Error&, bool) override {
    input_broken_ = true;
    loop_.impl().defer(*this);
  }

  void on_fd_ready(FdWatch&, std::uint32_t) override {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
    exit_watch_.stop();
    status_ = status;
    drain_timer_.arm_in(kDrainTime);
    loop_.impl().defer(*this);
  }

  void on_timer(Timer&) override {
    output_ended_ = true;
    loop_.impl().defer(*this);
  }

  // Source and sink may go only when they are not calling.
  void run_deferred() override {
    const bool drained = sink_ && sink_->backlog() == 0;
    if (sink_ && !drained && std::exchange(looks_again_, false)) loop_.impl().defer(*this);
    if (input_broken_ || (closing_input_ && drained)) sink_.reset();
    if (status_ && output_ended_) {
      sink_.reset();
      source_.reset();
      drain_timer_.cancel();
      return events_.on_exit(*status_);
    }
    if (drained && !closing_input_ && std::exchange(owes_drained_, false))
      events_.on_input_drained();
  }

  // What the kernel takes at once is never reported by the sink. The first look may come before the
  // turn's bytes are written, the second comes after that.
  void look_twice() {
    looks_again_ = true;
    loop_.impl().defer(*this);
  }

  void end_quietly() {
    ::kill(-pid_, SIGTERM);
    pollfd entry{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, kKillTimeMs) <= 0) ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  Loop& loop_;
  ChildEvents& events_;
  pid_t pid_ = 0;
  UniqueFd pidfd_;
  FdWatch exit_watch_;
  Timer drain_timer_;
  std::unique_ptr<FdSource> source_;
  std::unique_ptr<FdSink> sink_;
  std::optional<int> status_;
  bool closing_input_ = false;
  bool owes_drained_ = false;
  bool looks_again_ = false;
  bool input_broken_ = false;
  bool output_ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Child>> Child::start(Loop& loop, const ChildCommand& command,
                                            ChildEvents& events) {
  auto process = std::make_unique<Process>(loop, events);
  SIO_TRY_STATUS(process->start(command));
  return process;
}

}  // namespace sio::net
