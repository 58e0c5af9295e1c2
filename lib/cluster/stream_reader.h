// Reads a stream of Redis from its present end on, entry by entry, over lost connections too. Loop
// thread only.
#pragma once

#include <string>
#include <string_view>

#include "base/redis_url.h"
#include "cluster/redis_link.h"
#include "cluster/stream_message.h"
#include "net/loop.h"

namespace sio::cluster {

class StreamReaderEvents {
 public:
  virtual ~StreamReaderEvents() = default;
  // What is appended from now on will be given out; or again, from where it was.
  virtual void on_reading() = 0;
  virtual void on_reading_lost(const Error& why) = 0;
  // Views of what is good during the call; what has no namespace is left out.
  virtual void on_entry(const StreamEntry& entry) = 0;
  virtual void on_entries_end() = 0;
  // The stream does not reach back to where reading stopped: what followed entry `after` may be
  // lost.
  virtual void on_gap(std::string_view after) = 0;
};

class StreamReader final : private RedisLinkEvents {
 public:
  // References outlive it.
  StreamReader(net::Loop& loop, const RedisUrl& url, std::string stream,
               StreamReaderEvents& events);

  void start() { link_.start(); }
  bool is_reading() const { return is_reading_; }

 private:
  void on_up(RedisLink& link) override;
  void on_down(RedisLink& link, const Error& why) override;
  void on_reply(RedisLink& link, std::uint32_t tag, const RedisValue& reply) override;
  void on_replies_end(RedisLink&) override { events_.on_entries_end(); }

  void on_newest(const RedisValue& reply);
  void on_oldest(const RedisValue& reply);
  void on_entries(const RedisValue& reply);
  void take(const RedisValue& entry);
  void begin();
  void read_on();

  StreamReaderEvents& events_;
  std::string stream_;
  RedisLink link_;
  std::string position_;  // the last entry read; empty until the end was found
  bool is_reading_ = false;
};

}  // namespace sio::cluster
