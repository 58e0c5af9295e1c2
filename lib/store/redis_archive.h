// The records of a queue that are in Redis only, read in pages; some pages are kept in memory.
//
// Loop thread only. A read waits for Redis: for kRedisReadTime at most when it does not answer, and
// the connection is given up then; and when it does, it ends early after kRedisReadBudget.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string_view>
#include <vector>

#include "store/reading.h"
#include "store/redis_connection.h"
#include "store/redis_entry.h"

namespace sio::store {

inline constexpr std::chrono::milliseconds kRedisReadTime{500};
inline constexpr std::chrono::milliseconds kRedisReadBudget{100};

class RedisArchive {
 public:
  explicit RedisArchive(const RedisKeys& keys) : keys_(keys) {}

  // Null: nothing can be read.
  void set_connection(std::unique_ptr<RedisConnection> connection);
  bool is_connected() const { return connection_ != nullptr; }
  // What Redis has is no more what it was.
  void forget_pages();

  // Shows a reader the records from reading.next() up to, not including, `until`; about `limit` are
  // expected. May end early, having gone on. Errors: Errc::unavailable; then is_connected() is
  // false.
  Status read(Reading& reading, Seq until, std::size_t limit);

 private:
  // All entries from `from` up to, not including, `until`.
  struct Page {
    Seq from;
    Seq until;
    std::size_t bytes;
    RedisReply reply;
  };

  Result<const Page*> page_at(Seq from, Seq until, std::size_t count);
  Result<Page> fetch(Seq from, Seq until, std::size_t count);
  void show(const Page& page, Reading& reading);
  void show(const Entry& entry, Reading& reading) const;

  const RedisKeys& keys_;
  std::unique_ptr<RedisConnection> connection_;
  std::list<Page> pages_;  // the one used last first
  std::size_t page_bytes_ = 0;
  EntryDecoder decoder_;
};

// The entries of an XRANGE's answer, with memory for one of them.
class EntryReader {
 public:
  explicit EntryReader(const redisReply& reply) : reply_(reply) {}
  std::size_t size() const;
  // Null if it is no entry. Good until the next call.
  const Entry* at(std::size_t position, EntryDecoder& decoder);
  // About how much memory it takes.
  std::size_t bytes(std::size_t position) const;

 private:
  const redisReply& reply_;
  std::vector<std::string_view> fields_;
};

}  // namespace sio::store
