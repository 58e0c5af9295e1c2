// The part of the Redis store that opens it: finds what is there, takes it, and learns of it what
// must be known.
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/random_id.h"
#include "store/record.h"
#include "store/redis_meta.h"
#include "store/redis_store.h"

namespace sio::store {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kOpenTime{3'000};
constexpr std::size_t kNameLength = 4;
constexpr std::uint64_t kFirstReserve = 64u << 10;
// How far numbers jump when Redis may have lost what it had taken: more than that can be.
constexpr std::uint64_t kJumpAfterRestart = 16u << 20;
constexpr milliseconds kScanTime{30'000};
// Entries that are looked at at a time: fewer when they turn out to be large.
constexpr std::size_t kScanStep = 1024;
constexpr std::size_t kLargeScan = 8u << 20;
constexpr unsigned kMaxReplicas = 100;

Status ignore_reply(Result<RedisReply> reply) {
  return std::move(reply).map([](const RedisReply&) {});
}

std::size_t size_of(const Record& record) {
  return record_size({.time_ms = record.time_ms,
                      .ns = record.ns,
                      .event = record.event,
                      .rooms = record.rooms,
                      .key = record.key,
                      .body_head = record.body});
}

}  // namespace

Result<RedisStoreOptions> redis_store_options(const RedisUrl& url) {
  constexpr std::array<std::string_view, 2> kNames = {"key", "replicas"};
  SIO_TRY_STATUS(url.expect_parameters(kNames));
  RedisStoreOptions options{.url = url};
  if (const std::string* const key = url.parameter("key")) options.key = *key;
  if (options.key.empty() || options.key.size() > kMaxRedisKey)
    return fail(Errc::usage, fmt::format("{}: ?key= needs a name of 1 to {} bytes", url.printable(),
                                         kMaxRedisKey));
  const std::string* const replicas = url.parameter("replicas");
  if (replicas == nullptr) return options;
  const char* const end = replicas->data() + replicas->size();
  const auto [stop, error] = std::from_chars(replicas->data(), end, options.replicas);
  if (error != std::errc() || stop != end || options.replicas > kMaxReplicas)
    return fail(Errc::usage, fmt::format("{}: ?replicas= needs a number, 0 to {}", url.printable(),
                                         kMaxReplicas));
  return options;
}

RedisStore::RedisStore(Executor& executor, const RedisStoreOptions& options)
    : executor_(executor),
      options_(options),
      keys_(options.key),
      lease_(keys_, options.now_ms),
      archive_(keys_),
      recent_(options.cache_bytes),
      stretches_(options.retention),
      keys_window_(options.dedupe_window),
      reserve_step_(kFirstReserve) {}

Result<std::unique_ptr<RedisStore>> RedisStore::open(Executor& executor,
                                                     const RedisStoreOptions& options) {
  std::unique_ptr<RedisStore> store(new RedisStore(executor, options));
  SIO_TRY(std::unique_ptr<RedisConnection> connection,
          RedisConnection::open(options.url, kOpenTime));
  const RedisInfo info = read_info(*connection, kOpenTime);
  SIO_TRY_STATUS(store->check_server(info));
  SIO_TRY_STATUS(store->check_types(*connection));
  SIO_TRY_STATUS(store->check_owner(*connection));
  SIO_TRY_STATUS(store->lease_.take(*connection, kOpenTime));
  if (Status taken = store->take(*connection, info); !taken) {
    store->lease_.release(*connection, kOpenTime);
    return tl::unexpected(std::move(taken.error()));
  }
  store->writer_ = std::make_unique<RedisWriter>(
      executor, static_cast<RedisWriterListener&>(*store), store->lease_,
      RedisWriter::Start{.url = options.url,
                         .keys = store->keys_,
                         .name = store->name_,
                         .replicas = options.replicas,
                         .patience = options.patience,
                         .keep_bytes = options.cache_bytes,
                         .written = store->ends_.last.seq + 1,
                         .reserved = store->reserved_,
                         .connection = std::move(connection)});
  return store;
}

Status RedisStore::check_types(RedisConnection& connection) const {
  const std::pair<std::string_view, std::string_view> wanted[] = {{keys_.events, "stream"},
                                                                  {keys_.meta, "hash"},
                                                                  {keys_.index, "hash"},
                                                                  {keys_.lock, "string"}};
  for (const auto& [key, type] : wanted) {
    SIO_TRY(const RedisReply reply, connection.call({"TYPE", key}, kOpenTime));
    const std::string_view found = text_of(*reply);
    if (found == "none" || found == type) continue;
    return fail(
        Errc::refused,
        fmt::format("the key {} is in the way: it is a {}, not sio's; ?key=NAME names other "
                    "keys",
                    key, found));
  }
  return {};
}

// Before anything is written: whether what is there is a queue.
Status RedisStore::check_owner(RedisConnection& connection) const {
  SIO_TRY(const std::optional<RedisMeta> meta, read_meta(connection, keys_, kOpenTime));
  if (meta) return {};
  SIO_TRY(const RedisReply exists, connection.call({"EXISTS", keys_.events}, kOpenTime));
  if (exists->integer == 0) return {};
  return fail(Errc::refused,
              fmt::format("the key {} is in the way: {} does not say that it is sio's; ?key=NAME "
                          "names other keys",
                          keys_.events, keys_.meta));
}

// What must be right with the lease held.
Status RedisStore::take(RedisConnection& connection, const RedisInfo& info) {
  SIO_TRY_STATUS(start_numbers(connection, info));
  SIO_TRY_STATUS(recover(connection));
  SIO_TRY(auto reader, RedisConnection::open(options_.url, kOpenTime));
  archive_.set_connection(std::move(reader));
  return {};
}

Status RedisStore::check_server(const RedisInfo& info) {
  if (info.role == "slave")
    return fail(Errc::unavailable,
                fmt::format("{} is a replica, which only reads: name its master, {}",
                            options_.url.printable(), info.master));
  if (!is_at_least(info.version, 6, 2))
    return fail(Errc::unavailable, fmt::format("{} is Redis {}: 6.2 or newer is needed",
                                               options_.url.printable(), info.version));
  if (info.aof_enabled == "0")
    notes_.push_back(
        "this Redis has no append-only file (appendonly no): when it ends, events are lost that it "
        "has not saved");
  if (!info.maxmemory.empty() && info.maxmemory != "0" &&
      info.maxmemory_policy.starts_with("allkeys"))
    notes_.push_back(fmt::format(
        "this Redis may drop the whole queue when it is full (maxmemory-policy {}): noeviction "
        "would refuse events instead",
        info.maxmemory_policy));
  return {};
}

Status RedisStore::start_numbers(RedisConnection& connection, const RedisInfo& info) {
  SIO_TRY(std::optional<RedisMeta> meta, read_meta(connection, keys_, kOpenTime));
  SIO_TRY(ends_, stream_ends(connection, keys_, kOpenTime));
  const bool is_new = !meta;
  if (is_new) meta = RedisMeta{.name = random_name(kNameLength)};
  name_ = meta->name;
  next_ = std::max(meta->reserved, ends_.greatest.seq + 1);
  const bool is_same_run = !info.run_id.empty() && info.run_id == meta->run_id;
  if (!is_new && !is_same_run && !info.syncs_always()) next_ += kJumpAfterRestart;
  durable_ = next_ - 1;
  reserved_ = next_ + reserve_step_;
  SIO_TRY_STATUS(write_meta(
      connection, keys_, {.name = name_, .reserved = reserved_, .run_id = info.run_id}, kOpenTime));
  SIO_TRY_STATUS(fence(connection, ends_));
  SIO_TRY(ends_, stream_ends(connection, keys_, kOpenTime));
  return {};
}

// From now on Redis refuses what the process before could still send.
Status RedisStore::fence(RedisConnection& connection, const StreamEnds& ends) const {
  if (next_ <= ends.greatest.seq + 1) return {};
  const std::string id = to_string({next_ - 1, 0});
  SIO_TRY_STATUS(ignore_reply(connection.call(
      {"EVAL",
       "redis.call('XADD', KEYS[1], ARGV[1], 'fence', '') return redis.call('XDEL', KEYS[1], "
       "ARGV[1])",
       "1", keys_.events, id},
      kOpenTime)));
  return {};
}

Status RedisStore::recover(RedisConnection& connection) {
  if (ends_.last.seq == 0) return {};
  SIO_TRY_STATUS(load_index(connection));
  const Seq unindexed = stretches_.all().empty() ? ends_.first.seq : stretches_.all().back().next;
  SIO_TRY(const std::optional<Seq> recent, dedupe_from(connection));
  return scan(connection, std::min(unindexed, recent.value_or(unindexed)), unindexed);
}

// What makes no sense is left out, and all behind it: its records are looked at again.
Status RedisStore::load_index(RedisConnection& connection) {
  SIO_TRY(const RedisReply reply, connection.call({"HGETALL", keys_.index}, kOpenTime));
  std::vector<Stretch> found;
  for (std::size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
    if (const auto stretch =
            decode_stretch(text_of(*reply->element[i]), text_of(*reply->element[i + 1])))
      found.push_back(*stretch);
  std::ranges::sort(found, {}, &Stretch::first);
  Seq begin = ends_.first.seq;
  for (Stretch stretch : found) {
    if (stretch.next <= begin) continue;
    if (stretch.next > ends_.last.seq + 1) break;
    const bool is_oldest = stretches_.all().empty();
    if (is_oldest ? stretch.first > begin : stretch.first < begin) break;
    stretch.first = std::max(stretch.first, begin);
    stretches_.add(stretch);
    begin = stretch.next;
  }
  return {};
}

// Where the records begin whose keys still count; nothing if there are none.
Result<std::optional<Seq>> RedisStore::dedupe_from(RedisConnection& connection) const {
  if (options_.dedupe_window.count() <= 0) return std::optional<Seq>();
  SIO_TRY(const RedisReply reply,
          connection.call({"XREVRANGE", keys_.events, "+", "-", "COUNT", "1"}, kOpenTime));
  EntryReader entries(*reply);
  EntryDecoder decoder;
  const Entry* const last = entries.size() == 0 ? nullptr : entries.at(0, decoder);
  if (last == nullptr || last->kind != Entry::Kind::record) return std::optional<Seq>();
  const Stretch* const stretch =
      stretches_.find_time(last->record.time_ms - options_.dedupe_window.count());
  if (stretch == nullptr) return std::optional<Seq>();
  const Seq bounded = last->id.seq - std::min<Seq>(last->id.seq, kMaxDedupeKeys);
  return std::optional(std::max(stretch->first, bounded));
}

Status RedisStore::scan(RedisConnection& connection, Seq from, Seq unindexed) {
  EntryDecoder decoder;
  std::size_t step = kScanStep;
  while (true) {
    SIO_TRY(const RedisReply reply, connection.call({"XRANGE", keys_.events, fmt::to_string(from),
                                                     "+", "COUNT", fmt::to_string(step)},
                                                    kScanTime));
    EntryReader entries(*reply);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      bytes += entries.bytes(i);
      const Entry* const entry = entries.at(i, decoder);
      if (entry == nullptr || entry->id.seq < from)
        return fail(Errc::protocol, fmt::format("{}: entries without order", keys_.events));
      from = entry->id.seq + 1;
      if (entry->kind != Entry::Kind::record) continue;
      keys_window_.add(entry->record.key, entry->id.seq, entry->record.time_ms);
      if (entry->id.seq >= unindexed)
        stretches_.add(entry->id.seq, size_of(entry->record), entry->record.time_ms);
    }
    if (entries.size() < step) return {};
    if (bytes > kLargeScan) step = std::max<std::size_t>(1, step / 4);
  }
}

}  // namespace sio::store
