// The right to write to a queue in Redis, which one process has at a time.
//
// It is a key that holds a secret word and who we are, and expires unless it is renewed. Who finds
// it taken is told by whom; if that was a process of this machine that is no more, it is taken
// over at once. What is written under the lease checks it on the way (the scripts here), or cannot
// come late: records, because whoever takes the queue over begins behind every number that the one
// before could use, and Redis refuses smaller ones from then on.
//
// Calls wait for Redis, each as long as `timeout` at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process_identity.h"
#include "base/result.h"
#include "store/redis_connection.h"
#include "store/redis_entry.h"

namespace sio::store {

inline constexpr std::chrono::milliseconds kRedisLeaseTime{10'000};
inline constexpr std::chrono::milliseconds kRedisLeaseRenewal{2'000};

// What the lock says.
struct LeaseHolder {
  std::string word;  // secret, random
  ProcessIdentity process;
  std::int64_t since_ms = 0;
};
std::string encode_holder(const LeaseHolder& holder);
// Nothing if it is none of ours.
std::optional<LeaseHolder> decode_holder(std::string_view text);

class RedisLease {
 public:
  RedisLease(const RedisKeys& keys, std::int64_t now_ms);

  // Takes the queue. Errors: Errc::unavailable, and says who has it.
  Status take(RedisConnection& connection, std::chrono::milliseconds timeout);
  // Takes it again after Redis was away. After an error is_lost() tells whether another process has
  // had it meanwhile, or another queue is there: then it cannot be taken again.
  Status retake(RedisConnection& connection, std::string_view name,
                std::chrono::milliseconds timeout);
  bool is_lost() const { return lost_; }
  void release(RedisConnection& connection, std::chrono::milliseconds timeout) const;

  // A command that does something only under the lease; it is answered with an error otherwise.
  // What it does is written in Lua over KEYS[2] and ARGV[2], ARGV[3], ….
  std::vector<std::string> guarded(std::string_view script, std::string_view key,
                                   std::vector<std::string> arguments = {}) const;
  // Makes it last for another while, or ends it.
  std::vector<std::string> renewal() const;
  std::vector<std::string> ending() const;
  // Whether an error was answered because the lease is lost.
  static bool is_loss(const Error& error);

 private:
  struct Answer;
  Result<Answer> ask(RedisConnection& connection, std::string_view dead_holder,
                     std::string_view name, std::chrono::milliseconds timeout);

  const RedisKeys& keys_;
  std::string value_;        // of the lock
  std::uint64_t epoch_ = 0;  // counts who has had the queue; 0: nobody yet
  bool lost_ = false;
};

}  // namespace sio::store
