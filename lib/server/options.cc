#include "server/options.h"

#include <algorithm>

#include "proto/glob.h"

namespace sio::server {

bool has_namespace(const ServerOptions& options, std::string_view ns) {
  const std::vector<std::string>& globs = options.namespaces;
  return globs.empty() || std::ranges::any_of(globs, [ns](const std::string& glob) {
           return proto::glob_match(glob, ns);
         });
}

}  // namespace sio::server
