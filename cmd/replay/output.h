// What both kinds of replay say of their output.
#pragma once

#include <optional>

#include "base/result.h"
#include "cli/player.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "client/outcome.h"
#include "replay/options.h"

namespace sio::cmd::replay {

// `share`: how much of the input has been read, if that is known.
inline cli::ProgressState progress_of(const cli::Player& player, const cli::Printer& printer,
                                      const Options& options, std::optional<double> share) {
  cli::ProgressState state{.count = player.played(), .bytes = printer.printed(), .share = share};
  if (options.player.count)
    state.share = static_cast<double>(state.count) / static_cast<double>(*options.player.count);
  return state;
}

inline client::Outcome output_problem(const Error& error, bool reader_gone) {
  if (reader_gone) return {.ending = client::Ending::reader_gone};
  return {.ending = client::Ending::work_failed, .message = "stdout: " + error.message};
}

}  // namespace sio::cmd::replay
