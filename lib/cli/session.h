// One run of a client command: the loop, the connection, the signals, the time limit and the end.
// A command makes one, starts it with run(), and says finish() when it has done its work.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "cli/connect_options.h"
#include "cli/talk.h"
#include "client/client.h"
#include "net/loop.h"

namespace sio::cli {

// Asked when the run comes to its end.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  // The time of SessionOptions::time_limit is up: call finish().
  virtual void on_time_up() = 0;
  // A signal asks to end. True: finish() follows soon, with what is `outcome` now; false: finish at
  // once. A second signal is not asked about.
  virtual bool on_interrupted(const client::Outcome& outcome) {
    static_cast<void>(outcome);
    return false;
  }
};

struct SessionOptions {
  std::optional<Duration> time_limit;
};

class Session final : private net::SignalHandler,
                      private net::Timer::Handler,
                      private net::TurnListener {
 public:
  // `plan`'s client options may be completed by the command first (hello, join_event). All
  // references outlive the session. Errors: a TLS file that cannot be read, no resources.
  static Result<std::unique_ptr<Session>> create(const ConnectOptions& options, ConnectPlan plan,
                                                 Talk& talk, client::ClientEvents& events,
                                                 SessionOwner& owner, SessionOptions limits);
  ~Session() override;

  net::Loop& loop() { return *loop_; }
  client::Client& client() { return *client_; }

  // Connects and runs until finish() or ended(). Returns how it ended.
  client::Outcome run();

  // The work is done, or cannot be: leaves the server in good order, for a bounded time. The first
  // outcome counts.
  void finish(client::Outcome outcome);
  // From ClientEvents::on_ended().
  void ended(const client::Outcome& outcome);
  bool finishing() const { return outcome_.has_value(); }

 private:
  Session(const ConnectOptions& options, std::string user_info, SessionOwner& owner,
          SessionOptions limits);
  Status watch_signals();
  void on_signal(int signal_number) override;
  void on_timer(net::Timer& timer) override;
  void on_turn_end() override;

  SessionOwner& owner_;
  SessionOptions limits_;
  CommandCredentials credentials_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<client::Client> client_;
  std::optional<net::Timer> leave_timer_;
  std::optional<net::Timer> limit_timer_;
  std::optional<client::Outcome> outcome_;
  bool interrupted_ = false;
};

// Tells an outcome and turns it into the exit status; an outcome by a signal ends the process by
// that signal.
int conclude(const client::Outcome& outcome, const Talk& talk);

}  // namespace sio::cli
