// The loop thread puts jobs into a queue; the thread takes the whole queue and does the jobs in
// order. A job stays at the front until Redis has answered it, so whatever is there when the
// connection is lost is what Redis may or may not have: the last id in the stream tells.
#include "store/redis_writer.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <condition_variable>
#include <iterator>

#include "base/log.h"
#include "store/record.h"
#include "store/redis_meta.h"

namespace sio::store {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kAnswerTime{3'000};
constexpr milliseconds kConnectTime{1'000};
constexpr milliseconds kReplicaTime{1'000};
constexpr milliseconds kFirstRetry{50};
constexpr milliseconds kLastRetry{1'000};
// A transaction has no more than this, or is one record.
constexpr std::size_t kTransactionBytes = 1u << 20;
constexpr std::size_t kTransactionRecords = 4096;
constexpr std::size_t kCommandsAtOnce = 256;
// What a slow network takes in a millisecond.
constexpr std::size_t kSlowest = 8192;
constexpr std::string_view kDeleteStep = "1000";

std::vector<std::string_view> views_of(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

// The id of the first entry of an XRANGE; zeros if there is none.
Result<StreamId> first_id_of(RedisConnection& connection, const RedisKeys& keys,
                             std::string_view command, milliseconds timeout) {
  const bool forward = command == "XRANGE";
  SIO_TRY(const RedisReply reply, connection.call({command, keys.events, forward ? "-" : "+",
                                                   forward ? "+" : "-", "COUNT", "1"},
                                                  timeout));
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) return StreamId{};
  const redisReply& entry = *reply->element[0];
  const auto id = entry.type == REDIS_REPLY_ARRAY && entry.elements > 0
                      ? parse_stream_id(text_of(*entry.element[0]))
                      : std::nullopt;
  if (!id) return fail(Errc::protocol, fmt::format("{}: an entry without an id", keys.events));
  return *id;
}

}  // namespace

Result<StreamEnds> stream_ends(RedisConnection& connection, const RedisKeys& keys,
                               milliseconds timeout) {
  StreamEnds ends;
  SIO_TRY(ends.first, first_id_of(connection, keys, "XRANGE", timeout));
  SIO_TRY(ends.last, first_id_of(connection, keys, "XREVRANGE", timeout));
  ends.greatest = ends.last;
  SIO_TRY(const RedisReply exists, connection.call({"EXISTS", keys.events}, timeout));
  if (exists->integer == 0) return ends;
  SIO_TRY(const RedisReply info, connection.call({"XINFO", "STREAM", keys.events}, timeout));
  for (std::size_t i = 0; info->type == REDIS_REPLY_ARRAY && i + 1 < info->elements; i += 2) {
    if (text_of(*info->element[i]) != "last-generated-id") continue;
    if (const auto id = parse_stream_id(text_of(*info->element[i + 1]))) ends.greatest = *id;
  }
  return ends;
}

struct RedisWriter::Shared {
  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable idle;
  // All below under the mutex, `listener` aside: that belongs to the loop thread.
  std::vector<Job> queue;
  bool busy = false;
  bool waiting = false;  // for Redis: there are jobs that were taken and not done
  bool stop = false;
  bool posted = false;  // a task that will tell the news is on its way
  bool away = false;
  bool wants_reader = false;
  News news;
  RedisWriterListener* listener = nullptr;
};

bool RedisWriter::News::empty() const {
  return written == 0 && !back && !failure && !resumed && !has_reader && done.empty();
}

void RedisWriter::News::merge(News&& later) {
  if (later.written != 0) written = later.written;
  if (later.back) {
    back = true;
    lost_first = later.lost_first;
    lost_next = later.lost_next;
  }
  if (later.failure) failure = std::move(later.failure);
  if (later.resumed) resumed = later.resumed;
  if (later.has_reader) {
    has_reader = true;
    reader = std::move(later.reader);
  }
  for (auto& command : later.done) done.push_back(std::move(command));
}

RedisWriter::RedisWriter(Executor& executor, RedisWriterListener& listener, RedisLease& lease,
                         Start start)
    : url_(std::move(start.url)),
      keys_(std::move(start.keys)),
      lease_(lease),
      executor_(executor),
      shared_(std::make_shared<Shared>()),
      name_(std::move(start.name)),
      replicas_(start.replicas),
      patience_(start.patience),
      keep_bytes_(start.keep_bytes),
      reserved_(start.reserved),
      connection_(std::move(start.connection)),
      written_(start.written),
      renew_at_(SteadyClock::now() + kRedisLeaseRenewal) {
  shared_->listener = &listener;
  thread_ = std::thread([this] { thread_main(); });
}

RedisWriter::~RedisWriter() {
  shared_->listener = nullptr;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stop = true;
  }
  shared_->work.notify_one();
  thread_.join();
}

void RedisWriter::submit(Records records) {
  {
    const std::lock_guard lock(shared_->mutex);
    auto* const last =
        shared_->queue.empty() ? nullptr : std::get_if<Records>(&shared_->queue.back());
    if (last != nullptr && last->block == records.block && last->end == records.begin) {
      last->end = records.end;
      last->next = records.next;
      return;
    }
  }
  push(std::move(records));
}

void RedisWriter::submit(Command command) {
  push(std::move(command));
}

void RedisWriter::submit(Resume resume) {
  push(resume);
}

void RedisWriter::push(Job job) {
  bool wake = false;
  {
    const std::lock_guard lock(shared_->mutex);
    wake = shared_->queue.empty() && !shared_->busy;
    shared_->queue.push_back(std::move(job));
  }
  if (wake) shared_->work.notify_one();
}

void RedisWriter::want_reader() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->wants_reader = true;
  }
  shared_->work.notify_one();
}

bool RedisWriter::is_away() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->away;
}

