#include "cli/event_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proto/glob.h"
#include "proto/limits.h"

namespace sio::cli {

Status EventMatch::add(std::string_view condition) {
  const std::size_t equals = condition.find('=');
  if (equals == std::string_view::npos)
    return fail(Errc::usage, "expected PATH=GLOB, as in 0.status=done");
  SIO_TRY(JsonPath path, JsonPath::parse(condition.substr(0, equals)));
  const std::string_view glob = condition.substr(equals + 1);
  if (glob.size() > proto::kMaxGlob)
    return fail(Errc::usage, fmt::format("a pattern of more than {} bytes", proto::kMaxGlob));
  conditions_.push_back({std::move(path), std::string(glob)});
  return {};
}

bool EventMatch::matches(std::string_view args) const {
  return std::ranges::all_of(conditions_, [args](const Condition& condition) {
    const auto value = condition.path.find(args);
    return value && proto::glob_match(condition.glob, plain_text(*value));
  });
}

}  // namespace sio::cli
