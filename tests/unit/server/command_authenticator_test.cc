#include "server/command_authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <list>

#include "net/loop.h"

namespace sio::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FakeCommand final : public net::Child {
 public:
  FakeCommand(net::ChildEvents& events, std::vector<FakeCommand*>& running)
      : events_(events), running_(running) {
    running_.push_back(this);
  }
  ~FakeCommand() override { std::erase(running_, this); }

  int pid() const override { return 1; }
  void write(std::string_view bytes) override { input += bytes; }
  std::size_t input_backlog() const override { return 0; }
  void close_input() override { input_closed = true; }
  void pause_output() override {}
  void resume_output() override {}
  void kill(int signal_number) override { killed_by = signal_number; }

  void end(int exit_code, std::string_view output = "") {
    if (!output.empty()) events_.on_output(output);
    events_.on_exit(exit_code << 8);
  }
  void say(std::string_view output) { events_.on_output(output); }

  std::string input;
  bool input_closed = false;
  int killed_by = 0;

 private:
  net::ChildEvents& events_;
  std::vector<FakeCommand*>& running_;
};

class CommandAuthenticatorTest : public testing::Test, public CommandLauncher {
 protected:
  struct Client final : AuthWaiter {
    void on_verdict(AuthVerdict its_verdict) override { verdict = std::move(its_verdict); }
    std::optional<AuthVerdict> verdict;
  };

  Result<std::unique_ptr<net::Child>> launch(net::ChildEvents& events) override {
    if (broken_) return fail(Errc::io, "fork: no");
    return std::make_unique<FakeCommand>(events, running_);
  }
  Client& ask(std::string_view ns = "/", std::string_view auth = "") {
    Client& client = clients_.emplace_back();
    client.verdict = authenticator_.check({.ns = ns, .auth = auth}, client);
    return client;
  }
  void run_turn() {
    loop_->post([this] { loop_->stop(); });
    loop_->run();
  }

  bool broken_ = false;
  std::vector<FakeCommand*> running_;  // outlives the loop, which may hold the last commands
  std::unique_ptr<net::Loop> loop_ = std::move(*net::Loop::create({}));
  std::list<Client> clients_;
  CommandAuthenticator authenticator_{*loop_, *this};
};

TEST_F(CommandAuthenticatorTest, TellsTheCommandWhoAsksAndTakesItsAnswer) {
  Client& client = ask("/a", "{\"user\":\n\"x\"}");
  ASSERT_THAT(running_, SizeIs(1));
  EXPECT_EQ(running_[0]->input, "{\"ns\":\"/a\",\"auth\":{\"user\": \"x\"}}\n");
  EXPECT_TRUE(running_[0]->input_closed);
  EXPECT_FALSE(client.verdict);
  running_[0]->end(0, R"({"mode":"r"})");
  ASSERT_TRUE(client.verdict && client.verdict->access);
  EXPECT_TRUE(client.verdict->access->reads());
  EXPECT_FALSE(client.verdict->access->writes());
  run_turn();
  EXPECT_THAT(running_, IsEmpty());
}

TEST_F(CommandAuthenticatorTest, RefusesWithTheCommandsWords) {
  Client& client = ask();
  running_[0]->end(1, R"({"message":"banned"})");
  ASSERT_TRUE(client.verdict);
  EXPECT_EQ(client.verdict->access, nullptr);
  EXPECT_EQ(client.verdict->message, "banned");
}

TEST_F(CommandAuthenticatorTest, TakesWhateverIsNotAYesForANo) {
  Client& nonsense = ask();
  running_[0]->end(0, "sure");
  EXPECT_EQ(nonsense.verdict->access, nullptr);
  Client& elsewhere = ask("/");
  running_.back()->end(0, R"({"ns":"/b"})");
  EXPECT_EQ(elsewhere.verdict->message, "not for namespace /");
  broken_ = true;
  Client& unasked = ask();
  while (!unasked.verdict) run_turn();
  EXPECT_EQ(unasked.verdict->message, "refused");
}

TEST_F(CommandAuthenticatorTest, EndsACommandThatSaysTooMuch) {
  Client& client = ask();
  running_[0]->say(std::string(CommandAuthenticator::kMaxOutput + 1, ' '));
  EXPECT_EQ(running_[0]->killed_by, SIGKILL);
  ASSERT_TRUE(client.verdict);
  EXPECT_EQ(client.verdict->access, nullptr);
  client.verdict.reset();
  running_[0]->end(0);
  EXPECT_FALSE(client.verdict) << "one verdict only";
}

TEST_F(CommandAuthenticatorTest, RunsAFewAtATimeAndRefusesWhenTooManyWait) {
  for (std::size_t i = 0; i < CommandAuthenticator::kMaxRunning; ++i) ask();
  Client& next = ask();
  EXPECT_THAT(running_, SizeIs(CommandAuthenticator::kMaxRunning));
  running_[0]->end(0);
  run_turn();
  EXPECT_THAT(running_, SizeIs(CommandAuthenticator::kMaxRunning));
  running_.back()->end(0);
  EXPECT_TRUE(next.verdict && next.verdict->access);
  for (std::size_t i = 0; i < CommandAuthenticator::kMaxWaiting + 1; ++i) ask();
  Client& late = ask();
  ASSERT_TRUE(late.verdict);
  EXPECT_EQ(late.verdict->access, nullptr);
}

TEST_F(CommandAuthenticatorTest, ForgetsAClientThatGoes) {
  Client& client = ask();
  authenticator_.withdraw(client);
  running_[0]->end(0);
  EXPECT_FALSE(client.verdict);
}

}  // namespace
}  // namespace sio::server