void RedisWriter::wait(milliseconds time) {
  {
    std::unique_lock lock(shared_->mutex);
    shared_->idle.wait_for(lock, time, [this] {
      return shared_->queue.empty() && !shared_->busy && !shared_->waiting;
    });
  }
  tell(*shared_);
}

// --- the thread

void RedisWriter::thread_main() {
  const auto has_work = [this] {
    return shared_->stop || !shared_->queue.empty() ||
           (shared_->wants_reader && connection_ != nullptr);
  };
  std::unique_lock lock(shared_->mutex);
  while (!shared_->stop) {
    shared_->work.wait_until(lock, next_time(), has_work);
    if (shared_->stop) return;
    for (Job& job : std::exchange(shared_->queue, {})) absorb(std::move(job));
    shared_->busy = true;
    lock.unlock();
    turn();
    lock.lock();
    shared_->busy = false;
    shared_->waiting = !jobs_.empty();
    shared_->away = connection_ == nullptr;
    if (shared_->queue.empty() && !shared_->waiting) shared_->idle.notify_all();
  }
}

// After a failure records are for nothing until somebody has heard of it.
void RedisWriter::absorb(Job job) {
  if (const auto* const command = std::get_if<Command>(&job))
    reserved_ = std::max(reserved_, command->reserved);
  if (std::holds_alternative<Resume>(job)) {
    resume_ = std::get<Resume>(job);
  } else if (!failed_ || std::holds_alternative<Command>(job) || resume_) {
    jobs_.push_back(std::move(job));
  }
}

SteadyClock::time_point RedisWriter::next_time() const {
  if (connection_ != nullptr) return renew_at_;
  if (deposed_ || (failed_ && !resume_)) return SteadyClock::now() + std::chrono::hours(1);
  return failed_ ? retry_at_ : std::min(retry_at_, away_since_ + patience_);
}

void RedisWriter::turn() {
  if (connection_ == nullptr && !deposed_ && SteadyClock::now() >= retry_at_) come_back();
  if (connection_ != nullptr) write_jobs();
  if (connection_ == nullptr && !failed_ && SteadyClock::now() >= away_since_ + patience_)
    break_off(away_error_);
  if (connection_ == nullptr) fail_commands();
  serve_reader();
  publish();
}

void RedisWriter::write_jobs() {
  while (true) {
    Status written = renew_if_due();
    if (written && jobs_.empty()) return;
    if (written)
      written = std::holds_alternative<Records>(jobs_.front()) ? write_records() : write_commands();
    if (!written) return go_away(written.error());
    publish();
  }
}

