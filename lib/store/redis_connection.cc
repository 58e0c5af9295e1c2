// hiredis connects and reads answers; what is sent and how long is waited is ours: its blocking
// calls have a timeout for each read, not for a whole answer.
#include "store/redis_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "base/redis_replies.h"

namespace sio::store {
namespace {

using std::chrono::milliseconds;

timeval to_timeval(milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = (time.count() % 1000) * 1000};
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(
      beginnings, [text](std::string_view beginning) { return text.starts_with(beginning); });
}

Errc code_of(std::string_view message) {
  if (starts_with_any(message, {"OOM", "EXECABORT"})) return Errc::full;
  if (starts_with_any(message, {"NOAUTH", "WRONGPASS", "NOPERM", "ERR invalid password", "ERR AUTH",
                                "ERR Client sent AUTH", "WRONGTYPE"}))
    return Errc::refused;
  return Errc::unavailable;
}

}  // namespace

void RedisDeleter::operator()(redisReply* reply) const {
  freeReplyObject(reply);
}
void RedisDeleter::operator()(redisContext* context) const {
  redisFree(context);
}

void append_command_head(std::string& out, std::size_t words) {
  fmt::format_to(std::back_inserter(out), "*{}\r\n", words);
}

void append_word(std::string& out, std::string_view word) {
  append_word(out, word, {});
}

void append_word(std::string& out, std::string_view head, std::string_view tail) {
  fmt::format_to(std::back_inserter(out), "${}\r\n", head.size() + tail.size());
  out += head;
  out += tail;
  out += "\r\n";
}

void append_command(std::string& out, std::span<const std::string_view> words) {
  append_command_head(out, words.size());
  for (const std::string_view word : words) append_word(out, word);
}

void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  append_command(out, std::span(words.begin(), words.size()));
}

std::string_view text_of(const redisReply& reply) {
  return reply.str == nullptr ? std::string_view() : std::string_view(reply.str, reply.len);
}

Error error_of(std::string_view doing, const redisReply& reply) {
  const std::string_view message = text_of(reply);
  return {code_of(message), fmt::format("{}: Redis says {}", doing, message)};
}

RedisConnection::~RedisConnection() = default;

Result<std::unique_ptr<RedisConnection>> RedisConnection::open(const RedisUrl& url,
                                                               milliseconds timeout) {
  std::unique_ptr<RedisConnection> connection(new RedisConnection(url.printable()));
  connection->context_.reset(
      url.unix_path.empty()
          ? redisConnectWithTimeout(url.host.c_str(), url.port, to_timeval(timeout))
          : redisConnectUnixWithTimeout(url.unix_path.c_str(), to_timeval(timeout)));
  redisContext* const context = connection->context_.get();
  if (context == nullptr) return fail(Errc::unavailable, connection->name_ + ": no memory");
  if (context->err != 0) return tl::unexpected(connection->lost(context->errstr).error());
  bound_arrays(*context->reader);
  context->flags &= ~REDIS_BLOCK;
  if (::fcntl(context->fd, F_SETFL, ::fcntl(context->fd, F_GETFL) | O_NONBLOCK) != 0 ||
      ::fcntl(context->fd, F_SETFD, FD_CLOEXEC) != 0)
    return tl::unexpected(connection->lost(std::strerror(errno)).error());
  SIO_TRY_STATUS(connection->come_in(url, timeout));
  return connection;
}

Status RedisConnection::come_in(const RedisUrl& url, milliseconds timeout) {
  if (url.wants_auth() && url.user.empty())
    SIO_TRY_STATUS(call({"AUTH", url.password}, timeout).map([](const RedisReply&) {}));
  else if (url.wants_auth())
    SIO_TRY_STATUS(call({"AUTH", url.user, url.password}, timeout).map([](const RedisReply&) {}));
  if (url.db == 0) return {};
  return call({"SELECT", fmt::to_string(url.db)}, timeout).map([](const RedisReply&) {});
}

Status RedisConnection::lost(std::string_view reason) const {
  return fail(Errc::unavailable, fmt::format("{}: {}", name_, reason));
}

Status RedisConnection::wait(short events, TimePoint deadline) const {
  pollfd waiting{.fd = context_->fd, .events = events, .revents = 0};
  while (true) {
    const TimePoint now = SystemClock().now();
    const auto left = std::chrono::ceil<milliseconds>(deadline - now);
    if (left.count() <= 0) return fail(Errc::timeout, name_ + ": no answer in time");
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return lost(std::strerror(errno));
  }
}

Status RedisConnection::send(std::string_view commands, milliseconds timeout) {
  const TimePoint deadline = SystemClock().now() + timeout;
  while (!commands.empty()) {
    const ssize_t sent =
        ::send(context_->fd, commands.data(), commands.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      commands.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      SIO_TRY_STATUS(wait(POLLOUT, deadline));
    } else if (errno != EINTR) {
      return lost(std::strerror(errno));
    }
  }
  return {};
}

Result<RedisReply> RedisConnection::receive(milliseconds timeout) {
  const TimePoint deadline = SystemClock().now() + timeout;
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK)
      return fail(Errc::protocol, fmt::format("{}: {}", name_, context_->reader->errstr));
    if (reply != nullptr) return RedisReply(static_cast<redisReply*>(reply));
    std::array<char, 64u << 10> bytes;
    const ssize_t count = ::recv(context_->fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) {
      if (redisReaderFeed(context_->reader, bytes.data(), static_cast<std::size_t>(count)) !=
          REDIS_OK)
        return fail(Errc::protocol, fmt::format("{}: {}", name_, context_->reader->errstr));
    } else if (count == 0) {
      return tl::unexpected(lost("it closed the connection").error());
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      SIO_TRY_STATUS(wait(POLLIN, deadline));
    } else if (errno != EINTR) {
      return tl::unexpected(lost(std::strerror(errno)).error());
    }
  }
}

Result<RedisReply> RedisConnection::call(std::span<const std::string_view> words,
                                         milliseconds timeout) {
  std::string command;
  append_command(command, words);
  SIO_TRY_STATUS(send(command, timeout));
  SIO_TRY(RedisReply reply, receive(timeout));
  if (reply->type == REDIS_REPLY_ERROR)
    return tl::unexpected(error_of(fmt::format("{}: {}", name_, words[0]), *reply));
  return reply;
}

Result<RedisReply> RedisConnection::call(std::initializer_list<std::string_view> words,
                                         milliseconds timeout) {
  return call(std::span(words.begin(), words.size()), timeout);
}

}  // namespace sio::store
