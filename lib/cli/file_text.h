// Whole files that people name on the command line.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace sio::cli {

// The bytes of a file, at most `limit`. Errors name the file: not there, not readable, too large.
Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace sio::cli