Status RedisWriter::renew_if_due() {
  const SteadyClock::time_point now = SteadyClock::now();
  if (now < renew_at_) return {};
  renew_at_ = now + kRedisLeaseRenewal;
  const std::vector<std::string> words = lease_.renewal();
  return connection_->call(views_of(words), kAnswerTime).map([](const RedisReply&) {});
}

// One transaction of the records at the front.
Status RedisWriter::write_records() {
  out_.clear();
  append_command(out_, {"MULTI"});
  RecordDecoder decoder;
  std::size_t count = 0;
  Seq next = written_;
  for (const Job& job : jobs_) {
    const auto* const records = std::get_if<Records>(&job);
    if (records == nullptr) break;
    const std::string_view bytes = records->block->bytes_between(records->begin, records->end);
    for (std::size_t at = 0; at < bytes.size() && count < kTransactionRecords &&
                             (out_.size() < kTransactionBytes || count == 0);
         ++count) {
      const std::size_t length = read_record_head(bytes.data() + at).length;
      const Record* const record = decoder.decode(bytes.substr(at, length));
      append_xadd(out_, keys_, *record);
      next = record->seq + 1;
      at += length;
    }
    if (count == kTransactionRecords || out_.size() >= kTransactionBytes) break;
  }
  append_command(out_, {"EXEC"});
  SIO_TRY_STATUS(connection_->send(out_, kAnswerTime + milliseconds(out_.size() / kSlowest)));
  SIO_TRY_STATUS(check_transaction(count));
  SIO_TRY_STATUS(wait_for_replicas());
  take_written(count, next);
  return {};
}

// The answers to MULTI, to each command, and to EXEC.
Status RedisWriter::check_transaction(std::size_t count) {
  std::optional<Error> refused;
  for (std::size_t i = 0; i < count + 2; ++i) {
    SIO_TRY(const RedisReply reply, connection_->receive(kAnswerTime));
    if (reply->type == REDIS_REPLY_ERROR && !refused) refused = error_of("store events", *reply);
    if (i != count + 1 || reply->type != REDIS_REPLY_ARRAY) continue;
    for (std::size_t each = 0; each < reply->elements && !refused; ++each)
      if (reply->element[each]->type == REDIS_REPLY_ERROR)
        refused = error_of("store events", *reply->element[each]);
    if (reply->elements != count && !refused)
      refused = Error{Errc::protocol, "store events: Redis did not do all of it"};
  }
  if (refused) return tl::unexpected(std::move(*refused));
  return {};
}

Status RedisWriter::wait_for_replicas() {
  if (replicas_ == 0) return {};
  const SteadyClock::time_point until = SteadyClock::now() + patience_;
  long long have = 0;
  while (SteadyClock::now() < until) {
    SIO_TRY(const RedisReply reply, connection_->call({"WAIT", fmt::to_string(replicas_),
                                                       fmt::to_string(kReplicaTime.count())},
                                                      kReplicaTime + kAnswerTime));
    have = reply->integer;
    if (reply->type == REDIS_REPLY_INTEGER && have >= static_cast<long long>(replicas_)) return {};
    SIO_TRY_STATUS(renew_if_due());
  }
  return fail(Errc::unavailable,
              fmt::format("{} of {} replicas have what was stored", have, replicas_));
}

// The first `count` records of the jobs are in Redis.
void RedisWriter::take_written(std::size_t count, Seq next) {
  written_ = news_.written = next;
  while (count > 0) {
    auto& records = std::get<Records>(jobs_.front());
    const std::size_t begin = records.begin;
    for (; count > 0 && records.begin < records.end; --count)
      records.begin +=
          read_record_head(records.block->bytes_between(records.begin, records.end).data()).length;
    const bool is_done = records.begin == records.end;
    const Seq last = is_done ? records.next : next;
    recent_.push_back({records.block, begin, records.begin, last});
    recent_bytes_ += records.begin - begin;
    if (is_done) jobs_.pop_front();
  }
  while (recent_.size() > 1 && recent_bytes_ > keep_bytes_) {
    recent_bytes_ -= recent_.front().end - recent_.front().begin;
    recent_.pop_front();
  }
}

