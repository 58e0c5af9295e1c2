// What a queue in Redis says of itself (the hash KEY:meta), and what Redis says of itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/redis_connection.h"
#include "store/redis_entry.h"
#include "store/store.h"

namespace sio::store {

struct RedisMeta {
  std::string name;
  Seq reserved = 1;    // no number from here on was given out
  std::string run_id;  // which run of Redis it was written to; empty: not known
};

// Nothing if there is no queue. Errors: Errc::unavailable if the format is newer; Errc::refused if
// it is something else; Errc::protocol if it makes no sense.
Result<std::optional<RedisMeta>> read_meta(RedisConnection& connection, const RedisKeys& keys,
                                           std::chrono::milliseconds timeout);
Status write_meta(RedisConnection& connection, const RedisKeys& keys, const RedisMeta& meta,
                  std::chrono::milliseconds timeout);

// Members are empty where Redis does not tell.
struct RedisInfo {
  std::string version;
  std::string run_id;
  std::string role;
  std::string master;       // HOST:PORT of a replica's
  std::string aof_enabled;  // "1" or "0"
  std::string maxmemory;
  std::string maxmemory_policy;
  std::string appendfsync;

  // What Redis has answered survives a crash of Redis and of the machine.
  bool syncs_always() const { return aof_enabled == "1" && appendfsync == "always"; }
};
// The answer to INFO, of whatever form. Pure.
RedisInfo parse_info(std::string_view text);
RedisInfo read_info(RedisConnection& connection, std::chrono::milliseconds timeout);
// False if `version` is a number below `major`.`minor`. Pure.
bool is_at_least(std::string_view version, unsigned major, unsigned minor);

}  // namespace sio::store
