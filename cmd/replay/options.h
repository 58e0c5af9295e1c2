// The options of `sio replay`: what was typed, and what follows from it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/output_options.h"
#include "cli/player.h"
#include "cli/selection.h"

namespace sio::cmd::replay {

// As typed; settle() completes them.
struct Options {
  cli::ConnectOptions connect;
  cli::OutputOptions output;
  std::string input;
  std::vector<std::string> events;
  std::vector<std::string> rooms;
  std::string since;
  std::string until;
  std::string group;
  cli::Selection selection;
  cli::PlayerOptions player;
};

void describe(cli::CommandLine& line, Options& options);
// Errors are the user's.
Status settle(Options& options);

}  // namespace sio::cmd::replay
