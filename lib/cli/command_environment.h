// What a command that handles an event finds in its environment. Nothing of an event is ever part
// of a command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/record_json.h"

namespace sio::cli {

// A value that is longer is left out: the system has a limit for the environment, and stdin always
// has all.
inline constexpr std::size_t kMaxEnvironmentValue = 100u << 10;

using Environment = std::vector<std::pair<std::string, std::string>>;

// SIO_EVENT SIO_ARGS SIO_0…SIO_9 SIO_ID SIO_TIME SIO_NS SIO_ROOMS SIO_FROM SIO_DELIVERY SIO_GROUP
// SIO_URL: strings as they are, others as JSON. What is not known, cannot be a C string (it has a
// NUL) or is too long is not there.
Environment command_environment(const EventRecord& record, std::string_view url);

// All the names above: so that none is inherited by accident.
std::vector<std::string> command_environment_names();

}  // namespace sio::cli
