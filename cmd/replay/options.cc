#include "replay/options.h"

#include <cstdlib>

#include "base/clock.h"
#include "cli/event_builder.h"
#include "cli/units.h"

namespace sio::cmd::replay {
namespace {

Status read_speed(const std::string& text, double& speed) {
  char* end = nullptr;
  speed = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(speed >= 0 && speed <= 1e9))
    return fail(Errc::usage, "expected a number from 0 on");
  return {};
}

Result<proto::Position> position_of(std::string_view name, const std::string& text,
                                    proto::Position fallback) {
  if (text.empty()) return fallback;
  auto position = cli::parse_when(text, SystemClock().wall_ms());
  if (!position) return fail_in(name, position.error());
  return position;
}

}  // namespace

void describe(cli::CommandLine& line, Options& options) {
  line.heading("The events");
  line.option("--input", "FILE|DIR|-", options.input,
              "a recording (- is stdin) or a store's directory, which a server may be writing");
  line.option("--since", "WHEN", options.since,
              "from then on: all, #ID (behind it), 10m, 14:05, 2026-01-31, @UNIX [all]");
  line.option("--until", "WHEN", options.until, "up to then; #ID is included [now]");
  line.suggest("--since", cli::usual_points_in_time());
  line.suggest("--until", cli::usual_points_in_time());
  line.count("--tail", "N", options.player.tail, "only the newest N");
  line.option("-g,--group", "G", options.group,
              "what group G has not acknowledged yet; takes nothing");
  line.option("-r,--room", "ROOM", options.rooms,
              "to this room, or to the whole namespace; repeatable [any room]");
  cli::add_match_option(line, options.output);
  line.count("-c,--count", "N", options.player.count, "stop after N events");
  line.heading("The output");
  cli::add_output_options(line, options.output);
  line.option(
      "--speed", "X",
      [&options](const std::string& text) { return read_speed(text, options.player.pace.speed); },
      "recorded timing times X; 1 is as it was [0: as fast as possible]");
  line.count("--rate", "N", options.player.pace.rate, "instead, N events per second");
  line.duration("--max-gap", options.player.pace.longest_pause, "cut longer pauses to this");
}

Status settle(Options& options) {
  using Kind = proto::Position::Kind;
  for (const std::string& room : options.rooms) SIO_TRY_STATUS(cli::check_room_name(room));
  if (options.player.pace.rate && options.player.pace.speed > 0)
    return fail(Errc::usage, "--rate and --speed: one of them");
  if (!options.group.empty() && !options.input.empty())
    return fail(Errc::usage, "--group and --input: a server knows its groups");
  if (!options.group.empty() && (!options.since.empty() || !options.until.empty()))
    return fail(Errc::usage, "--group: its position is what counts, not --since or --until");
  cli::Selection& selection = options.selection;
  SIO_TRY(selection.since, position_of("--since", options.since, {.kind = Kind::all}));
  SIO_TRY(selection.until, position_of("--until", options.until, {.kind = Kind::now}));
  for (const std::string& ns : options.connect.namespaces)
    selection.namespaces.push_back(cli::namespace_name(ns));
  selection.events = options.events;
  selection.rooms = options.rooms;
  return {};
}

}  // namespace sio::cmd::replay
