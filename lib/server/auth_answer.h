// What a command says that was asked about a client (`serve --auth-exec`), on its stdout.
//
//   it leaves with 0: nothing, which grants everything, or
//     {"ns":GLOBS,"rooms":GLOBS,"mode":"rw"|"r"|"w"}     what is left out is `*` and rw
//   it leaves otherwise: nothing, or
//     {"message":"…","data":…}                           what the client is told
//
// GLOBS is a string or an array of them. A member that nobody knows is an error: it may have been
// meant to take something away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/access.h"

namespace sio::server {

// Errc::protocol, and nothing is granted.
Result<std::vector<Grant>> parse_granted(std::string_view output);

struct AuthRefusal {
  std::string message;
  std::string data;  // JSON, or empty
};
// Never fails: what cannot be read is no message.
AuthRefusal parse_refused(std::string_view output);

}  // namespace sio::server
