// sio replay: stored or recorded events again.

#include <memory>
#include <string>
#include <utility>

#include "applets.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/exit_code.h"
#include "replay/input_replay.h"
#include "replay/options.h"
#include "replay/server_replay.h"

namespace sio::cmd {
namespace {

constexpr std::string_view kAbout =
    "usage: sio replay [options] [URL] [EVENT...]               from a sio server's queue\n"
    "       sio replay --input FILE|DIR|- [options] [EVENT...]   from a recording, or from a "
    "store\n"
    "\n"
    "Prints what was stored or recorded, and ends. Publish it again with `| sio emit -`; to go on\n"
    "with what is live, use `sio listen --since`.";

int replay_from_server(replay::Options& options, cli::CommandLine& line) {
  auto plan = cli::plan_connection(options.connect);
  if (!plan) return line.complain(plan.error().message);
  replay::plan_hello(plan->client, options);
  cli::Talk talk("replay", cli::talk_options(options.connect));
  replay::ServerReplay server(options, talk);
  if (const Status status = server.open(std::move(*plan)); !status) {
    talk.error(status.error().message);
    return cli::kUsageStatus;
  }
  return cli::conclude(server.run(), talk);
}

}  // namespace

int replay_main(const cli::Arguments& arguments) {
  replay::Options options;
  cli::CommandLine line("replay", std::string(kAbout));
  replay::describe(line, options);
  cli::add_connect_options(line, options.connect, "stop after this time [never]");
  if (const auto status = line.parse(arguments)) return *status;
  if (!options.input.empty() && line.given("--server"))
    return line.complain("--input and a server: one of them");
  options.events = line.operands();
  if (const Status status = replay::settle(options); !status)
    return line.complain(status.error().message);
  if (options.input.empty()) return replay_from_server(options, line);

  cli::Talk talk("replay", cli::talk_options(options.connect));
  replay::InputReplay input(options, talk);
  return cli::conclude(input.run(), talk);
}

}  // namespace sio::cmd
