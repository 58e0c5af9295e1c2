// lock := "sio-lock 1 " word " " host " " pid " " started " " since_ms " " boot " " pid_namespace
//
// The epoch counts takeovers. After Redis was away the lock may have expired; it is taken again
// unless the epoch tells that somebody else has had the queue in between.
#include "store/redis_lease.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <sstream>

#include "base/random_id.h"

namespace sio::store {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kLost = "SIOLOST";

// KEYS: lock, meta. ARGV: our lock, its time, the lock of a dead process or "", our epoch, the
// queue's name or "".
constexpr std::string_view kTake = R"(
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then
  return {'held', holder, tostring(redis.call('PTTL', KEYS[1]))}
end
local epoch = tonumber(redis.call('HGET', KEYS[2], 'epoch') or '0') or 0
local known = tonumber(ARGV[4])
if known > 0 then
  local name = redis.call('HGET', KEYS[2], 'name')
  if name and name ~= ARGV[5] then return {'other', name, ''} end
  if holder ~= ARGV[1] and epoch > known then return {'passed', '', ''} end
end
if holder ~= ARGV[1] then
  epoch = math.max(epoch, known) + 1
  redis.call('HSET', KEYS[2], 'epoch', string.format('%d', epoch))
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'taken', string.format('%d', epoch), ''})";

constexpr std::string_view kGuard =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then "
    "return redis.error_reply('SIOLOST another process has the queue') end ";

template <typename Integer>
bool read_number(std::istream& in, Integer& value) {
  std::string text;
  in >> text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// A word of the lock: what is not there is a dash.
std::string word_of(std::string_view text) {
  std::string word(text.empty() ? "-" : text);
  for (char& c : word)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) c = '?';
  return word;
}

std::string from_word(const std::string& word) {
  return word == "-" ? std::string() : word;
}

}  // namespace

std::string encode_holder(const LeaseHolder& holder) {
  const ProcessIdentity& process = holder.process;
  return fmt::format("sio-lock 1 {} {} {} {} {} {} {}", holder.word, word_of(process.host),
                     process.pid, word_of(process.started), holder.since_ms, word_of(process.boot),
                     word_of(process.pid_namespace));
}

std::optional<LeaseHolder> decode_holder(std::string_view text) {
  constexpr std::size_t kLongest = 4096;
  if (text.size() > kLongest) return {};
  std::istringstream in{std::string(text)};
  std::string kind, version, rest;
  LeaseHolder holder;
  ProcessIdentity& process = holder.process;
  in >> kind >> version >> holder.word >> process.host;
  if (kind != "sio-lock" || version != "1" || !read_number(in, process.pid)) return {};
  in >> process.started;
  if (!read_number(in, holder.since_ms)) return {};
  in >> process.boot >> process.pid_namespace;
  constexpr std::int64_t kYear9999Ms = 253'402'300'799'000;
  if (!in || in >> rest || holder.since_ms < 0 || holder.since_ms > kYear9999Ms) return {};
  for (std::string* word : {&process.host, &process.started, &process.boot, &process.pid_namespace})
    *word = from_word(*word);
  return holder;
}

struct RedisLease::Answer {
  std::string verdict;
  std::string detail;
  std::string left_ms;
};

RedisLease::RedisLease(const RedisKeys& keys, std::int64_t now_ms)
    : keys_(keys),
      value_(encode_holder({.word = random_id(), .process = this_process(), .since_ms = now_ms})) {}

Result<RedisLease::Answer> RedisLease::ask(RedisConnection& connection,
                                           std::string_view dead_holder, std::string_view name,
                                           milliseconds timeout) {
  SIO_TRY(const RedisReply reply, connection.call({"EVAL", kTake, "2", keys_.lock, keys_.meta,
                                                   value_, fmt::to_string(kRedisLeaseTime.count()),
                                                   dead_holder, fmt::to_string(epoch_), name},
                                                  timeout));
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
    return fail(Errc::unavailable, fmt::format("take {}: Redis gives no answer", keys_.lock));
  Answer answer{.verdict = std::string(text_of(*reply->element[0])),
                .detail = std::string(text_of(*reply->element[1])),
                .left_ms = std::string(text_of(*reply->element[2]))};
  if (answer.verdict == "taken")
    std::from_chars(answer.detail.data(), answer.detail.data() + answer.detail.size(), epoch_);
  return answer;
}

Status RedisLease::take(RedisConnection& connection, milliseconds timeout) {
  SIO_TRY(Answer answer, ask(connection, "", "", timeout));
  if (answer.verdict != "held") return {};
  const auto holder = decode_holder(answer.detail);
  if (!holder)
    return fail(Errc::refused,
                fmt::format("the key {} is in the way: it is not sio's; ?key=NAME names other keys",
                            keys_.lock));
  if (is_gone(holder->process)) {
    SIO_TRY(answer, ask(connection, answer.detail, "", timeout));
    if (answer.verdict != "held") return {};
  }
  std::int64_t left_ms = 0;
  std::from_chars(answer.left_ms.data(), answer.left_ms.data() + answer.left_ms.size(), left_ms);
  const std::time_t since = holder->since_ms / 1000;
  return fail(Errc::unavailable,
              fmt::format("the queue {} is in use by process {} on {}, since {:%F %T}Z; if that is "
                          "dead, the queue is free in {} s",
                          keys_.prefix, holder->process.pid, holder->process.host,
                          fmt::gmtime(since), std::max<std::int64_t>(1, (left_ms + 999) / 1000)));
}

Status RedisLease::retake(RedisConnection& connection, std::string_view name,
                          milliseconds timeout) {
  SIO_TRY(const Answer answer, ask(connection, "", name, timeout));
  if (answer.verdict == "taken") return {};
  lost_ = true;
  if (answer.verdict == "other")
    return fail(Errc::refused, fmt::format("another queue, {}, is there now", answer.detail));
  const auto holder = decode_holder(answer.detail);
  return fail(Errc::refused, holder ? fmt::format("process {} on {} has taken the queue over",
                                                  holder->process.pid, holder->process.host)
                                    : "another process has had the queue meanwhile");
}

void RedisLease::release(RedisConnection& connection, milliseconds timeout) const {
  const std::vector<std::string> words = ending();
  const std::vector<std::string_view> views(words.begin(), words.end());
  static_cast<void>(connection.call(views, timeout));
}

std::vector<std::string> RedisLease::guarded(std::string_view script, std::string_view key,
                                             std::vector<std::string> arguments) const {
  std::vector<std::string> words = {
      "EVAL", std::string(kGuard) + std::string(script), "2", keys_.lock, std::string(key), value_};
  std::ranges::move(arguments, std::back_inserter(words));
  return words;
}

std::vector<std::string> RedisLease::renewal() const {
  return guarded("return redis.call('PEXPIRE', KEYS[1], ARGV[2])", keys_.meta,
                 {fmt::to_string(kRedisLeaseTime.count())});
}

std::vector<std::string> RedisLease::ending() const {
  return guarded("return redis.call('DEL', KEYS[1])", keys_.meta);
}

bool RedisLease::is_loss(const Error& error) {
  return error.message.find(kLost) != std::string::npos;
}

}  // namespace sio::store
