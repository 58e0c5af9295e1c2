#include "serve/memory.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "base/log.h"
#include "store/file_journal.h"
#include "store/memory_store.h"

namespace sio::cmd::serve {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDefaultMaxAge = 7 * 24h;
constexpr Duration kDefaultRecover = 120s;  // for clients that ask, without --recover

std::chrono::milliseconds to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

}  // namespace

Status Memory::open(store::Executor& executor) {
  if (options_.store == "none") return {};
  if (options_.redis) return open_redis(executor);
  if (options_.store != "memory") return open_directory(executor);
  open_in_memory();
  return {};
}

void Memory::open_in_memory() {
  store::MemoryStoreOptions memory;
  if (options_.max_bytes) memory.max_bytes = *options_.max_bytes;
  memory.max_age = to_ms(options_.max_age.value_or(kDefaultMaxAge));
  if (options_.dedupe) memory.dedupe_window = to_ms(*options_.dedupe);
  store_ = std::make_unique<store::MemoryStore>(memory);
  groups_ = std::make_unique<store::Groups>();
  const Duration keep = options_.recover.value_or(kDefaultRecover);
  sessions_ = std::make_unique<server::Sessions>(to_ms(keep).count());
}

Status Memory::open_directory(store::Executor& executor) {
  store::FileStoreOptions file{.directory = options_.store, .sync = options_.sync};
  if (options_.max_bytes) file.retention.max_bytes = *options_.max_bytes;
  file.retention.max_age = to_ms(options_.max_age.value_or(kDefaultMaxAge));
  if (options_.dedupe) file.dedupe_window = to_ms(*options_.dedupe);
  SIO_TRY(auto opened, store::FileStore::open(fs_, &executor, file));
  for (const std::string& note : opened->notes()) log(LogLevel::warning, note);
  file_store_ = opened.get();
  store_ = std::move(opened);
  store::FileJournals journals(fs_, file_store_, options_.store, file_store_->seed());
  return open_journals(journals);
}

Status Memory::open_redis(store::Executor& executor) {
  store::RedisStoreOptions redis = *options_.redis;
  if (options_.max_bytes) redis.retention.max_bytes = *options_.max_bytes;
  redis.retention.max_age = to_ms(options_.max_age.value_or(kDefaultMaxAge));
  if (options_.dedupe) redis.dedupe_window = to_ms(*options_.dedupe);
  redis.now_ms = clock_.wall_ms();
  SIO_TRY(auto opened, store::RedisStore::open(executor, redis));
  for (const std::string& note : opened->notes()) log(LogLevel::warning, note);
  redis_store_ = opened.get();
  store_ = std::move(opened);
  return open_journals(*redis_store_);
}

Status Memory::open_journals(store::Journals& journals) {
  SIO_TRY(groups_, store::Groups::open(journals));
  if (groups_->in_doubt())
    log(LogLevel::warning, "the groups' journal was damaged: some records come again");
  const Duration keep = options_.recover.value_or(kDefaultRecover);
  SIO_TRY(sessions_, server::Sessions::open(journals, to_ms(keep).count(), clock_.wall_ms()));
  return {};
}

void Memory::sync() {
  const Status status = file_store_ != nullptr    ? file_store_->sync()
                        : redis_store_ != nullptr ? redis_store_->sync()
                                                  : Status();
  if (!status)
    log(LogLevel::error, fmt::format("store what was published: {}", status.error().message));
}

Status Memory::close() {
  if (store_ == nullptr) return {};
  SIO_TRY_STATUS(sessions_->sync());
  SIO_TRY_STATUS(groups_->sync());
  // Their last work is done by the store's thread.
  return store_->close();
}

}  // namespace sio::cmd::serve
