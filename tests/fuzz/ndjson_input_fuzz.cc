// What people pipe into emit and join: lines, records, arguments.
#include <string>
#include <vector>

#include "base/check.h"
#include "cli/line_splitter.h"
#include "cli/payload.h"
#include "cli/record_json.h"
#include "fuzz/fuzz_target.h"
#include "proto/attachments.h"
#include "proto/json_text.h"

namespace {

using namespace sio::cli;

void check_record(std::string_view line) {
  const auto record = parse_input_record(line);
  if (!record || record->kind != InputRecord::Kind::event) return;
  std::string printed;
  append_record(printed, EventRecord{.ns = record->ns.empty() ? "/" : record->ns,
                                     .event_json = record->event_json,
                                     .args = record->args,
                                     .rooms = record->rooms});
  SIO_CHECK(printed.find('\n') == printed.size() - 1);
  const auto again = parse_input_record(std::string_view(printed).substr(0, printed.size() - 1));
  SIO_CHECK(again && again->event == record->event && again->rooms == record->rooms);
  SIO_CHECK(sio::proto::check_json("[" + std::string(again->args) + "]"));
  sio::proto::to_wire_args(again->args);
}

void check_argument(std::string_view line) {
  std::string args = "1";
  if (append_argument(args, line, ArgumentMode::json_or_string))
    SIO_CHECK(sio::proto::check_json("[" + args + "]"));
  else
    SIO_CHECK(args == "1");
  SIO_CHECK(append_argument(args, line, ArgumentMode::string));
  SIO_CHECK(sio::proto::check_json("[" + args + "]"));
}

// The input in pieces of `piece` bytes.
std::vector<std::string> lines_of(std::string_view input, std::size_t piece) {
  std::vector<std::string> lines;
  LineSplitter splitter('\n', 1000);
  const auto drain = [&] {
    for (;;) {
      const auto line = splitter.next();
      if (line && !*line) return;
      lines.emplace_back(line ? **line : "refused");
    }
  };
  while (!input.empty()) {
    splitter.feed(input.substr(0, piece));
    if (piece % 2 == 0) splitter.hold();
    drain();
    input.remove_prefix(std::min(piece, input.size()));
  }
  if (const auto last = splitter.finish()) lines.emplace_back(*last);
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = sio::test::text_of(data, size);
  const std::vector<std::string> lines = lines_of(input, input.size() + 1);
  SIO_CHECK(lines == lines_of(input, 1));
  SIO_CHECK(lines == lines_of(input, 4));
  for (const std::string& line : lines) {
    check_record(line);
    check_argument(line);
  }
  return 0;
}
