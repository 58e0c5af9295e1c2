// Quantities as people write them on a command line.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sio::cli {

// 250ms 10s 5m 2h 7d 0.5s; a bare number is seconds. At most 36500d. Error: Errc::usage.
Result<Duration> parse_duration(std::string_view text);

// 64k 10M 1G, case does not matter: thousands, as in the protocol's maxPayload of 1M; 64Ki 10Mi 1Gi
// for powers of 1024. A bare number is bytes. Error: Errc::usage.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace sio::cli
