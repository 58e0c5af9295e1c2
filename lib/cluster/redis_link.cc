#include "cluster/redis_link.h"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/random_id.h"
#include "base/redis_replies.h"

namespace sio::cluster {
namespace {

using namespace std::chrono_literals;

constexpr BackoffLimits kPauses{.first = 200ms, .longest = 5s};
constexpr Duration kPatience = 10s;
constexpr std::size_t kMaxReply = 128u << 20;
// The tags of what the link itself asks.
constexpr std::uint32_t kPingTag = UINT32_MAX;

double chance() {
  std::uint32_t random = 0;
  random_bytes(&random, sizeof random);
  return static_cast<double>(random) / 4294967296.0;
}

RedisValue value_of(const redisReply& reply) {
  RedisValue value;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      value.kind = RedisValue::Kind::integer;
      value.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      value.kind = RedisValue::Kind::text;
      value.text = {reply.str, reply.len};
      break;
    case REDIS_REPLY_ERROR:
      value.kind = RedisValue::Kind::error;
      value.text = {reply.str, reply.len};
      break;
    case REDIS_REPLY_ARRAY:
      value.kind = RedisValue::Kind::array;
      value.items.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i)
        value.items.push_back(value_of(*reply.element[i]));
      break;
    default:
      break;
  }
  return value;
}

struct ReplyDeleter {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

net::Endpoint endpoint_of(const RedisUrl& url) {
  return {.host = url.host, .port = url.port, .unix_path = url.unix_path};
}

}  // namespace

void RedisLink::ReaderDeleter::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

RedisLink::RedisLink(net::Loop& loop, const RedisUrl& url, Role role, RedisLinkEvents& events)
    : loop_(loop),
      url_(url),
      role_(role),
      events_(events),
      backoff_(kPauses),
      retry_timer_(loop, *this),
      watch_timer_(loop, *this) {}

RedisLink::~RedisLink() {
  if (alive_ != nullptr) *alive_ = false;
}

void RedisLink::start() {
  connect();
}

void RedisLink::connect() {
  reader_.reset(redisReaderCreate());
  SIO_CHECK(reader_ != nullptr);
  bound_arrays(*reader_);
  stream_ = net::ByteStream::connect(loop_, endpoint_of(url_), *this, kPatience);
}

void RedisLink::write(std::span<const std::string_view> command) {
  out_.clear();
  fmt::format_to(std::back_inserter(out_), "*{}\r\n", command.size());
  for (const std::string_view word : command) {
    fmt::format_to(std::back_inserter(out_), "${}\r\n", word.size());
    out_ += word;
    out_ += "\r\n";
  }
  stream_->write(out_);
}

void RedisLink::on_open() {
  heard_at_ = loop_.now();
  login_replies_ = 0;
  const auto say = [this](std::initializer_list<std::string_view> command) {
    write({command.begin(), command.size()});
    ++login_replies_;
  };
  if (!url_.user.empty()) {
    say({"AUTH", url_.user, url_.password});
  } else if (url_.wants_auth()) {
    say({"AUTH", url_.password});
  }
  if (const std::string db = std::to_string(url_.db); db != "0") say({"SELECT", db});
  say({"PING"});
  watch_timer_.arm_in(kPatience);
}

void RedisLink::send(std::uint32_t tag, std::span<const std::string_view> command,
                     Duration patience) {
  SIO_CHECK(is_up_);
  write(command);
  if (role_ == Role::commands) expected_.push_back({tag, loop_.now() + patience});
}

void RedisLink::on_bytes(std::string_view bytes) {
  heard_at_ = loop_.now();
  ping_is_out_ = false;
  bool is_alive = true;
  alive_ = &is_alive;
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
    return go_down({Errc::protocol, reader_->errstr});
  while (is_alive) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK)
      return go_down({Errc::protocol, fmt::format("not Redis: {}", reader_->errstr)});
    const std::unique_ptr<void, ReplyDeleter> reply(raw);
    if (reply == nullptr) break;
    take(value_of(*static_cast<redisReply*>(reply.get())));
  }
  if (!is_alive) return;
  alive_ = nullptr;
  if (reader_->len > kMaxReply) return go_down({Errc::too_large, "a message beyond 128 MiB"});
  if (is_up_) events_.on_replies_end(*this);
}

void RedisLink::take(const RedisValue& reply) {
  if (login_replies_ > 0) return on_login_reply(reply);
  if (role_ == Role::subscriber) {
    if (reply.is_error())
      return go_down({Errc::refused, fmt::format("Redis refuses: {}", reply.text)});
    if (reply.text_at(0) != "pong") events_.on_reply(*this, 0, reply);
    return;
  }
  if (expected_.empty()) return go_down({Errc::protocol, "an answer that nobody asked for"});
  const std::uint32_t tag = expected_.front().tag;
  expected_.pop_front();
  if (tag != kPingTag) events_.on_reply(*this, tag, reply);
}

void RedisLink::on_login_reply(const RedisValue& reply) {
  if (reply.is_error()) {
    const Errc code = reply.text.starts_with("LOADING") ? Errc::unavailable : Errc::refused;
    return go_down({code, fmt::format("{} says {}", url_.printable(), reply.text)});
  }
  if (--login_replies_ == 0) go_up();
}

void RedisLink::go_up() {
  is_up_ = true;
  backoff_.reset();
  watch();
  events_.on_up(*this);
}

void RedisLink::on_closed(const Error& why) {
  go_down(why);
}

void RedisLink::go_down(const Error& why) {
  if (alive_ != nullptr) *alive_ = false;
  alive_ = nullptr;
  is_up_ = false;
  ping_is_out_ = false;
  expected_.clear();
  watch_timer_.cancel();
  stream_.reset();
  retry_timer_.arm_in(backoff_.next(chance()));
  events_.on_down(*this, why);
}

// Arms the timer for the next thing that may be overdue.
void RedisLink::watch() {
  watch_timer_.arm_in(kPatience / 2);
}

void RedisLink::on_timer(net::Timer& timer) {
  if (&timer == &retry_timer_) return connect();
  const TimePoint now = loop_.now();
  const bool is_late = !is_up_ || (!expected_.empty() && expected_.front().deadline < now) ||
                       (ping_is_out_ && heard_at_ + kPatience < now);
  if (is_late) return go_down({Errc::timeout, fmt::format("{} does not answer", url_.printable())});
  constexpr std::array<std::string_view, 1> kPing{"PING"};
  if (role_ == Role::subscriber && heard_at_ + kPatience / 2 <= now && !ping_is_out_) {
    write(kPing);
    ping_is_out_ = true;
  } else if (role_ == Role::commands && expected_.empty()) {
    send(kPingTag, kPing);
  }
  watch();
}

}  // namespace sio::cluster
