// One connection to a Redis server, used by one thread at a time, that never waits longer than it
// was told to.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/redis_url.h"
#include "base/result.h"

struct redisContext;
struct redisReply;

namespace sio::store {

struct RedisDeleter {
  void operator()(redisReply* reply) const;
  void operator()(redisContext* context) const;
};
// What Redis answered, as hiredis shows it.
using RedisReply = std::unique_ptr<redisReply, RedisDeleter>;

// Appends a command as it goes over the wire: an array of strings, which may hold any byte.
void append_command(std::string& out, std::span<const std::string_view> words);
void append_command(std::string& out, std::initializer_list<std::string_view> words);
// The same in pieces: the head, then as many strings.
void append_command_head(std::string& out, std::size_t words);
void append_word(std::string& out, std::string_view word);
void append_word(std::string& out, std::string_view head, std::string_view tail);

// What an error that Redis answered means: Errc::full where it has no room, Errc::refused where we
// may not, Errc::unavailable else.
Error error_of(std::string_view doing, const redisReply& reply);
std::string_view text_of(const redisReply& reply);

// After Errc::timeout, Errc::unavailable or Errc::protocol the connection is of no more use:
// answers would be taken for those of other commands.
class RedisConnection {
 public:
  // Connects, comes in and chooses the database. Resolving the name may take longer than `timeout`.
  // Errors: Errc::unavailable; Errc::refused if the password is wrong or missing.
  static Result<std::unique_ptr<RedisConnection>> open(const RedisUrl& url,
                                                       std::chrono::milliseconds timeout);
  ~RedisConnection();

  // Whole commands, as many as there are answers to receive() then.
  Status send(std::string_view commands, std::chrono::milliseconds timeout);
  // The next answer; an error that Redis answers is one.
  Result<RedisReply> receive(std::chrono::milliseconds timeout);
  // One command and its answer; an error that Redis answers is an error here.
  Result<RedisReply> call(std::span<const std::string_view> words,
                          std::chrono::milliseconds timeout);
  Result<RedisReply> call(std::initializer_list<std::string_view> words,
                          std::chrono::milliseconds timeout);

 private:
  explicit RedisConnection(std::string name) : name_(std::move(name)) {}
  Status come_in(const RedisUrl& url, std::chrono::milliseconds timeout);
  Status wait(short events, TimePoint deadline) const;
  Status lost(std::string_view reason) const;

  std::string name_;  // for messages
  std::unique_ptr<redisContext, RedisDeleter> context_;
};

}  // namespace sio::store
