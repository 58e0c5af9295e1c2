// sio serve: run a Socket.IO server.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "applets.h"
#include "base/log.h"
#include "cli/command_line.h"
#include "serve/options.h"
#include "serve/places.h"
#include "serve/serving.h"

namespace sio::cmd {
namespace {

constexpr std::string_view kAbout =
    "usage: sio serve [options] [ADDR...]\n"
    "\n"
    "Runs a Socket.IO server. ADDR is PORT, HOST:PORT or unix:PATH[,mode=660]; without one it is\n"
    "127.0.0.1:3000. Prints `listening URL` for each when it is ready.";

constexpr int kStoreNotClosed = 1;
constexpr int kCannotListen = 3;
constexpr int kCannotOpenStore = 3;
constexpr int kCannotJoin = 3;

void set_up_log(const serve::Options& options) {
  set_log_format(options.log_format == "json" ? LogFormat::json
                 : stderr_is_journal()        ? LogFormat::journal
                                              : LogFormat::text);
  if (options.quiet) return set_log_level(LogLevel::error);
  const LogLevel levels[] = {LogLevel::info, LogLevel::debug, LogLevel::trace, LogLevel::secrets};
  set_log_level(levels[std::min(options.verbose, 3)]);
}

// An error at the start, and what to do about it.
void tell(std::string_view message, std::string_view hint) {
  fmt::print(stderr, "{}sio serve: {} ({})\n",
             stderr_is_journal() ? journal_prefix(LogLevel::error) : "", message, hint);
}

}  // namespace

int serve_main(const cli::Arguments& arguments) {
  serve::Options options;
  cli::CommandLine line("serve", std::string(kAbout));
  serve::describe(line, options);
  if (const auto status = line.parse(arguments)) return *status;
  options.addresses = line.operands();
  if (const Status status = serve::settle(options); !status)
    return line.complain(status.error().message);
  auto places = serve::find_places(options);
  if (!places) return line.complain(places.error().message);

  if (options.store.empty()) {
    auto store = serve::default_store(places->first());
    if (!store) return line.complain(store.error().message);
    options.store = std::move(*store);
  }

  set_up_log(options);
  serve::Serving serving(options);
  if (const Status status = serving.open(); !status) return line.complain(status.error().message);
  if (const Status status = serving.open_store(); !status) {
    tell(status.error().message,
         options.redis
             ? "--store redis://HOST:PORT names another Redis, ?key=NAME another queue in it"
             : "--store DIR names another place, --store memory needs none");
    return kCannotOpenStore;
  }
  if (const Status status = serving.open_server(); !status)
    return line.complain(status.error().message);
  if (const Status status = serving.join_cluster(); !status) {
    tell("--cluster: " + status.error().message,
         "start that Redis server, or leave out --cluster to serve alone");
    return kCannotJoin;
  }
  if (serving.is_leaving()) return 0;
  if (const Status status = serving.listen(std::move(*places)); !status) {
    tell(status.error().message, "name another address, or end who has this one");
    return kCannotListen;
  }
  if (const Status status = serving.run(); !status) {
    log(LogLevel::error, fmt::format("close the store: {}", status.error().message));
    return kStoreNotClosed;
  }
  return 0;
}

}  // namespace sio::cmd
