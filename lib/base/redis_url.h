// Where a Redis server is and how to come in, as people write it.
//
//   redis://[[USER]:PASSWORD@]HOST[:PORT][/DB][?NAME=VALUE&…]
//   redis+unix://[[USER]:PASSWORD@]/PATH[?db=DB&NAME=VALUE&…]
//
// The first is what redis-cli -u and the clients for Node.js take. A word alone in front of @ is a
// password to one and a user to the other, so it is refused. DB may be said as ?db= in both forms.
// Everything between the marks is percent-encoded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sio {

struct RedisUrl {
  std::string host;  // without brackets; empty with a unix_path
  std::uint16_t port = 6379;
  std::string unix_path;  // not empty: connect to this socket instead
  std::string user;       // empty: the server's default user
  std::string password;   // may hold any byte
  std::uint32_t db = 0;
  std::vector<std::pair<std::string, std::string>> parameters;  // without db; each name once

  bool wants_auth() const { return !user.empty() || !password.empty(); }
  // Null if it was not said.
  const std::string* parameter(std::string_view name) const;
  // Errors (Errc::usage) name a parameter that is none of `names`.
  Status expect_parameters(std::span<const std::string_view> names) const;

  // For people: with *** for the password and without the parameters.
  std::string printable() const;
};

// True if `text` is meant as the address of a Redis server: it begins with redis: redis+unix: or
// rediss:, in any case.
bool looks_like_redis(std::string_view text);

// What was written, for messages, without what may be secret in it.
std::string without_redis_secrets(std::string_view text);

// Errors (Errc::usage) say what is wrong and show a right one, without secrets. rediss:// (TLS) is
// refused: it is not spoken.
Result<RedisUrl> parse_redis_url(std::string_view text);

}  // namespace sio
