// --format and --match: a format, a condition and the arguments of an event, a line each.
#include <string>

#include "cli/event_match.h"
#include "cli/record_format.h"
#include "fuzz/fuzz_target.h"
#include "proto/json_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  const std::size_t first = text.find('\n');
  if (first == std::string_view::npos) return 0;
  const std::size_t second = text.find('\n', first + 1);
  if (second == std::string_view::npos) return 0;
  const std::string_view args = text.substr(second + 1);
  const auto array = sio::proto::check_json("[" + std::string(args) + "]");
  if (!array || *array != sio::proto::JsonKind::array) return 0;

  std::string out;
  if (const auto format = sio::cli::RecordFormat::parse(text.substr(0, first)))
    format->append(out, {.event_json = "\"event\"", .args = args});
  sio::cli::EventMatch match;
  if (match.add(text.substr(first + 1, second - first - 1))) static_cast<void>(match.matches(args));
  return 0;
}
