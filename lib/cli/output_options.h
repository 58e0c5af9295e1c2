// How events are printed: the options that listen, join and replay share.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command_line.h"
#include "cli/event_match.h"
#include "cli/printer.h"

namespace sio::cli {

struct OutputOptions {
  PrinterOptions printer;  // its colour is not set here
  EventMatch match;
};

// Adds --format and --null to a command, and --match if it chooses among events.
void add_output_options(CommandLine& line, OutputOptions& options);
void add_match_option(CommandLine& line, OutputOptions& options);

}  // namespace sio::cli
