// The one place where an outcome becomes an exit status.
#pragma once

#include <string>
#include <string_view>

#include "client/outcome.h"

namespace sio::cli {

inline constexpr int kUsageStatus = 2;

// 0 done, or nobody reads stdout any more · 1 some work failed · 2 usage · 3 could not connect
// 4 refused · 5 not Socket.IO · 6 connection lost · 7 no receipt in time · 8 events lost, --strict
// 124 time was up · 126/127 the command cannot be run / is not there · 128+n ended by signal n
int exit_code(const client::Outcome& outcome);

// All of them, a line each, as `sio help exit` prints them.
std::string exit_code_help();

}  // namespace sio::cli
