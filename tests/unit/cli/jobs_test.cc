#include "cli/jobs.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Processes that do what the test says.
class FakeChild final : public net::Child {
 public:
  FakeChild(net::ChildEvents& events, std::vector<FakeChild*>& alive)
      : events_(events), alive_(alive) {
    alive_.push_back(this);
  }
  ~FakeChild() override { std::erase(alive_, this); }
  int pid() const override { return 1; }
  void write(std::string_view bytes) override { input += bytes; }
  std::size_t input_backlog() const override { return 0; }
  void close_input() override { input_closed = true; }
  void pause_output() override { paused = true; }
  void resume_output() override { paused = false; }
  void kill(int signal_number) override { killed_by = signal_number; }

  void says(std::string_view bytes) { events_.on_output(bytes); }
  void exits(int status) { events_.on_exit(status << 8); }
  void dies_of(int signal_number) { events_.on_exit(signal_number); }

  std::string input;
  bool input_closed = false;
  bool paused = false;
  int killed_by = 0;

 private:
  net::ChildEvents& events_;
  std::vector<FakeChild*>& alive_;
};

class JobsTest : public testing::Test, protected JobLauncher, protected JobEvents {
 protected:
  Result<std::unique_ptr<net::Child>> launch(const net::ChildCommand& command,
                                             net::ChildEvents& events) override {
    if (!can_launch) return fail(Errc::io, "fork: no");
    last_command = command;
    return std::make_unique<FakeChild>(events, alive);
  }
  void on_job_output(std::string_view bytes) override { output.emplace_back(bytes); }
  void on_job_done(const JobResult& result) override {
    done.push_back(result.number);
    problems.push_back(result.problem);
    last_status = result.exit_status;
    collected = result.output;
  }
  Jobs jobs(JobOptions options) {
    options.command = "work";
    return {*this, *this, options};
  }
  static Job job(std::uint64_t number) {
    return {.number = number, .environment = {}, .input = std::to_string(number)};
  }

  std::vector<FakeChild*> alive;
  net::ChildCommand last_command;
  bool can_launch = true;
  std::vector<std::string> output;
  std::vector<std::uint64_t> done;
  std::vector<std::string> problems;
  int last_status = 0;
  std::string collected;
};

TEST_F(JobsTest, GivesACommandItsInputAndEnvironment) {
  Jobs all = jobs({});
  all.add({.number = 1, .environment = {{"SIO_ID", "#a-1"}}, .input = "{}\n"});
  ASSERT_EQ(alive.size(), 1U);
  EXPECT_EQ(alive[0]->input, "{}\n");
  EXPECT_TRUE(alive[0]->input_closed);
  EXPECT_EQ(last_command.shell_command, "work");
  EXPECT_THAT(last_command.environment, ElementsAre(testing::Pair("SIO_ID", "#a-1")));
}

TEST_F(JobsTest, RunsOneBehindTheOther) {
  Jobs all = jobs({});
  all.add(job(1));
  all.add(job(2));
  ASSERT_EQ(alive.size(), 1U);
  EXPECT_FALSE(all.has_room());
  alive[0]->exits(0);
  all.end_turn();
  ASSERT_EQ(alive.size(), 1U);
  EXPECT_EQ(alive[0]->input, "2");
  EXPECT_TRUE(all.has_room());
  alive[0]->exits(0);
  EXPECT_THAT(done, ElementsAre(1, 2));
  EXPECT_TRUE(all.idle());
}

TEST_F(JobsTest, RunsAsManyAtOnceAsAllowed) {
  Jobs all = jobs({.at_once = 2});
  for (std::uint64_t number : {1U, 2U, 3U}) all.add(job(number));
  EXPECT_EQ(all.running(), 2U);
  alive[1]->exits(0);
  all.end_turn();
  EXPECT_EQ(all.running(), 2U);
  EXPECT_EQ(alive[1]->input, "3");
}

TEST_F(JobsTest, TellsHowACommandFailed) {
  Jobs all = jobs({.at_once = 3});
  for (std::uint64_t number : {1U, 2U, 3U}) all.add(job(number));
  alive[0]->exits(3);
  EXPECT_EQ(last_status, 3);
  alive[1]->dies_of(9);
  EXPECT_EQ(last_status, 137);
  alive[2]->exits(0);
  EXPECT_THAT(problems, ElementsAre("exit 3", "signal 9 (Killed)", ""));
}

TEST_F(JobsTest, TellsLaterWhatCouldNotBeStarted) {
  Jobs all = jobs({});
  can_launch = false;
  all.add(job(1));
  EXPECT_THAT(done, IsEmpty());
  EXPECT_FALSE(all.idle());
  all.end_turn();
  EXPECT_THAT(problems, ElementsAre("fork: no"));
  EXPECT_EQ(last_status, 126);
  EXPECT_TRUE(all.idle());
}

TEST_F(JobsTest, PassesOutputOnAsItComes) {
  Jobs all = jobs({});
  all.add(job(1));
  alive[0]->says("half a ");
  alive[0]->says("line");
  EXPECT_THAT(output, ElementsAre("half a ", "line"));
}

TEST_F(JobsTest, KeepsLinesWholeWhenSeveralRun) {
  Jobs all = jobs({.at_once = 2});
  all.add(job(1));
  all.add(job(2));
  alive[0]->says("one\nbegin");
  alive[1]->says("two\n");
  alive[0]->says("ning\n");
  alive[1]->says("end");
  alive[1]->exits(0);
  EXPECT_THAT(output, ElementsAre("one\n", "two\n", "beginning\n", "end"));
}

TEST_F(JobsTest, CollectsOutputWhenAsked) {
  Jobs all = jobs({.at_once = 2, .collect_output = true});
  all.add(job(1));
  alive[0]->says("an ");
  alive[0]->says("answer\n");
  alive[0]->exits(0);
  EXPECT_EQ(collected, "an answer\n");
  EXPECT_THAT(output, IsEmpty());
}

TEST_F(JobsTest, FailsACommandThatWritesWithoutEnd) {
  Jobs all = jobs({.collect_output = true});
  all.add(job(1));
  const std::string part(1u << 20, 'x');
  for (std::size_t written = 0; written <= kMaxCollected; written += part.size())
    alive[0]->says(part);
  alive[0]->exits(0);
  EXPECT_THAT(problems, ElementsAre("more than 16777216 bytes of output"));
}

TEST_F(JobsTest, PausesOutputOfPresentAndFutureCommands) {
  Jobs all = jobs({.at_once = 2});
  all.add(job(1));
  all.pause_output();
  all.add(job(2));
  EXPECT_TRUE(alive[0]->paused);
  EXPECT_TRUE(alive[1]->paused);
  all.resume_output();
  EXPECT_FALSE(alive[0]->paused);
  EXPECT_FALSE(alive[1]->paused);
}

TEST_F(JobsTest, EndsWhatStillRuns) {
  {
    Jobs all = jobs({});
    all.add(job(1));
  }
  EXPECT_THAT(alive, IsEmpty());
  EXPECT_THAT(done, IsEmpty());
}

}  // namespace
}  // namespace sio::cli
