// Quantities as people write them on a command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "proto/sio_extension.h"

namespace sio::cli {

// 250ms 10s 5m 2h 7d 0.5s; a bare number is seconds. At most 36500d. Error: Errc::usage.
Result<Duration> parse_duration(std::string_view text);

// 64k 10M 1G, case does not matter: thousands, as in the protocol's maxPayload of 1M; 64Ki 10Mi 1Gi
// for powers of 1024. A bare number is bytes. Error: Errc::usage.
Result<std::uint64_t> parse_size(std::string_view text);

// WHEN: all, now, #ID, 10m (ago), RFC 3339, 2026-01-31, 14:05 (the last time it was that late),
// @UNIX. Dates and times without a zone are local. `now_ms`: the present. Error: Errc::usage.
Result<proto::Position> parse_when(std::string_view text, std::int64_t now_ms);

// What completion offers where a WHEN is asked for.
std::vector<std::string> usual_points_in_time();

// A position as it is sent to a server: proto::parse_position() reads it.
std::string format_position(const proto::Position& position);

}  // namespace sio::cli
