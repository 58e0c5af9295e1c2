// The commands of the sio binary, and how one is chosen.
//
// How to add a command:
//   1. cmd/NAME.cc: `int NAME_main(const sio::cli::Arguments& arguments)`, declared in
//   cmd/applets.h:
//      options, then one call into a library, then an exit status. It answers -h and --version.
//   2. cmd/applets.cc: one line in the table; cmd/CMakeLists.txt: the file.
//   3. man/sio-NAME.1, the completions, and a test tests/e2e/NAME-*.sh for each behaviour.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/option.h"

namespace sio::cli {

struct Applet;

// What a command is run with.
struct Arguments {
  Arguments(std::initializer_list<std::string> typed) : words(typed) {}
  explicit Arguments(std::vector<std::string> typed) : words(std::move(typed)) {}

  std::vector<std::string> words;    // what stands behind its name
  std::span<const Applet> commands;  // all that there are
  CommandOptions* survey = nullptr;  // not null: put what the command has here, and return
};

struct Applet {
  std::string_view name;
  std::string_view summary;  // one line, as `sio help` prints it
  int (*main)(const Arguments& arguments);
};

// The options of every command.
std::vector<CommandOptions> survey(std::span<const Applet> table);

// "0.1.0"
std::string_view version();

// Runs the command that argv names: `sio NAME …`, or a link called `sio-NAME`; a link with any
// other name is as good as `sio`. Answers `help`,
// `--help` and `--version` itself. Returns the exit status: 2 for an unknown command, whose nearest
// known name is told.
int run_applet(std::span<const Applet> table, int argc, char** argv);

}  // namespace sio::cli