// The commands at the front, one behind the other.
Status RedisWriter::write_commands() {
  out_.clear();
  std::size_t count = 0;
  for (; count < jobs_.size() && count < kCommandsAtOnce; ++count) {
    const auto* const command = std::get_if<Command>(&jobs_[count]);
    if (command == nullptr) break;
    append_command(out_, views_of(command->words));
  }
  SIO_TRY_STATUS(connection_->send(out_, kAnswerTime));
  std::optional<Error> lost;
  for (; count > 0; --count) {
    SIO_TRY(const RedisReply reply, connection_->receive(kAnswerTime));
    auto& command = std::get<Command>(jobs_.front());
    Status status;
    if (reply->type == REDIS_REPLY_ERROR)
      status = tl::unexpected(error_of(command.words[0], *reply));
    if (!status && RedisLease::is_loss(status.error())) lost = status.error();
    if (command.done) news_.done.emplace_back(std::move(command.done), std::move(status));
    jobs_.pop_front();
  }
  if (lost) return tl::unexpected(std::move(*lost));
  return {};
}

// Commands are not sent again, for nobody knows whether they were done; bar those that may be done
// twice.
void RedisWriter::fail_commands() {
  std::erase_if(jobs_, [this](Job& job) {
    auto* const command = std::get_if<Command>(&job);
    if (command == nullptr || (command->reserved != 0 && !failed_)) return false;
    if (command->done)
      news_.done.emplace_back(std::move(command->done), tl::unexpected(away_error_));
    return true;
  });
}

void RedisWriter::go_away(const Error& error) {
  connection_.reset();
  news_.has_reader = true;
  news_.reader.reset();
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->wants_reader = true;
  }
  away_error_ = error;
  away_since_ = SteadyClock::now();
  retry_delay_ = kFirstRetry;
  retry_at_ = away_since_;
  if (!failed_) log(LogLevel::warning, fmt::format("the queue's Redis: {}", error.message));
}

void RedisWriter::break_off(const Error& error) {
  failed_ = true;
  resume_.reset();
  std::erase_if(jobs_, [](const Job& job) { return std::holds_alternative<Records>(job); });
  news_.failure = error;
}

// --- the way back

void RedisWriter::come_back() {
  if (failed_ && !resume_) return;
  const Status back = reconnect();
  if (back) {
    log(LogLevel::info, "the queue's Redis is back");
    return;
  }
  connection_.reset();
  away_error_ = back.error();
  retry_delay_ = std::min(retry_delay_ * 2, kLastRetry);
  retry_at_ = SteadyClock::now() + retry_delay_;
  if (!lease_.is_lost()) return;
  deposed_ = true;
  log(LogLevel::error, fmt::format("{}: this server stores no more; end it", back.error().message));
  if (!failed_) break_off(back.error());
}

Status RedisWriter::reconnect() {
  SIO_TRY(connection_, RedisConnection::open(url_, kConnectTime));
  SIO_TRY_STATUS(lease_.retake(*connection_, name_, kConnectTime));
  renew_at_ = SteadyClock::now() + kRedisLeaseRenewal;
  SIO_TRY_STATUS(restore_meta());
  SIO_TRY_STATUS(wait_for_replicas());
  if (failed_) SIO_TRY_STATUS(delete_between(resume_->kept, resume_->next));
  SIO_TRY(const StreamEnds ends, stream_ends(*connection_, keys_, kAnswerTime));
  SIO_TRY_STATUS(settle_pending(ends.last));
  if (!std::exchange(failed_, false)) return {};
  resume_.reset();
  news_.resumed = ends.greatest.seq + 1;
  return {};
}

Status RedisWriter::restore_meta() {
  const RedisInfo info = read_info(*connection_, kConnectTime);
  return write_meta(*connection_, keys_,
                    {.name = name_, .reserved = reserved_, .run_id = info.run_id}, kConnectTime);
}

