// sio ping: which layer of the way to a server does not work, and what to change; or how long the
// way is.

#include <optional>
#include <string>

#include "applets.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/exit_code.h"
#include "cli/pinger.h"
#include "cli/session.h"
#include "cli/talk.h"

namespace sio::cmd {
namespace {

constexpr std::string_view kAbout =
    "usage: sio ping [options] [URL]\n"
    "\n"
    "Goes the whole way to a server and its namespace, and prints a record for each layer: name,\n"
    "connection, TLS, HTTP, protocol, transports, namespace, auth. Then measures round trips.\n"
    "What does not work is told with a hint at what to change. Leaves with 0 if a client with\n"
    "the same options can work.";

Status understand(cli::PingOptions& limits, const cli::ConnectOptions& connect,
                  const std::optional<std::uint64_t>& count,
                  const std::optional<Duration>& interval) {
  limits.count = count.value_or(limits.count);
  limits.interval = interval.value_or(limits.interval);
  limits.patience = connect.timeout.value_or(limits.patience);
  limits.silent = connect.quiet;
  if (limits.patience <= Duration::zero())
    return fail(Errc::usage, "--timeout: an answer takes longer than that");
  return {};
}

}  // namespace

int ping_main(const cli::Arguments& arguments) {
  cli::ConnectOptions connect;
  cli::PingOptions limits;
  std::optional<std::uint64_t> count;
  std::optional<Duration> interval;
  cli::CommandLine line("ping", std::string(kAbout));
  line.heading("The round trips");
  line.option(
      "-c,--count", "N",
      [&count](const std::string& text) -> Status {
        SIO_TRY(count, cli::parse_count(text, 0));
        return {};
      },
      "this many; 0: only the layers [4]");
  line.duration("-i,--interval", interval, "from one to the next [1s]");
  cli::add_connect_options(line, connect, "time for each step [10s]");
  if (const auto status = line.parse(arguments)) return *status;

  // There is no other operand: `host:port` will do here.
  if (!line.operands().empty() && !line.given("--server")) connect.server = line.operands().front();
  if (line.operands().size() > (line.given("--server") ? 0U : 1U))
    return line.complain("one server at a time");
  if (const Status status = understand(limits, connect, count, interval); !status)
    return line.complain(status.error().message);
  auto plan = cli::plan_connection(connect);
  if (!plan) return line.complain(plan.error().message);
  if (plan->client.namespaces.size() > 1)
    return line.complain("one namespace at a time: give --ns once");

  cli::Talk talk("ping", cli::talk_options(connect));
  auto pinger = cli::Pinger::create(connect, std::move(*plan), limits, talk);
  if (!pinger) {
    talk.error(pinger.error().message);
    return cli::kUsageStatus;
  }
  return cli::conclude((*pinger)->run(), talk);
}

}  // namespace sio::cmd
