#include "cli/output_options.h"

namespace sio::cli {

void add_output_options(CommandLine& line, OutputOptions& options) {
  line.option(
      "-F,--format", "S",
      [&options](const std::string& text) -> Status {
        SIO_TRY(options.printer.format, RecordFormat::parse(text));
        return {};
      },
      "print S instead of NDJSON: %{event} %{args} %{0} %{0.name} %{time} %{id} %{ns} %{rooms} %% "
      "\\n \\t \\0");
  line.flag("-0,--null", options.printer.null, "end records with NUL instead of a newline");
}

void add_match_option(CommandLine& line, OutputOptions& options) {
  line.option(
      "-m,--match", "PATH=GLOB",
      [&options](const std::string& text) { return options.match.add(text); },
      "only events whose value at PATH matches, as in 0.status=done; repeat for AND");
}

}  // namespace sio::cli
