#include "cli/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/figures.h"

namespace sio::cli {
namespace {

using client::LoadMode;
using client::LoadReport;
using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<LoadMode, std::string_view>, 5> kModes = {{
    {LoadMode::connect, "connect"},
    {LoadMode::echo, "echo"},
    {LoadMode::fanout, "fanout"},
    {LoadMode::publish, "publish"},
    {LoadMode::replay, "replay"},
}};
constexpr std::array<std::pair<double, std::string_view>, 4> kPercentiles = {{
    {50, "p50"},
    {90, "p90"},
    {99, "p99"},
    {99.9, "p999"},
}};

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

double ms(Duration duration) {
  return rounded(std::chrono::duration<double, std::milli>(duration).count(), 1e4);
}

double per_second(std::uint64_t count, Duration elapsed) {
  if (elapsed <= Duration::zero()) return 0;
  return rounded(static_cast<double>(count) / seconds(elapsed), 10);
}

Json times(const Histogram& latency) {
  Json times = {{"min", ms(latency.min())}};
  for (const auto& [percent, name] : kPercentiles)
    times[std::string(name)] = ms(latency.percentile(percent));
  times["max"] = ms(latency.max());
  times["mean"] = ms(latency.mean());
  return times;
}

Json errors_of(const client::LoadErrors& errors) {
  return {{"connect", errors.connect},
          {"refused", errors.refused},
          {"disconnected", errors.disconnected},
          {"rejected", errors.rejected},
          {"gaps", errors.gaps}};
}

std::string_view name_of(client::LoadLimit limit) {
  switch (limit) {
    case client::LoadLimit::client:
      return "client";
    case client::LoadLimit::rate:
      return "rate";
    case client::LoadLimit::server:
      break;
  }
  return "server";
}

bool sends_events(LoadMode mode) {
  return mode != LoadMode::connect && mode != LoadMode::replay;
}

void add_load(Json& summary, const client::LoadOptions& options, const LoadReport& report) {
  summary["load"] = options.rate ? "open" : "closed";
  summary["clients"] = report.clients;
  if (options.rate)
    summary["rate"] = *options.rate;
  else if (sends_events(options.mode))
    summary["window"] = report.window;
  if (!sends_events(options.mode)) return;
  summary["event"] = options.event;
  summary["size"] = options.size;
}

}  // namespace

std::string_view mode_name(LoadMode mode) {
  return std::ranges::find(kModes, mode, &std::pair<LoadMode, std::string_view>::first)->second;
}

std::optional<LoadMode> parse_mode(std::string_view name) {
  const auto found =
      std::ranges::find(kModes, name, &std::pair<LoadMode, std::string_view>::second);
  if (found == kModes.end()) return std::nullopt;
  return found->first;
}

std::string bench_summary(const client::LoadOptions& options, const LoadReport& report,
                          std::string_view url) {
  Json summary = {{"type", "bench"}, {"mode", mode_name(options.mode)}, {"url", url}};
  summary["server"] = report.server.empty() ? Json() : Json(report.server);
  summary["ns"] = options.ns;
  summary["transport"] = report.transport;
  add_load(summary, options, report);
  summary["seconds"] = rounded(seconds(report.elapsed), 1e6);
  summary["setup_seconds"] = rounded(seconds(report.setup), 1e6);
  summary["sent"] = report.sent;
  summary["done"] = report.done;
  summary["received"] = report.received;
  summary["per_second"] = per_second(report.done, report.elapsed);
  summary["received_per_second"] = per_second(report.received, report.elapsed);
  summary["bytes_sent"] = report.bytes_sent;
  summary["bytes_received"] = report.bytes_received;
  summary["bytes_per_second"] =
      per_second(report.bytes_sent + report.bytes_received, report.elapsed);
  summary["ms"] = times(report.latency);
  summary["lost"] = report.lost;
  summary["doubled"] = report.doubled;
  summary["errors"] = errors_of(report.errors);
  if (!report.first_error.empty()) summary["first_error"] = report.first_error;
  summary["limited_by"] = name_of(report.limit);
  summary["client_limited"] = report.limit == client::LoadLimit::client;
  summary["client_cpu"] = rounded(report.cpu, 100);
  if (options.rate) summary["behind_ms"] = ms(report.behind);
  return summary.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// --- The picture

namespace {

// A doubling of the time has at most this many bars.
constexpr std::size_t kMostBars = 20;
constexpr std::size_t kLabels = 22;  // columns beside the bars
constexpr std::string_view kBar = "\x1b[36m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

struct Bar {
  Duration end{0};
  std::uint64_t count = 0;
};

// Ranges that grow by the same factor, from the shortest time to the longest.
std::vector<Bar> bars_of(const Histogram& latency) {
  const double first = std::max(1.0, static_cast<double>(latency.min().count()));
  const double last = std::max(first * 1.01, static_cast<double>(latency.max().count()));
  // One, two or five to a decade are ranges that people can read; as many as fit.
  double step = 0;
  for (const double candidate : {10.0, 5.0, 2.5, 5.0 / 3, 4.0 / 3})
    if (std::log(last / first) / std::log(candidate) <= kMostBars || step == 0) step = candidate;
  std::vector<Bar> bars;
  std::uint64_t before = 0;
  for (double end = first * step; before < latency.count(); end *= step) {
    const bool is_last = end > last || bars.size() == 2 * kMostBars;
    const Duration limit(is_last ? INT64_MAX : static_cast<Duration::rep>(end));
    const std::uint64_t below = is_last ? latency.count() : latency.below(limit);
    bars.push_back({is_last ? latency.max() : limit, below - before});
    before = below;
  }
  return bars;
}

std::string bar_text(double eighths) {
  std::string text;
  auto left = static_cast<std::size_t>(std::llround(eighths));
  for (; left >= 8; left -= 8) text += "█";
  text += kEighths[left];
  return text;
}

}  // namespace

std::string latency_plot(const Histogram& latency, const PlotOptions& options) {
  if (latency.count() == 0) return {};
  const std::vector<Bar> bars = bars_of(latency);
  const std::uint64_t most = std::ranges::max_element(bars, {}, &Bar::count)->count;
  const double width =
      options.width > kLabels + 10 ? static_cast<double>(options.width - kLabels) : 10.0;
  std::string plot;
  for (const Bar& bar : bars) {
    const double share = static_cast<double>(bar.count) / static_cast<double>(most);
    // What there is shows.
    const double eighths = bar.count == 0 ? 0 : std::max(1.0, share * width * 8);
    plot += fmt::format("<= {:>7} {:>6.2f} % {}{}{}\n", duration_text(bar.end),
                        100 * static_cast<double>(bar.count) / static_cast<double>(latency.count()),
                        options.color ? kBar : "", bar_text(eighths), options.color ? kPlain : "");
  }
  for (const auto& [percent, name] : kPercentiles)
    plot += fmt::format("{} {}   ", name, duration_text(latency.percentile(percent)));
  return plot + fmt::format("max {}\n", duration_text(latency.max()));
}

}  // namespace sio::cli
