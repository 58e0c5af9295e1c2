#include "cli/exit_code.h"

#include <fmt/format.h>

#include <array>

#include "base/check.h"

namespace sio::cli {
namespace {

using client::Ending;

struct Row {
  Ending ending;
  int code;
  std::string_view meaning;
};

// In the order of the codes; an ending without a meaning shares that of the row above.
constexpr std::array kRows = {
    Row{Ending::done, 0,
        "done: the count was met, the input was sent, all was acknowledged;\n"
        "also when nobody reads standard output any more, and when -W ends a run\n"
        "without -c; serve: ended by SIGTERM or SIGINT"},
    Row{Ending::reader_gone, 0, ""},
    Row{Ending::work_failed, 1,
        "some of the work failed: a command, a line of input, an event that\n"
        "the server does not take"},
    Row{Ending::usage, kUsageStatus,
        "the command line or the config file makes no sense, or asks for\n"
        "what needs a sio server and this is another"},
    Row{Ending::unreachable, 3,
        "no connection: name, network, proxy, TLS or HTTP; an address that\n"
        "cannot be listened on"},
    Row{Ending::refused, 4, "the server refused: authentication, namespace or room"},
    Row{Ending::incompatible, 5, "not Socket.IO, or not a version that is spoken here"},
    Row{Ending::lost, 6, "the connection was lost and not made again"},
    Row{Ending::unconfirmed, 7, "a receipt or an answer did not come in time"},
    Row{Ending::gap, 8, "events are known to be lost, with --strict"},
    Row{Ending::timed_out, 124, "-W or --idle ended the run before -c was met"},
    Row{Ending::not_runnable, 126, "the command of -x cannot be run"},
    Row{Ending::not_found, 127, "the command of -x is not there"},
    Row{Ending::signalled, 128, "ended by signal n; 130 is Ctrl-C"},
};

std::string indented(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "         ";
  }
  return out;
}

}  // namespace

int exit_code(const client::Outcome& outcome) {
  for (const Row& row : kRows)
    if (row.ending == outcome.ending)
      return row.code + (row.ending == Ending::signalled ? outcome.signal_number : 0);
  check_failed("a known ending", __FILE__, __LINE__);
}

std::string exit_code_help() {
  std::string text;
  for (const Row& row : kRows) {
    if (row.meaning.empty()) continue;
    const std::string code = row.ending == Ending::signalled ? "128+n" : std::to_string(row.code);
    text += fmt::format("  {:<5}  {}\n", code, indented(row.meaning));
  }
  return text;
}

}  // namespace sio::cli
