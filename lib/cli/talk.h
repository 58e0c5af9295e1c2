// What a client command says about itself, on stderr: errors, warnings, the connection (-v), every
// packet (-vv).
#pragma once

#include <string>
#include <string_view>

#include "client/client.h"
#include "client/outcome.h"
#include "client/trace.h"

namespace sio::cli {

struct TalkOptions {
  bool quiet = false;  // errors only
  int verbose = 0;
  bool color = false;
  bool status = false;  // stderr is a terminal that can show a line and take it back
};

// One write(2) a line; control characters are made visible, so that a peer cannot forge a line.
class Talk final : public client::Trace {
 public:
  Talk(std::string command, TalkOptions options);

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

  void on_step(std::string_view text) override;
  void on_text_packet(client::Direction direction, std::string_view packet) override;
  void on_binary_packet(client::Direction direction, std::string_view bytes) override;

 private:
  void say(std::string_view color, std::string_view text) const;

  std::string prefix_;
  TalkOptions options_;
  std::string status_;  // as it stands on the terminal
};

// "connection lost: transport close; trying again in 0.4 s"
std::string describe(const client::Lost& lost);

}  // namespace sio::cli
