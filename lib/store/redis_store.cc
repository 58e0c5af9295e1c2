#include "store/redis_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "store/record.h"
#include "store/redis_journal.h"

namespace sio::store {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSyncTime{5'000};
constexpr milliseconds kReserveTime{500};
constexpr milliseconds kJournalTime{2'000};
constexpr std::uint64_t kLargestReserve = 4u << 20;
constexpr std::int64_t kReserveGrowsWithinMs = 60'000;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// What is full stays full for whoever hears of it; all else is unavailable.
tl::unexpected<Error> refused(std::string_view what, const Error& cause) {
  const Errc code = cause.code == Errc::full ? Errc::full : Errc::unavailable;
  return fail(code, fmt::format("{}: {}", what, cause.message));
}

class TimeFinder final : public Visitor {
 public:
  explicit TimeFinder(std::int64_t time_ms) : time_ms_(time_ms) {}
  bool on_record(const Record& record) override {
    if (record.time_ms < time_ms_) return true;
    found = record.seq;
    return false;
  }
  std::optional<Seq> found;

 private:
  std::int64_t time_ms_;
};

}  // namespace

RedisStore::~RedisStore() {
  writer_.reset();
}

Result<Seq> RedisStore::append(std::span<const NewRecord> batch) {
  const std::int64_t now_ms = batch.front().time_ms;
  SIO_TRY_STATUS(refuse_if_failed());
  SIO_TRY_STATUS(check_batch(batch));
  SIO_TRY_STATUS(reserve_numbers(batch.size(), now_ms));
  SIO_TRY_STATUS(refuse_if_failed());
  const Seq first = next_;
  for (std::size_t i = 0; i < batch.size(); ++i) append_one(batch[i], sizes_[i]);
  return first;
}

Status RedisStore::refuse_if_failed() const {
  if (!failure_) return {};
  return refused("the queue does not accept records", *failure_);
}

Status RedisStore::check_batch(std::span<const NewRecord> batch) {
  SIO_TRY(const std::size_t total, record_sizes(batch, kMaxRedisRecord, sizes_));
  const std::size_t unwritten = recent_.bytes_after(durable_);
  if (unwritten > 0 && unwritten + total > options_.max_unwritten_bytes)
    return fail(Errc::unavailable, fmt::format("Redis is {} bytes behind", unwritten));
  return {};
}

Status RedisStore::reserve_numbers(std::size_t count, std::int64_t now_ms) {
  const Seq wanted = next_ + count;
  if (wanted + reserve_step_ / 2 > reserved_ && !reserving_) extend_reservation(wanted, now_ms);
  if (wanted > reserved_ && !writer_->is_away()) writer_->wait(kReserveTime);
  if (wanted <= reserved_) return {};
  if (!reserving_) extend_reservation(wanted, now_ms);
  return fail(Errc::unavailable, "Redis has not reserved numbers in time");
}

void RedisStore::extend_reservation(Seq wanted, std::int64_t now_ms) {
  if (now_ms - reserved_at_ms_ < kReserveGrowsWithinMs)
    reserve_step_ = std::min(reserve_step_ * 4, kLargestReserve);
  reserved_at_ms_ = now_ms;
  reserving_ = true;
  const Seq ahead = wanted + reserve_step_;
  writer_->submit(
      {.words = lease_.guarded("return redis.call('HSET', KEYS[2], 'reserved', ARGV[2])",
                               keys_.meta, {fmt::to_string(ahead)}),
       .done =
           [this, ahead](const Status& status) {
             reserving_ = false;
             if (status) reserved_ = std::max(reserved_, ahead);
           },
       .reserved = ahead});
}

void RedisStore::append_one(const NewRecord& record, std::size_t size) {
  if (const auto finished = stretches_.add(next_, size, record.time_ms)) {
    note_stretch(*finished);
    drop_oldest(stretches_.too_old(record.time_ms, keep_from_, durable_));
  }
  RecentRecords::Added added = recent_.add(record, next_, size);
  keys_window_.add(record.key, next_, record.time_ms);
  ++next_;
  writer_->submit(RedisWriter::Records{std::move(added.block), added.begin, added.end, next_});
}

void RedisStore::submit(std::vector<std::string> words) {
  writer_->submit({.words = std::move(words), .done = {}});
}

void RedisStore::note_stretch(const Stretch& stretch) {
  submit({"HSET", keys_.index, fmt::to_string(stretch.first), encode_stretch(stretch)});
}

void RedisStore::drop_oldest(std::size_t count) {
  if (count == 0) return;
  std::vector<std::string> fields = {"HDEL", keys_.index};
  for (; count > 0; --count) {
    fields.push_back(fmt::to_string(stretches_.all().front().first));
    stretches_.drop_oldest();
  }
  submit(std::move(fields));
  submit({"XTRIM", keys_.events, "MINID", fmt::to_string(bounds().first)});
}

// All of it, when Redis may not have what it was told before.
void RedisStore::write_index() {
  submit({"DEL", keys_.index});
  submit({"XTRIM", keys_.events, "MINID", fmt::to_string(bounds().first)});
  if (stretches_.all().size() < 2) return;
  std::vector<std::string> words = {"HSET", keys_.index};
  for (std::size_t i = 0; i + 1 < stretches_.all().size(); ++i) {
    words.push_back(fmt::to_string(stretches_.all()[i].first));
    words.push_back(encode_stretch(stretches_.all()[i]));
  }
  submit(std::move(words));
}

// --- reading

Result<Seq> RedisStore::read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) {
  from = std::max(from, bounds().first);
  if (from >= next_) return next_;
  Reading reading(from, filter, limit, visitor);
  const Seq boundary = recent_.first_or(next_);
  if (from < boundary) {
    SIO_TRY_STATUS(read_old(reading, boundary, limit));
    if (reading.done() || reading.next() < boundary) return reading.next();
  }
  recent_.show(reading);
  if (!reading.done()) reading.pass_to(next_);
  return reading.next();
}

Status RedisStore::read_old(Reading& reading, Seq until, std::size_t limit) const {
  Status read = archive_.read(reading, until, limit);
  if (!read && !archive_.is_connected()) writer_->want_reader();
  return read;
}

Seq RedisStore::find_time(std::int64_t time_ms) const {
  const Stretch* const stretch = stretches_.find_time(time_ms);
  if (stretch == nullptr) return next_;
  const Seq boundary = recent_.first_or(next_);
  TimeFinder finder(time_ms);
  const Filter everything{.all_rooms = true};
  for (Seq from = stretch->first; from < boundary;) {
    Reading reading(from, everything, kNoLimit, finder);
    if (!read_old(reading, boundary, kNoLimit)) return stretch->first;
    if (finder.found) return *finder.found;
    from = reading.next();
  }
  return recent_.find_time(time_ms, next_);
}

std::optional<Seq> RedisStore::find_key(std::string_view key, std::int64_t now_ms) const {
  return keys_window_.find(key, now_ms);
}

Bounds RedisStore::bounds() const {
  const Seq first = stretches_.all().empty() ? next_ : stretches_.all().front().first;
  return {.first = first, .next = next_};
}

Status RedisStore::trim(Seq before) {
  drop_oldest(stretches_.whole_before(before, durable_));
  return {};
}

// --- the end

Status RedisStore::sync() {
  writer_->wait(kSyncTime);
  SIO_TRY_STATUS(refuse_if_failed());
  if (durable_ + 1 < next_)
    return fail(Errc::unavailable, "Redis has not taken all events in time");
  return {};
}

Status RedisStore::close() {
  const Status synced = sync();
  if (synced) {
    submit(lease_.guarded("return redis.call('HSET', KEYS[2], 'reserved', ARGV[2])", keys_.meta,
                          {fmt::to_string(next_)}));
    submit(lease_.ending());
    writer_->wait(kReserveTime);
  }
  writer_.reset();
  archive_.set_connection(nullptr);
  return synced;
}

Result<std::unique_ptr<Journal>> RedisStore::open(std::string_view name, JournalReader& reader) {
  auto journal = std::make_unique<RedisJournal>(*this, name);
  SIO_TRY(const std::unique_ptr<RedisConnection> connection,
          RedisConnection::open(options_.url, kJournalTime));
  SIO_TRY_STATUS(journal->load(*connection, reader));
  return journal;
}

// --- what the writer tells

void RedisStore::on_written(Seq next) {
  if (next <= durable_ + 1) return;
  durable_ = next - 1;
  recent_.evict(durable_);
  if (listener_ != nullptr) listener_->on_durable(durable_);
}

void RedisStore::on_back(Seq lost_first, Seq lost_next) {
  archive_.forget_pages();
  if (lost_first < lost_next && lost_first <= bounds().first) stretches_.drop_before(lost_next);
  write_index();
  for (RedisJournal* const journal : journals_) journal->doubt();
}

void RedisStore::on_failure(const Error& error) {
  failure_ = error;
  recent_.cut(durable_ + 1);
  keys_window_.forget_from(durable_ + 1);
  stretches_.cut(durable_ + 1);
  writer_->submit(RedisWriter::Resume{.kept = durable_, .next = next_});
  if (listener_ != nullptr) listener_->on_failed(durable_, error);
}

void RedisStore::on_resumed(Seq next_free) {
  failure_.reset();
  next_ = std::max(next_, next_free);
  durable_ = next_ - 1;
}

void RedisStore::on_reader(std::unique_ptr<RedisConnection> reader) {
  archive_.set_connection(std::move(reader));
}

}  // namespace sio::store
