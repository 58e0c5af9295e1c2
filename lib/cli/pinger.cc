#include "cli/pinger.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/random_id.h"
#include "cli/exit_code.h"
#include "cli/record_json.h"
#include "proto/json_text.h"

namespace sio::cli {
namespace {

using client::Ending;

// Somebody waits, and a try costs little.
constexpr BackoffLimits kWaiting = {.first = std::chrono::milliseconds(100),
                                    .longest = std::chrono::seconds(1)};
// How long the server may take over our leave.
constexpr Duration kLeavePatience = std::chrono::seconds(1);

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += fmt::format(",\"{}\":{}", name, proto::json_string(text));
}

void append_ms(std::string& out, std::string_view name, Duration duration) {
  out += fmt::format(",\"{}\":{:.3f}", name, milliseconds(duration));
}

}  // namespace

void append_layer(std::string& out, const client::LayerReport& report, bool color) {
  const std::string_view shade = report.ok ? kGreen : kRed;
  out += fmt::format(R"({{"type":"layer","layer":{}"{}"{},"ok":{})", color ? shade : "",
                     name_of(report.layer), color ? kPlain : "", report.ok);
  append_ms(out, "ms", report.took);
  for (const client::Fact& fact : report.facts)
    out += fmt::format(",\"{}\":{}", fact.name, fact.json);
  append_member(out, "message", report.cause.message);
  append_member(out, "hint", report.cause.hint);
  out += "}\n";
}

void append_round_trip(std::string& out, const RoundTrip& trip, std::int64_t now_ms) {
  out += R"({"type":"rtt","time":")";
  append_time(out, now_ms);
  out += fmt::format(R"(","seq":{})", trip.number);
  append_ms(out, "ms", trip.took);
  append_member(out, "by", trip.transport == "polling" ? "POST" : "WebSocket ping");
  out += "}\n";
}

void append_summary(std::string& out, const PingSummary& summary) {
  const bool ok = summary.outcome.ending == Ending::done;
  out += fmt::format(R"({{"type":"summary","ok":{},"code":{})", ok, exit_code(summary.outcome));
  if (summary.failed) append_member(out, "layer", name_of(*summary.failed));
  append_member(out, "transport", summary.transport);
  out += fmt::format(",\"round_trips\":{}", summary.round_trips);
  if (summary.round_trips > 0) {
    append_ms(out, "min_ms", summary.shortest);
    append_ms(out, "avg_ms", summary.total / static_cast<Duration::rep>(summary.round_trips));
    append_ms(out, "max_ms", summary.longest);
  }
  out += "}\n";
}

Result<std::unique_ptr<Pinger>> Pinger::create(const ConnectOptions& options, ConnectPlan plan,
                                               PingOptions limits, Talk& talk) {
  std::unique_ptr<Pinger> pinger(new Pinger(options, std::move(plan), limits, talk));
  SIO_TRY_STATUS(pinger->prepare(options));
  return pinger;
}

Pinger::Pinger(const ConnectOptions& options, ConnectPlan plan, PingOptions limits, Talk& talk)
    : plan_(std::move(plan)),
      limits_(limits),
      talk_(talk),
      credentials_(options, plan_.user_info),
      backoff_(kWaiting) {}

Pinger::~Pinger() = default;

Status Pinger::prepare(const ConnectOptions& options) {
  // What cannot be sent is better said before anything is tried.
  SIO_TRY_STATUS(credentials_.headers().map([](const auto&) {}));
  SIO_TRY_STATUS(credentials_.auth().map([](const auto&) {}));
  SIO_TRY(loop_, net::Loop::create({.many_sockets = false, .tls = plan_.tls}));
  plan_.connector.connect_timeout = limits_.patience;
  plan_.connector.watcher = this;
  plan_.connector.trace = talk_.http_trace();
  SIO_TRY(connector_, net::Connector::create(*loop_, plan_.connector));
  SIO_TRY_STATUS(watch_signals());
  net::Timer::Handler& timer_handler = *this;
  next_.emplace(*loop_, timer_handler);
  leaving_.emplace(*loop_, timer_handler);
  if (limits_.silent) return {};
  color_ = wants_color(options, STDOUT_FILENO);
  SIO_TRY(printer_, Printer::open(*loop_, STDOUT_FILENO, {}, *this));
  return {};
}

Status Pinger::watch_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  SIO_TRY_STATUS(loop_->watch_signal(SIGINT, *this));
  return loop_->watch_signal(SIGTERM, *this);
}

