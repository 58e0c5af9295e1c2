// A connection to a Redis server that comes back by itself. Loop thread only.
//
// It logs in, asks for its database, and is up: commands may be sent, and are answered in order.
// When the connection is lost, everything unanswered is forgotten, and it is tried again after a
// pause that doubles from 100 ms to 5 s and is half left to chance. A server that has not answered
// a command, or a PING of ours, for ten seconds is taken for lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/redis_url.h"
#include "base/result.h"
#include "cluster/redis_value.h"
#include "net/byte_stream.h"
#include "net/loop.h"

struct redisReader;

namespace sio::cluster {

class RedisLink;

class RedisLinkEvents {
 public:
  virtual ~RedisLinkEvents() = default;
  virtual void on_up(RedisLink& link) = 0;
  // It was up and is not any more, or could not be brought up: what is wrong, for people. Another
  // attempt follows.
  virtual void on_down(RedisLink& link, const Error& why) = 0;
  // `tag` is what the command was sent with; for what comes to a subscriber it is 0. The views are
  // good during the call.
  virtual void on_reply(RedisLink& link, std::uint32_t tag, const RedisValue& reply) = 0;
  // Everything that had come at once was given out.
  virtual void on_replies_end(RedisLink& link) = 0;
};

class RedisLink final : private net::ByteStreamEvents, private net::Timer::Handler {
 public:
  enum class Role : std::uint8_t {
    commands,    // every command has one answer
    subscriber,  // it only subscribes; what comes are messages and confirmations
  };

  // References outlive it.
  RedisLink(net::Loop& loop, const RedisUrl& url, Role role, RedisLinkEvents& events);
  ~RedisLink() override;
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // Begins to connect; no event comes before this returns. Call once.
  void start();
  bool is_up() const { return is_up_; }
  // Only while it is up. `patience`: how long the answer may take.
  void send(std::uint32_t tag, std::span<const std::string_view> command,
            Duration patience = std::chrono::seconds(10));
  // Takes the connection for lost.
  void drop(const Error& why) { go_down(why); }
  // Bytes that the server has not taken yet.
  std::size_t backlog() const { return stream_ == nullptr ? 0 : stream_->backlog(); }

 private:
  struct Expected {
    std::uint32_t tag;
    TimePoint deadline;
  };
  struct ReaderDeleter {
    void operator()(redisReader* reader) const;
  };

  void connect();
  void on_open() override;
  void on_bytes(std::string_view bytes) override;
  void on_closed(const Error& why) override;
  void on_timer(net::Timer& timer) override;
  void take(const RedisValue& reply);
  void on_login_reply(const RedisValue& reply);
  void go_up();
  void go_down(const Error& why);
  void watch();
  void write(std::span<const std::string_view> command);

  net::Loop& loop_;
  const RedisUrl& url_;
  Role role_;
  RedisLinkEvents& events_;
  Backoff backoff_;
  net::Timer retry_timer_;
  net::Timer watch_timer_;
  std::unique_ptr<net::ByteStream> stream_;
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
  std::deque<Expected> expected_;
  std::string out_;
  std::size_t login_replies_ = 0;  // still to come
  TimePoint heard_at_{};
  bool ping_is_out_ = false;  // a subscriber's
  bool is_up_ = false;
  // Set while replies are given out; cleared when the link goes down meanwhile.
  bool* alive_ = nullptr;
};

}  // namespace sio::cluster