// `last` is the last entry that Redis has. What came through needs not be sent again; what it had
// and lost is, as far as it is still known here.
Status RedisWriter::settle_pending(const StreamId& last) {
  const auto is_records = [](const Job& job) { return std::holds_alternative<Records>(job); };
  const auto commands = std::stable_partition(jobs_.begin(), jobs_.end(), is_records);
  const bool has_records = commands != jobs_.begin();
  const Seq pending_end = has_records ? std::get<Records>(*std::prev(commands)).next : written_;
  if (!failed_ && last.seq >= pending_end)
    return fail(Errc::unavailable, fmt::format("somebody else has written to {}: its last id is {}",
                                               keys_.events, to_string(last)));
  news_.back = true;
  news_.lost_first = news_.lost_next = 0;
  if (last.seq + 1 < written_) return send_lost_again(last.seq);
  std::size_t count = 0;
  for (auto job = jobs_.begin(); job != commands; ++job) {
    const Records& records = std::get<Records>(*job);
    const std::string_view bytes = records.block->bytes_between(records.begin, records.end);
    for (std::size_t at = 0; at < bytes.size(); ++count) {
      const RecordHead head = read_record_head(bytes.data() + at);
      if (head.seq > last.seq) break;
      at += head.length;
    }
  }
  if (count > 0) take_written(count, last.seq + 1);
  return {};
}

Status RedisWriter::send_lost_again(Seq last) {
  const Seq had = written_;
  std::deque<Records> again;
  for (Records& records : recent_) {
    while (records.begin < records.end) {
      const RecordHead head =
          read_record_head(records.block->bytes_between(records.begin, records.end).data());
      if (head.seq > last) break;
      records.begin += head.length;
    }
    if (records.begin < records.end) again.push_back(records);
  }
  recent_.clear();
  recent_bytes_ = 0;
  Seq first = had;
  if (!again.empty())
    first = read_record_head(
                again.front().block->bytes_between(again.front().begin, again.front().end).data())
                .seq;
  std::move(again.rbegin(), again.rend(), std::front_inserter(jobs_));
  written_ = first;
  if (first <= last + 1) return {};
  news_.lost_first = last + 1;
  news_.lost_next = first;
  log(LogLevel::error, fmt::format("Redis has lost up to {} events: #{}-{} to #{}-{}",
                                   first - last - 1, name_, last + 1, name_, first - 1));
  out_.clear();
  append_loss(out_, keys_, last + 1, first);
  SIO_TRY_STATUS(connection_->send(out_, kAnswerTime));
  SIO_TRY(const RedisReply reply, connection_->receive(kAnswerTime));
  if (reply->type == REDIS_REPLY_ERROR) return tl::unexpected(error_of("note a loss", *reply));
  return {};
}

// What may have come through though it was said to be lost.
Status RedisWriter::delete_between(Seq kept, Seq next) {
  if (kept + 1 >= next) return {};
  while (true) {
    SIO_TRY(const RedisReply reply,
            connection_->call({"XRANGE", keys_.events, fmt::to_string(kept + 1),
                               fmt::to_string(next - 1), "COUNT", kDeleteStep},
                              kAnswerTime));
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) return {};
    std::vector<std::string_view> words = {"XDEL", keys_.events};
    for (std::size_t i = 0; i < reply->elements; ++i)
      if (reply->element[i]->elements > 0) words.push_back(text_of(*reply->element[i]->element[0]));
    SIO_TRY_STATUS(connection_->call(words, kAnswerTime).map([](const RedisReply&) {}));
  }
}

void RedisWriter::serve_reader() {
  if (connection_ == nullptr) return;
  {
    const std::lock_guard lock(shared_->mutex);
    if (!std::exchange(shared_->wants_reader, false)) return;
  }
  auto reader = RedisConnection::open(url_, kConnectTime);
  news_.has_reader = true;
  news_.reader = reader ? std::move(*reader) : nullptr;
}

// --- telling

void RedisWriter::publish() {
  if (news_.empty()) return;
  bool post = false;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->news.merge(std::exchange(news_, {}));
    post = !std::exchange(shared_->posted, true);
  }
  if (post) executor_.post([shared = shared_] { tell(*shared); });
}

void RedisWriter::tell(Shared& shared) {
  News news;
  {
    const std::lock_guard lock(shared.mutex);
    news = std::exchange(shared.news, {});
    shared.posted = false;
  }
  RedisWriterListener* const listener = shared.listener;
  if (listener == nullptr) return;
  if (news.written != 0) listener->on_written(news.written);
  if (news.failure) listener->on_failure(*news.failure);
  if (news.back) listener->on_back(news.lost_first, news.lost_next);
  if (news.resumed) listener->on_resumed(*news.resumed);
  if (news.has_reader) listener->on_reader(std::move(news.reader));
  for (const auto& [done, status] : news.done) done(status);
}

}  // namespace sio::store
