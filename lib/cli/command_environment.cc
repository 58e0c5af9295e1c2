#include "cli/command_environment.h"

#include <fmt/format.h>

#include <array>

#include "cli/json_path.h"
#include "proto/json_scanner.h"

namespace sio::cli {
namespace {

constexpr std::size_t kNumberedArguments = 10;
constexpr std::array<std::string_view, 10> kNames = {
    "SIO_EVENT", "SIO_ARGS", "SIO_ID",       "SIO_TIME",  "SIO_NS",
    "SIO_ROOMS", "SIO_FROM", "SIO_DELIVERY", "SIO_GROUP", "SIO_URL"};

std::string numbered(std::size_t position) {
  return fmt::format("SIO_{}", position);
}

class EnvironmentWriter {
 public:
  void put(std::string_view name, std::string value) {
    const bool fits = value.size() <= kMaxEnvironmentValue;
    if (fits && value.find('\0') == std::string::npos)
      all_.emplace_back(std::string(name), std::move(value));
  }
  void put_if(std::string_view name, std::string_view value) {
    if (!value.empty()) put(name, std::string(value));
  }
  Environment take() { return std::move(all_); }

 private:
  Environment all_;
};

void put_arguments(EnvironmentWriter& out, std::string_view args) {
  if (args.size() <= kMaxEnvironmentValue) out.put("SIO_ARGS", fmt::format("[{}]", args));
  proto::JsonScanner scanner(args);
  for (std::size_t i = 0; i < kNumberedArguments; ++i) {
    scanner.skip_space();
    const std::size_t start = scanner.offset();
    if (!scanner.skip_value()) return;
    out.put(numbered(i), plain_text(scanner.since(start)));
    scanner.skip_space();
    if (!scanner.skip(',')) return;
  }
}

}  // namespace

Environment command_environment(const EventRecord& record, std::string_view url) {
  EnvironmentWriter out;
  out.put("SIO_EVENT", plain_text(record.event_json));
  put_arguments(out, record.args);
  out.put_if("SIO_ID", record.id);
  std::string time;
  append_time(time, record.time_ms);
  out.put("SIO_TIME", std::move(time));
  out.put_if("SIO_NS", record.ns);
  std::string rooms;
  append_json_list(rooms, record.rooms);
  out.put("SIO_ROOMS", std::move(rooms));
  out.put_if("SIO_FROM", record.from);
  if (record.delivery > 0) out.put("SIO_DELIVERY", fmt::format("{}", record.delivery));
  out.put_if("SIO_GROUP", record.group);
  out.put_if("SIO_URL", url);
  return out.take();
}

std::vector<std::string> command_environment_names() {
  std::vector<std::string> names(kNames.begin(), kNames.end());
  for (std::size_t i = 0; i < kNumberedArguments; ++i) names.push_back(numbered(i));
  return names;
}

}  // namespace sio::cli