client::Outcome Pinger::run() {
  give_up_at_ = loop_->now() + plan_.client.first_wait;
  try_to_connect();
  if (!finished_) loop_->run();
  if (printer_ != nullptr && summary_.outcome.ending != Ending::reader_gone)
    if (const Status status = printer_->flush(); !status)
      return {.ending = Ending::work_failed, .message = "stdout: " + status.error().message};
  return summary_.outcome;
}

void Pinger::try_to_connect() {
  held_.clear();
  problems_.clear();
  auto headers = credentials_.headers();
  auto auth = headers ? credentials_.auth() : tl::unexpected(headers.error());
  if (!auth) return finish({.ending = Ending::usage, .message = auth.error().message});
  client::CheckupEvents& self = *this;
  checkup_ = std::make_unique<client::Checkup>(
      *loop_, *connector_,
      client::CheckupOptions{.target = plan_.client.target,
                             .ns = plan_.client.namespaces.front(),
                             .patience = limits_.patience},
      std::move(*headers), std::move(*auth), self, talk_.trace());
  checkup_->start();
}

void Pinger::on_layer(const client::LayerReport& report) {
  if (finished_) return;
  if (!report.ok) problems_.push_back(report.cause);
  if (plan_.client.first_wait > Duration::zero())
    held_.push_back(report);
  else
    show(report);
}

void Pinger::show_held() {
  for (const client::LayerReport& report : std::exchange(held_, {})) show(report);
}

// A transport that does not work is no error as long as another one does.
void Pinger::warn_of_problems() {
  for (const client::Outcome& problem : std::exchange(problems_, {}))
    talk_.warn(fmt::format("{} ({})", problem.message, problem.hint));
}

void Pinger::show(const client::LayerReport& report) {
  std::string line;
  append_layer(line, report, color_);
  if (printer_ != nullptr) printer_->print_bytes(line);
}

void Pinger::on_ready(std::string_view transport) {
  show_held();
  warn_of_problems();
  summary_.transport = transport;
  next_round_trip();
}

void Pinger::next_round_trip() {
  if (summary_.round_trips >= limits_.count) return finish({});
  checkup_->measure();
}

// The summary is the last record, whatever else the turn brings that ends it.
void Pinger::on_round_trip(Duration took) {
  if (finished_) return;
  ++summary_.round_trips;
  summary_.shortest = summary_.round_trips == 1 ? took : std::min(summary_.shortest, took);
  summary_.longest = std::max(summary_.longest, took);
  summary_.total += took;
  std::string line;
  append_round_trip(line,
                    {.number = summary_.round_trips, .took = took, .transport = summary_.transport},
                    clock_.wall_ms());
  if (printer_ != nullptr) printer_->print_bytes(line);
  if (summary_.round_trips >= limits_.count) return finish({});
  next_->arm_in(limits_.interval);
}

void Pinger::on_failed(const client::Diagnosis& diagnosis) {
  if (finished_) return;
  const bool waits = summary_.transport.empty() && diagnosis.may_work_later;
  if (waits && loop_->now() < give_up_at_) {
    std::uint32_t bits = 0;
    random_bytes(&bits, sizeof bits);
    const Duration delay = backoff_.next(static_cast<double>(bits) / 4294967296.0);
    if (client::Trace* trace = talk_.trace())
      trace->on_step(fmt::format("{}; trying again", diagnosis.cause.message));
    return next_->arm_in(std::min(delay, give_up_at_ - loop_->now()));
  }
  show_held();
  if (summary_.transport.empty()) {
    summary_.failed = diagnosis.layer;
    problems_.pop_back();  // the one that ends it is told as an error
  }
  warn_of_problems();
  finish(diagnosis.cause);
}

void Pinger::finish(client::Outcome outcome) {
  if (std::exchange(finished_, true)) return;
  summary_.outcome = std::move(outcome);
  next_->cancel();
  std::string line;
  append_summary(line, summary_);
  if (printer_ != nullptr && summary_.outcome.ending != Ending::reader_gone)
    printer_->print_bytes(line);
  const bool has_session = !summary_.transport.empty();
  if (!has_session || summary_.outcome.ending != Ending::done) return loop_->stop();
  leaving_->arm_in(kLeavePatience);
  checkup_->leave();
}

void Pinger::on_signal(int signal_number) {
  if (finished_) return loop_->stop();
  finish({.ending = Ending::signalled, .signal_number = signal_number});
}

void Pinger::on_timer(net::Timer& timer) {
  if (&timer == &*leaving_) return loop_->stop();
  if (summary_.transport.empty())
    try_to_connect();
  else
    next_round_trip();
}

void Pinger::on_output_broken(const Error& error, bool reader_gone) {
  if (reader_gone) return finish({.ending = Ending::reader_gone});
  finish({.ending = Ending::work_failed, .message = "stdout: " + error.message});
}

}  // namespace sio::cli
