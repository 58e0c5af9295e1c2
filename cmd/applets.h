// The table of commands. How to add one: lib/cli/applet.h.
#pragma once

#include <span>

#include "cli/applet.h"

namespace sio::cmd {

int serve_main(const cli::Arguments& arguments);
int emit_main(const cli::Arguments& arguments);
int listen_main(const cli::Arguments& arguments);
int replay_main(const cli::Arguments& arguments);
int join_main(const cli::Arguments& arguments);
int bench_main(const cli::Arguments& arguments);
int ping_main(const cli::Arguments& arguments);

std::span<const cli::Applet> applets();

}  // namespace sio::cmd
