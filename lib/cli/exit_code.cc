#include "cli/exit_code.h"

#include "base/check.h"

namespace sio::cli {

int exit_code(const client::Outcome& outcome) {
  using client::Ending;
  switch (outcome.ending) {
    case Ending::done:
    case Ending::reader_gone:
      return 0;
    case Ending::work_failed:
      return 1;
    case Ending::usage:
      return kUsageStatus;
    case Ending::unreachable:
      return 3;
    case Ending::refused:
      return 4;
    case Ending::incompatible:
      return 5;
    case Ending::lost:
      return 6;
    case Ending::unconfirmed:
      return 7;
    case Ending::gap:
      return 8;
    case Ending::not_runnable:
      return 126;
    case Ending::not_found:
      return 127;
    case Ending::timed_out:
      return 124;
    case Ending::signalled:
      return 128 + outcome.signal_number;
  }
  check_failed("a known ending", __FILE__, __LINE__);
}

}  // namespace sio::cli
