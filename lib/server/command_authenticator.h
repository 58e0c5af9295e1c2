// Asks a command about each client: who it is on stdin, one JSON object (describe_client()); the
// answer is its exit status, and what it writes (auth_answer.h).
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"
#include "server/authenticator.h"
#include "server/command_launcher.h"

namespace sio::server {

// Loop thread only. A few commands run at a time, the others wait. Whatever is not a clear yes is a
// no: a command that cannot be started, that takes too long, or whose answer makes no sense; the
// log says which. Clients see no more than "refused", or the command's own message.
class CommandAuthenticator final : public Authenticator {
 public:
  static constexpr std::size_t kMaxRunning = 16;
  static constexpr std::size_t kMaxWaiting = 1024;
  static constexpr std::size_t kMaxOutput = 64 * 1024;
  static constexpr Duration kPatience = std::chrono::seconds(5);  // from the start of a command

  // Both outlive it.
  CommandAuthenticator(net::Loop& loop, CommandLauncher& launcher);
  ~CommandAuthenticator() override;

  HandshakeNeed handshake_need() const override { return HandshakeNeed::everything; }
  std::optional<AuthVerdict> check(const Claim& claim, AuthWaiter& waiter) override;
  void withdraw(AuthWaiter& waiter) override;
  bool still_grants(std::string_view, const Access&) const override { return true; }

 private:
  class Run;
  struct Question {
    std::string ns;
    std::string facts;
    AuthWaiter* waiter = nullptr;
  };

  void start(Question question);
  void finished(Run& run);

  net::Loop& loop_;
  CommandLauncher& launcher_;
  std::deque<Question> waiting_;
  std::vector<std::unique_ptr<Run>> running_;
};

}  // namespace sio::server
