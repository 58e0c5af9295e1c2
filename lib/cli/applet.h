// The commands of the sio binary, and how one is chosen.
//
// How to add a command:
//   1. cmd/NAME.cc: `int NAME_main(const sio::cli::Arguments& arguments)`, declared in
//   cmd/applets.h:
//      options, then one call into a library, then an exit status. It answers -h and --version.
//   2. cmd/applets.cc: one line in the table; cmd/CMakeLists.txt: the file.
//   3. man/sio-NAME.1, the completions, and a test tests/e2e/NAME-*.sh for each behaviour.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sio::cli {

// What stands behind the command's name.
using Arguments = std::vector<std::string>;

struct Applet {
  std::string_view name;
  std::string_view summary;  // one line, as `sio help` prints it
  int (*main)(const Arguments& arguments);
};

// "0.1.0"
std::string_view version();

// Runs the command that argv names: `sio NAME …`, or a link called `sio-NAME`. Answers `help`,
// `--help` and `--version` itself. Returns the exit status: 2 for an unknown command, whose nearest
// known name is told.
int run_applet(std::span<const Applet> table, int argc, char** argv);

}  // namespace sio::cli
