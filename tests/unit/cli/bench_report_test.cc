#include "cli/bench_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace sio::cli {
namespace {

using client::LoadMode;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

client::LoadReport report_of(std::uint64_t events) {
  client::LoadReport report;
  report.server = "sio/1.0";
  report.transport = "websocket";
  report.clients = 2;
  report.window = 4;
  report.sent = report.done = report.received = events;
  report.elapsed = std::chrono::seconds(2);
  for (std::uint64_t i = 1; i <= events; ++i) report.latency.add(milliseconds(i));
  return report;
}

nlohmann::json summary_of(const client::LoadOptions& options, const client::LoadReport& report) {
  const std::string text = bench_summary(options, report, "http://h:1");
  EXPECT_EQ(text.find('\n'), std::string::npos);
  return nlohmann::json::parse(text);
}

TEST(BenchSummary, SaysWhatWasDoneAndHowFast) {
  const auto summary = summary_of({.mode = LoadMode::publish}, report_of(1000));
  EXPECT_EQ(summary["type"], "bench");
  EXPECT_EQ(summary["mode"], "publish");
  EXPECT_EQ(summary["url"], "http://h:1");
  EXPECT_EQ(summary["server"], "sio/1.0");
  EXPECT_EQ(summary["load"], "closed");
  EXPECT_EQ(summary["window"], 4);
  EXPECT_EQ(summary["size"], 128);
  EXPECT_FALSE(summary.contains("rate"));
  EXPECT_EQ(summary["done"], 1000);
  EXPECT_EQ(summary["per_second"], 500);
  EXPECT_NEAR(summary["ms"]["p50"].get<double>(), 500, 5);
  EXPECT_NEAR(summary["ms"]["p99"].get<double>(), 990, 10);
  EXPECT_EQ(summary["ms"]["max"], 1000);
  EXPECT_EQ(summary["limited_by"], "server");
  EXPECT_EQ(summary["client_limited"], false);
}

TEST(BenchSummary, CallsASchedulesLoadOpen) {
  client::LoadReport report = report_of(10);
  report.limit = client::LoadLimit::rate;
  report.behind = microseconds(70);
  const auto summary = summary_of({.rate = 5000}, report);
  EXPECT_EQ(summary["load"], "open");
  EXPECT_EQ(summary["rate"], 5000);
  EXPECT_FALSE(summary.contains("window"));
  EXPECT_EQ(summary["behind_ms"], 0.07);
  EXPECT_EQ(summary["limited_by"], "rate");
}

TEST(BenchSummary, HidesNoLossAndNoError) {
  client::LoadReport report = report_of(3);
  report.lost = 1;
  report.doubled = 2;
  report.errors = {.connect = 3, .refused = 4, .disconnected = 5, .rejected = 6, .gaps = 7};
  report.first_error = "no \xff way";
  report.limit = client::LoadLimit::client;
  const auto summary = summary_of({}, report);
  EXPECT_EQ(summary["lost"], 1);
  EXPECT_EQ(summary["doubled"], 2);
  EXPECT_EQ(summary["errors"].dump(),
            R"({"connect":3,"disconnected":5,"gaps":7,"refused":4,"rejected":6})");
  EXPECT_EQ(summary["first_error"], "no \xef\xbf\xbd way");
  EXPECT_EQ(summary["client_limited"], true);
}

TEST(BenchSummary, HasNumbersEvenIfNothingHappened) {
  client::LoadReport report;
  const auto summary = summary_of({.mode = LoadMode::connect}, report);
  EXPECT_EQ(summary["server"], nullptr);
  EXPECT_EQ(summary["per_second"], 0);
  EXPECT_EQ(summary["ms"]["p999"], 0);
  EXPECT_FALSE(summary.contains("size"));
}

TEST(BenchMode, HasANameThatIsReadBack) {
  for (const char* name : {"connect", "echo", "fanout", "publish", "replay"})
    EXPECT_EQ(mode_name(parse_mode(name).value()), name);
  EXPECT_FALSE(parse_mode("Echo"));
  EXPECT_FALSE(parse_mode(""));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; }));
}

TEST(LatencyPlot, IsNothingForNothing) {
  EXPECT_EQ(latency_plot({}, {}), "");
}

TEST(LatencyPlot, FitsTheTerminalAndAScreen) {
  Histogram latency;
  for (int i = 1; i <= 100'000; ++i) latency.add(microseconds(i % 700 + 1));
  latency.add(std::chrono::minutes(3));
  for (const std::size_t width : {40u, 80u, 100u}) {
    const auto lines = lines_of(latency_plot(latency, {.width = width}));
    EXPECT_LE(lines.size(), 24u);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) EXPECT_LE(columns(lines[i]), width);
  }
}

TEST(LatencyPlot, CountsEverythingOnceAndShowsWhatIsRare) {
  Histogram latency;
  for (int i = 0; i < 9999; ++i) latency.add(milliseconds(1));
  latency.add(milliseconds(900));
  const auto lines = lines_of(latency_plot(latency, {.width = 80}));
  double percent = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) percent += std::stod(lines[i].substr(11));
  EXPECT_NEAR(percent, 100, 0.1);
  EXPECT_THAT(lines[lines.size() - 2], HasSubstr("▏"));
  EXPECT_THAT(lines.back(), HasSubstr("max 900 ms"));
}

TEST(LatencyPlot, OneValueIsOneBar) {
  Histogram latency;
  latency.add(milliseconds(5));
  EXPECT_EQ(lines_of(latency_plot(latency, {})).size(), 2u);
  latency = {};
  latency.add(Duration::zero());
  EXPECT_GE(lines_of(latency_plot(latency, {})).size(), 2u);
}

TEST(LatencyPlot, HasNoEscapesWithoutColour) {
  Histogram latency;
  latency.add(milliseconds(5));
  EXPECT_THAT(latency_plot(latency, {.color = false}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(latency_plot(latency, {.color = true}), HasSubstr("\x1b[0m"));
}

}  // namespace
}  // namespace sio::cli
