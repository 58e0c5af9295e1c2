// What a client command says about itself, on stderr: errors, warnings, the connection (-v), every
// packet and every head of HTTP with the time (-vv), secrets too (-vvv).
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "client/client.h"
#include "client/outcome.h"
#include "client/trace.h"
#include "net/connector.h"

namespace sio::cli {

struct TalkOptions {
  bool quiet = false;  // errors only
  int verbose = 0;
  bool color = false;
  bool journal = false;  // systemd's journal reads: a level in front of each line
  bool status = false;   // stderr is a terminal that can show a line and take it back
};

// Where messages go when stderr shows something that is not to be mixed with them.
class Screen {
 public:
  virtual ~Screen() = default;
  // A line is about to be written.
  virtual void make_room() = 0;
};

// One write(2) a line; control characters are made visible, so that a peer cannot forge a line.
class Talk final : public client::Trace, public net::HttpTrace {
 public:
  Talk(std::string command, TalkOptions options);

  // Null: none. It outlives its use here.
  void set_screen(Screen* screen) { screen_ = screen; }

  // Never silent: `sio emit: MESSAGE (HINT)`.
  void error(std::string_view message, std::string_view hint = {}) const;
  void error(const client::Outcome& outcome) const { error(outcome.message, outcome.hint); }
  void warn(std::string_view message) const;  // not with -q

  // A line that stands below everything said, on a terminal; "" for none. Cut to the terminal's
  // width; not shown while the process is in the background of its terminal.
  void set_status(std::string line);
  bool shows_status() const { return options_.status && !options_.quiet; }

  // What to give a Client: null when it has nothing to tell.
  client::Trace* trace() { return options_.verbose > 0 ? this : nullptr; }

  // What to give a Connector: null when heads of HTTP are not to be told.
  net::HttpTrace* http_trace() { return options_.verbose > 1 ? this : nullptr; }

  void on_step(std::string_view text) override;
  void on_text_packet(client::Direction direction, std::string_view packet) override;
  void on_binary_packet(client::Direction direction, std::string_view bytes) override;
  void on_request(std::string_view head) override;
  void on_response(int status, const net::HttpHeaders& headers) override;

 private:
  void trace(std::string_view mark, std::string_view text) const;
  bool shows_secrets() const { return options_.verbose > 2; }
  void say(LogLevel level, std::string_view text) const;

  std::string prefix_;
  TalkOptions options_;
  std::string status_;  // as it stands on the terminal
  Screen* screen_ = nullptr;
};

// "connection lost: transport close; trying again in 0.4 s"
std::string describe(const client::Lost& lost);

}  // namespace sio::cli
