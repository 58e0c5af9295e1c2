// Times as peers write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sio::proto {

// Milliseconds since 1970, from those in digits ("1769868306123") or from RFC 3339 with its zone
// ("2026-01-31T14:05:06.123Z", "2026-01-31T15:05:06+01:00"). Nothing: it is neither.
std::optional<std::int64_t> parse_wire_time(std::string_view text);

// 2026-01-31T14:05:06.123Z. Times outside the years 1970 to 9999 are written as the nearest of
// them.
void append_wire_time(std::string& out, std::int64_t time_ms);

}  // namespace sio::proto
