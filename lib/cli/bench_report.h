// What `sio bench` says of a load: a summary for programs, a picture for people. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "client/load.h"
#include "client/load_report.h"

namespace sio::cli {

// "echo". Nothing: there is no such mode.
std::string_view mode_name(client::LoadMode mode);
std::optional<client::LoadMode> parse_mode(std::string_view name);

// One JSON object, without a newline. `url`: the server, as it was named.
std::string bench_summary(const client::LoadOptions& options, const client::LoadReport& report,
                          std::string_view url);

struct PlotOptions {
  std::size_t width = 80;  // columns
  bool color = false;
};
// How long how many took: a bar for each range of times, and the percentiles. Lines, or "" when
// nothing was measured.
std::string latency_plot(const Histogram& latency, const PlotOptions& options);

}  // namespace sio::cli
