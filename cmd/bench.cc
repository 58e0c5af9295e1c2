// sio bench: put load on a server, and say how it took it.

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "applets.h"
#include "cli/bench_report.h"
#include "cli/command_line.h"
#include "cli/connect_options.h"
#include "cli/event_builder.h"
#include "cli/exit_code.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/talk.h"
#include "client/load.h"
#include "proto/secrets.h"

namespace sio::cmd {
namespace {

using client::Ending;
using client::LoadMode;

constexpr std::string_view kAbout =
    "usage: sio bench [options] [URL]\n"
    "\n"
    "Puts load on a Socket.IO server and prints one JSON object: rates, latencies, errors.\n"
    "What the clients do is said by --mode:\n"
    "  echo      send events and wait for the ack of each (any server that acknowledges them)\n"
    "  connect   connect, leave, connect again (any server)\n"
    "  publish   send events and wait for their receipts (any server)\n"
    "  fanout    one sends, all receive (a server that sends events on, as sio serve)\n"
    "  replay    read the queue from its beginning (sio server)";

constexpr Duration kUsualDuration = std::chrono::seconds(10);
constexpr std::size_t kMaxClients = 65536;
constexpr std::size_t kMaxWindow = 100'000;
constexpr std::size_t kMaxSize = std::size_t{64} << 20;
// Descriptors beside the clients': the loop's, the standard ones, and clients that are leaving.
constexpr std::size_t kOtherDescriptors = 64;

struct Options {
  cli::ConnectOptions connect;
  client::LoadOptions load;
  std::string mode = "echo";
  std::optional<std::uint64_t> clients;
  std::optional<std::uint64_t> window;
  std::optional<std::uint64_t> size;
};

class Bench final : private client::LoadEvents,
                    private net::SignalHandler,
                    private cli::ProgressSource {
 public:
  Bench(const Options& options, cli::Talk& talk) : options_(options), talk_(talk) {}

  Status open(cli::ConnectPlan plan);
  client::Outcome run();

 private:
  void on_load_done(const client::Outcome& outcome) override;
  void on_load_left() override { loop_->stop(); }
  void on_signal(int signal_number) override;
  cli::ProgressState progress() override;

  std::optional<double> share_done() const;
  void print_summary();
  void plot() const;
  void warn() const;

  const Options& options_;
  cli::Talk& talk_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<cli::CommandCredentials> credentials_;
  std::unique_ptr<client::Load> load_;
  std::optional<cli::Progress> progress_;
  std::optional<client::Outcome> outcome_;
  std::string remark_;
};

std::size_t connections_of(const client::LoadOptions& load) {
  return load.clients + (load.mode == LoadMode::fanout ? 1 : 0);
}

// The loop has raised the limit as far as this process may.
Status check_descriptors(const client::LoadOptions& load) {
  rlimit limit{};
  const std::size_t needed = connections_of(load) + kOtherDescriptors;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return {};
  return fail(Errc::usage, fmt::format("--clients {}: this needs {} descriptors, and the limit is "
                                       "{}: raise it (ulimit -Hn), or take fewer clients",
                                       load.clients, needed, limit.rlim_cur));
}

Status Bench::open(cli::ConnectPlan plan) {
  credentials_ = std::make_unique<cli::CommandCredentials>(options_.connect, plan.user_info);
  SIO_TRY_STATUS(credentials_->headers().map([](const auto&) {}));
  SIO_TRY_STATUS(credentials_->auth().map([](const auto&) {}));
  SIO_TRY(loop_, net::Loop::create({.many_sockets = true, .tls = plan.tls}));
  SIO_TRY_STATUS(check_descriptors(options_.load));
  plan.connector.trace = talk_.http_trace();
  SIO_TRY(connector_, net::Connector::create(*loop_, plan.connector));
  SIO_TRY_STATUS(loop_->watch_signal(SIGINT, *this));
  SIO_TRY_STATUS(loop_->watch_signal(SIGTERM, *this));
  client::LoadEvents& events = *this;
  load_ = std::make_unique<client::Load>(*loop_, *connector_, options_.load, *credentials_, events,
                                         talk_.trace());
  cli::ProgressSource& source = *this;
  progress_.emplace(*loop_, talk_, source);
  return {};
}

client::Outcome Bench::run() {
  load_->start();
  loop_->run();
  return outcome_.value_or(client::Outcome{});
}

void Bench::on_signal(int signal_number) {
  if (outcome_) return loop_->stop();
  load_->stop({.ending = Ending::signalled, .signal_number = signal_number});
}

void Bench::on_load_done(const client::Outcome& outcome) {
  outcome_ = outcome;
  progress_.reset();
  if (load_->result().sent == 0) return;  // it had not begun
  warn();
  plot();
  print_summary();
}

void Bench::warn() const {
  const client::LoadReport& report = load_->result();
  if (report.limit != client::LoadLimit::client) return;
  if (report.busy >= client::kAlwaysBusy)
    talk_.warn(fmt::format(
        "this client was the bottleneck: its thread worked, or waited for a processor, {:.0f} % of "
        "the time; the server may be able to do more",
        100 * report.busy));
  else
    talk_.warn(
        fmt::format("this client was the bottleneck: it was {} ms behind its schedule; "
                    "a lower --rate, or several of it",
                    std::chrono::ceil<std::chrono::milliseconds>(report.behind).count()));
}

void Bench::plot() const {
  if (options_.connect.quiet || ::isatty(STDERR_FILENO) == 0) return;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  const std::string picture = cli::latency_plot(
      load_->result().latency, {.width = std::min<std::size_t>(known ? size.ws_col : 80, 100),
                                .color = cli::wants_color(options_.connect, STDERR_FILENO)});
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, picture.data(), picture.size());
}

void Bench::print_summary() {
  const std::string line =
      cli::bench_summary(options_.load, load_->result(), proto::mask_url(options_.connect.server)) +
      "\n";
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      if (errno != EPIPE)
        outcome_ = {.ending = Ending::work_failed,
                    .message = fmt::format("stdout: {}", std::strerror(errno))};
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string_view things_of(LoadMode mode) {
  switch (mode) {
    case LoadMode::connect:
      return "connections";
    case LoadMode::fanout:
      return "deliveries";
    case LoadMode::replay:
      return "records";
    default:
      return "events";
  }
}

cli::ProgressState Bench::progress() {
  const client::LoadReport& report = load_->result();
  if (!load_->running_for()) {
    remark_ = fmt::format("connected: {} of {}", load_->connected(), connections_of(options_.load));
    return {.things = things_of(options_.load.mode), .remark = remark_};
  }
  const bool received =
      options_.load.mode == LoadMode::fanout || options_.load.mode == LoadMode::replay;
  return {.count = received ? report.received : report.done,
          .things = things_of(options_.load.mode),
          .bytes = report.bytes_sent + report.bytes_received,
          .share = share_done()};
}

// By count or by time: whichever ends it first.
std::optional<double> Bench::share_done() const {
  const client::LoadOptions& load = options_.load;
  const auto seconds = [](Duration time) { return std::chrono::duration<double>(time).count(); };
  double share = 0;
  if (load.count)
    share = static_cast<double>(load_->result().done) / static_cast<double>(*load.count);
  if (load.duration)
    share = std::max(share, seconds(*load_->running_for()) / seconds(*load.duration));
  return share;
}

// The options.

void describe(cli::CommandLine& line, Options& options) {
  client::LoadOptions& load = options.load;
  line.heading("The load");
  line.choice("--mode", "MODE", {"connect", "echo", "fanout", "publish", "replay"}, options.mode,
              "connect, echo, fanout, publish or replay [echo]");
  line.count("-C,--clients", "N", options.clients, "this many at one time [50]");
  line.count("-c,--count", "N", load.count,
             "stop after N events, or connections, or replays, of all together");
  line.count(
      "--rate", "N", load.rate,
      "begin N a second, of all together, on a schedule [each client waits for its answers]");
  line.count("--window", "N", options.window,
             "without --rate: events of a client on their way [echo: 1, fanout: 16, publish: 256]");
  line.size("--size", options.size, "bytes of an event's argument, at least 16 [128]");
  line.option("-e,--event", "NAME", load.event, "the event that is sent [bench]");
}

std::size_t usual_window(LoadMode mode) {
  switch (mode) {
    case LoadMode::fanout:
      return 16;
    case LoadMode::publish:
      return 256;
    default:
      return 1;
  }
}

Status check(Options& options) {
  client::LoadOptions& load = options.load;
  load.mode = cli::parse_mode(options.mode).value_or(LoadMode::echo);
  if (options.clients.value_or(0) > kMaxClients)
    return fail(Errc::usage, fmt::format("--clients: {} at most", kMaxClients));
  if (options.window.value_or(0) > kMaxWindow)
    return fail(Errc::usage, fmt::format("--window: {} at most", kMaxWindow));
  if (load.rate && options.window)
    return fail(Errc::usage, "--rate and --window: on a schedule nothing waits for a window");
  if (load.rate.value_or(0) > 1'000'000'000)
    return fail(Errc::usage, "--rate: a billion a second at most");
  load.clients = static_cast<std::size_t>(options.clients.value_or(load.clients));
  load.window = static_cast<std::size_t>(options.window.value_or(usual_window(load.mode)));
  load.size = static_cast<std::size_t>(options.size.value_or(load.size));
  if (load.size < client::LoadMessages::kMarkSize || load.size > kMaxSize)
    return fail(Errc::usage, fmt::format("--size: from {} bytes, which tell one event from "
                                         "another, to 64Mi",
                                         client::LoadMessages::kMarkSize));
  load.duration = options.connect.timeout;
  if (!load.duration && !load.count) {
    if (load.mode == LoadMode::replay)
      load.count = load.clients;
    else
      load.duration = kUsualDuration;
  }
  if (load.duration && *load.duration <= Duration::zero())
    return fail(Errc::usage, "--timeout: a load takes some time");
  return cli::check_event_name(load.event);
}

void plan_load(Options& options, const cli::ConnectPlan& plan) {
  options.load.target = plan.client.target;
  options.load.ns = plan.client.namespaces.front();
  options.load.first_wait = plan.client.first_wait;
  options.load.end_when_one_is_lost = options.connect.no_reconnect;
}

}  // namespace

int bench_main(const cli::Arguments& arguments) {
  Options options;
  cli::CommandLine line("bench", std::string(kAbout));
  describe(line, options);
  cli::add_connect_options(line, options.connect, "how long the load takes [10s]");
  if (const auto status = line.parse(arguments)) return *status;
  if (!line.operands().empty())
    return line.complain("unexpected operand: " + line.operands().front());
  if (const Status status = check(options); !status) return line.complain(status.error().message);
  auto plan = cli::plan_connection(options.connect);
  if (!plan) return line.complain(plan.error().message);
  if (plan->client.namespaces.size() > 1) return line.complain("a load has one namespace");
  plan_load(options, *plan);

  cli::Talk talk("bench", cli::talk_options(options.connect));
  Bench bench(options, talk);
  if (const Status status = bench.open(std::move(*plan)); !status) {
    talk.error(status.error().message);
    return cli::kUsageStatus;
  }
  return cli::conclude(bench.run(), talk);
}

}  // namespace sio::cmd
