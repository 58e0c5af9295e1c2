// element := kind:u8 bytes      kind: 'S' a snapshot, 'C' changes
#include "store/redis_journal.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

#include "store/redis_store.h"

namespace sio::store {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReadTime{3'000};
constexpr milliseconds kSyncTime{1'000};
constexpr milliseconds kRetryAfter{1'000};
constexpr int kElementsAtOnce = 256;
// A snapshot is due when the list is this large and this many times as large as the last one was.
constexpr std::uint64_t kSmallJournal = 1u << 20;
constexpr std::uint64_t kGrowth = 4;

constexpr std::string_view kAppend = "return redis.call('RPUSH', KEYS[2], ARGV[2])";
constexpr std::string_view kReplace =
    "redis.call('DEL', KEYS[2]) return redis.call('RPUSH', KEYS[2], ARGV[2])";

}  // namespace

bool read_element(std::string_view text, JournalElement& element) {
  if (text.empty() || (text.front() != 'S' && text.front() != 'C')) return false;
  element = {.is_snapshot = text.front() == 'S', .bytes = text.substr(1)};
  return true;
}

RedisJournal::RedisJournal(RedisStore& store, std::string_view name)
    : store_(store), name_(name), key_(store.keys_.journal(name)) {
  store_.journals_.push_back(this);
}

RedisJournal::~RedisJournal() {
  *alive_ = false;
  std::erase(store_.journals_, this);
}

Status RedisJournal::load(RedisConnection& connection, JournalReader& reader) {
  for (int at = 0;; at += kElementsAtOnce) {
    SIO_TRY(const RedisReply reply, connection.call({"LRANGE", key_, fmt::to_string(at),
                                                     fmt::to_string(at + kElementsAtOnce - 1)},
                                                    kReadTime));
    for (std::size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; ++i) {
      JournalElement element;
      if (!read_element(text_of(*reply->element[i]), element))
        return fail(Errc::protocol,
                    fmt::format("{}: element {} is not sio's; without the key the server starts as "
                                "if there had been nothing in it",
                                key_, static_cast<std::size_t>(at) + i));
      bytes_ += element.bytes.size();
      if (element.is_snapshot) snapshot_bytes_ = element.bytes.size();
      element.is_snapshot ? reader.on_snapshot(element.bytes) : reader.on_changes(element.bytes);
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < kElementsAtOnce) return {};
  }
}

Status RedisJournal::refuse_if_away() {
  const bool is_away = store_.writer_->is_away();
  if (!is_away && std::chrono::steady_clock::now() >= retry_at_) return {};
  failed_ = true;
  return fail(Errc::unavailable,
              fmt::format("{}: {}", key_, is_away ? "Redis cannot be reached" : failure_));
}

Status RedisJournal::flush() {
  SIO_TRY_STATUS(refuse_if_away());
  if (failed_) return fail(Errc::unavailable, fmt::format("{}: {}", key_, failure_));
  if (!pending_.empty()) write(kAppend, "C" + std::exchange(pending_, {}));
  return {};
}

Status RedisJournal::write_snapshot(std::string_view snapshot) {
  SIO_TRY_STATUS(refuse_if_away());
  pending_.clear();
  failed_ = false;
  bytes_ = 0;
  snapshot_bytes_ = snapshot.size();
  write(kReplace, "S" + std::string(snapshot));
  return {};
}

void RedisJournal::write(std::string_view script, std::string bytes) {
  bytes_ += bytes.size();
  ++in_flight_;
  store_.writer_->submit({.words = store_.lease_.guarded(script, key_, {std::move(bytes)}),
                          .done = [this, alive = alive_](const Status& status) {
                            if (!*alive) return;
                            --in_flight_;
                            if (status) return;
                            failed_ = true;
                            failure_ = status.error().message;
                            retry_at_ = std::chrono::steady_clock::now() + kRetryAfter;
                          }});
}

Status RedisJournal::sync() {
  SIO_TRY_STATUS(flush());
  store_.writer_->wait(kSyncTime);
  if (is_written()) return {};
  failed_ = true;
  return fail(Errc::unavailable,
              fmt::format("{}: {}", key_, failure_.empty() ? "no answer in time" : failure_));
}

bool RedisJournal::wants_snapshot() const {
  return failed_ || (bytes_ > kSmallJournal && bytes_ > kGrowth * snapshot_bytes_);
}

}  // namespace sio::store
