// How the parts work together
//
// append() gives a record its number, writes it into a block of memory with its check, and hands
// the new bytes to the committer. A segment that is full is finished and the next one begun in the
// same way: by jobs in the committer's queue. So the loop thread never waits for the disk, and the
// queue keeps the order of things.
//
// Numbers. Live readers see a record before it is durable, so its number must not come again after
// a crash. The manifest promises that no number from `reserved` on was given out; it is moved ahead
// in good time, in steps that grow with the rate. After a crash numbers go on at `reserved`.
//
// Reading. The newest records are in blocks (at least those that are not durable, and some more);
// older ones are read from the files. The first block is where the files' part ends.
//
// Failure. Whatever is not durable is lost: blocks, index and keys forget it, the segment is cut,
// and a new segment is begun, whose header says where the records before it end.
#include "store/file_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/random_id.h"

namespace sio::store {
namespace {

constexpr std::size_t kNameLength = 4;
constexpr std::size_t kBlockBytes = 1u << 20;
constexpr std::uint64_t kSegmentsAtLeast = 32;
constexpr std::uint64_t kSmallestSegment = 64u << 10;
constexpr std::uint64_t kLargestSegment = 256u << 20;
// A segment takes records for this part of max_age, so that age can be enforced by whole segments.
constexpr std::int64_t kSegmentsPerAge = 8;

constexpr std::uint64_t kFirstReserve = 16u << 10;
constexpr std::uint64_t kLargestReserve = 4u << 20;
constexpr std::int64_t kReserveGrowsWithinMs = 60'000;
// How far numbers jump when the manifest is lost, and with it what was given out.
constexpr std::uint64_t kJumpWithoutManifest = 16u << 20;

std::uint64_t segment_bytes_for(const FileStoreOptions& options) {
  if (options.segment_bytes != 0) return options.segment_bytes;
  return std::clamp(options.retention.max_bytes / kSegmentsAtLeast, kSmallestSegment,
                    kLargestSegment);
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  random_bytes(&seed, sizeof seed);
  return seed;
}

class KeyCollector final : public Visitor {
 public:
  explicit KeyCollector(KeyWindow& keys) : keys_(keys) {}
  bool on_record(const Record& record) override {
    keys_.add(record.key, record.seq, record.time_ms);
    return true;
  }

 private:
  KeyWindow& keys_;
};

// What is full stays full for whoever hears of it; all else is unavailable.
tl::unexpected<Error> refused(std::string_view what, const Error& cause) {
  const Errc code = cause.code == Errc::full ? Errc::full : Errc::unavailable;
  return fail(code, fmt::format("{}: {}", what, cause.message));
}

}  // namespace

Result<std::unique_ptr<FileStore>> FileStore::open(Fs& fs, Executor* executor,
                                                   const FileStoreOptions& options) {
  std::unique_ptr<FileStore> store(new FileStore(fs, executor, options));
  SIO_TRY_STATUS(fs.create_directories(options.directory));
  SIO_TRY(store->lock_, fs.lock(options.directory + "/lock"));
  SIO_TRY_STATUS(store->load_manifest());
  SIO_TRY_STATUS(store->adopt_segments());
  SIO_TRY_STATUS(store->recover());
  return store;
}

FileStore::FileStore(Fs& fs, Executor* executor, const FileStoreOptions& options)
    : fs_(fs),
      executor_(executor),
      options_(options),
      archive_(fs, options.directory, seal_),
      reserve_step_(kFirstReserve),
      keys_(options.dedupe_window) {
  options_.segment_bytes = segment_bytes_for(options);
}

// The thread ends before the blocks it may be writing.
FileStore::~FileStore() {
  committer_.reset();
}

Status FileStore::load_manifest() {
  Result<Manifest> manifest = read_manifest(fs_, options_.directory);
  if (manifest) {
    manifest_ = std::move(*manifest);
    return {};
  }
  if (manifest.error().code != Errc::not_found && manifest.error().code != Errc::protocol) {
    return fail_in(manifest_path(options_.directory), manifest.error());
  }
  // The name is new even if there are segments: ids that were given out under the old one may not
  // come again.
  manifest_ = {.name = random_name(kNameLength), .seed = random_seed()};
  manifest_lost_ = true;
  return {};
}

// Finds the segments, and with the manifest lost, the seed in one of them.
Status FileStore::adopt_segments() {
  SIO_TRY_STATUS(archive_.load());
  manifest_lost_ = manifest_lost_ && !archive_.segments().empty();
  if (manifest_lost_) {
    notes_.push_back(
        fmt::format("{}: the manifest is missing or damaged; the queue has a new name, {}",
                    options_.directory, manifest_.name));
    const auto whole = std::ranges::find(archive_.segments(), false, &Archive::Segment::headless);
    if (whole != archive_.segments().end()) manifest_.seed = whole->seed;
  }
  seal_ = RecordSeal(manifest_.seed);
  return {};
}

Status FileStore::recover() {
  SIO_TRY_STATUS(drop_headless_newest());
  std::unique_ptr<File> newest;
  if (!archive_.segments().empty()) {
    SIO_TRY(newest, recover_newest());
  }
  SIO_TRY_STATUS(start_numbers());
  remove_orphans();
  committer_ = std::make_unique<Committer>(
      fs_, executor_, static_cast<CommitListener&>(*this), options_.sync,
      Committer::Start{
          .directory = options_.directory, .file = std::move(newest), .synced = next_});
  remember_keys();
  return {};
}

// A segment that was being begun when the power went may have neither header nor records.
Status FileStore::drop_headless_newest() {
  while (!archive_.segments().empty() && archive_.segments().back().headless) {
    SIO_TRY(const SegmentScan scan, archive_.scan_newest());
    if (scan.end > kSegmentHeaderSize) return {};
    SIO_TRY_STATUS(fs_.remove(archive_.path_of(archive_.segments().back().base)));
    archive_.segments().pop_back();
  }
  return {};
}

// Cuts the torn tail off. The file, if more records shall go into it.
Result<std::unique_ptr<File>> FileStore::recover_newest() {
  SIO_TRY(const SegmentScan scan, archive_.scan_newest());
  Archive::Segment& newest = archive_.segments().back();
  const std::string path = archive_.path_of(newest.base);
  if (scan.damaged_bytes > 0) {
    notes_.push_back(fmt::format("{}: {} bytes are damaged", path, scan.damaged_bytes));
  }
  SIO_TRY(std::unique_ptr<File> file, fs_.open_to_write(path));
  if (newest.bytes > scan.end) {
    notes_.push_back(fmt::format("{}: cut {} bytes of an unfinished write", path, scan.cut_bytes));
    SIO_TRY_STATUS(file->truncate(scan.end));
    newest.bytes = scan.end;
  }
  // Records that the process wrote and did not live to sync count from now on.
  SIO_TRY_STATUS(file->sync());
  segment_open_ = !newest.headless && newest.bytes < options_.segment_bytes;
  if (!segment_open_) file.reset();
  return file;
}

Status FileStore::start_numbers() {
  run_previous_ = counted_next();
  next_ = std::max(manifest_.reserved, run_previous_);
  if (manifest_lost_) next_ += kJumpWithoutManifest;
  run_first_ = written_next_ = synced_next_ = next_;
  durable_ = next_ - 1;
  manifest_.reserved = next_ + reserve_step_;
  manifest_.clean = false;
  return write_manifest(fs_, options_.directory, manifest_);
}

void FileStore::remember_keys() {
  if (options_.dedupe_window.count() <= 0) return;
  std::size_t at = archive_.segments().size();
  while (at > 0 && !newest_time_in(at - 1)) --at;
  if (at == 0) return;
  const Seq recent = find_time(*newest_time_in(at - 1) - options_.dedupe_window.count());
  const Seq bounded = run_previous_ - std::min<Seq>(run_previous_, kMaxDedupeKeys);
  KeyCollector collector(keys_);
  static_cast<void>(read(std::max(recent, bounded), {.all_rooms = true},
                         std::numeric_limits<std::size_t>::max(), collector));
}

// Of the records in a segment; nothing if there are none, or it cannot be read.
std::optional<std::int64_t> FileStore::newest_time_in(std::size_t position) const {
  const Result<const SegmentIndex*> index = archive_.index_of(position);
  if (!index || (*index)->newest_ms() == std::numeric_limits<std::int64_t>::min()) return {};
  return (*index)->newest_ms();
}

// Index files whose segment is gone, left by a crash between two removals.
void FileStore::remove_orphans() {
  const Result<std::vector<std::string>> names = fs_.list(options_.directory);
  if (!names) return;
  for (const std::string& name : *names) {
    if (!name.ends_with(".idx")) continue;
    const auto base = parse_segment_name(name.substr(0, name.size() - 4) + ".log");
    if (base &&
        !std::ranges::binary_search(archive_.segments(), *base, {}, &Archive::Segment::base)) {
      static_cast<void>(fs_.remove(options_.directory + "/" + name));
    }
  }
}

Result<Seq> FileStore::append(std::span<const NewRecord> batch) {
  const std::int64_t now_ms = batch.front().time_ms;
  SIO_TRY_STATUS(refuse_if_failed());
  SIO_TRY_STATUS(check_batch(batch));
  SIO_TRY_STATUS(reserve_numbers(batch.size(), now_ms));
  SIO_TRY_STATUS(refuse_if_failed());
  const Seq first = next_;
  for (std::size_t i = 0; i < batch.size(); ++i) append_one(batch[i], sizes_[i]);
  submit_writes();
  return first;
}

Status FileStore::refuse_if_failed() {
  if (failure_ && executor_ == nullptr) committer_->wait();
  if (!failure_) return {};
  return refused("the queue does not accept records", *failure_);
}

Status FileStore::check_batch(std::span<const NewRecord> batch) {
  SIO_TRY(const std::size_t total, record_sizes(batch, kMaxRecordSize, sizes_));
  if (unwritten_bytes_ > 0 && unwritten_bytes_ + total > options_.max_unwritten_bytes) {
    return fail(Errc::unavailable, fmt::format("the disk is {} bytes behind", unwritten_bytes_));
  }
  return {};
}

Status FileStore::reserve_numbers(std::size_t count, std::int64_t now_ms) {
  const Seq wanted = next_ + count;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (wanted + reserve_step_ / 2 > manifest_.reserved && !reserving_) {
      extend_reservation(wanted, now_ms);
    }
    if (wanted <= manifest_.reserved) return {};
    committer_->wait();
  }
  if (wanted <= manifest_.reserved) return {};
  return refused("the queue cannot reserve numbers",
                 reserve_error_.value_or(Error{Errc::unavailable, "no answer"}));
}

void FileStore::extend_reservation(Seq wanted, std::int64_t now_ms) {
  reserve_step_ = now_ms - reserved_at_ms_ < kReserveGrowsWithinMs
                      ? std::min(reserve_step_ * 4, kLargestReserve)
                      : kFirstReserve;
  reserved_at_ms_ = now_ms;
  reserving_ = true;
  Manifest ahead = manifest_;
  ahead.reserved = wanted + reserve_step_;
  committer_->submit(
      TaskJob{.run = [this, ahead] { return write_manifest(fs_, options_.directory, ahead); },
              .done =
                  [this, ahead](const Status& status) {
                    reserving_ = false;
                    reserve_error_.reset();
                    if (status) {
                      manifest_.reserved = ahead.reserved;
                    } else {
                      reserve_error_ = status.error();
                    }
                  }});
}

void FileStore::append_one(const NewRecord& record, std::size_t size) {
  if (needs_segment(size, record.time_ms)) {
    submit_writes();
    if (segment_open_) finish_segment();
    begin_segment(record.time_ms);
  }
  const Seq unsynced =
      std::min<Seq>(next_ - synced_next_, std::numeric_limits<std::uint32_t>::max());
  char* const bytes = block_for(size).add(record, size, static_cast<std::uint32_t>(unsynced));
  seal_.seal(bytes);
  index_newest(record, size);
  keys_.add(record.key, next_, record.time_ms);
  unwritten_bytes_ += size;
  newest_ms_ = std::max(newest_ms_, record.time_ms);
  ++next_;
}

void FileStore::index_newest(const NewRecord& record, std::size_t size) {
  Archive::Segment& newest = archive_.segments().back();
  const Record indexed{.seq = next_,
                       .time_ms = record.time_ms,
                       .ns = record.ns,
                       .event = record.event,
                       .rooms = record.rooms};
  newest.index->add(newest.bytes, static_cast<std::uint32_t>(size), indexed);
  newest.bytes += size;
}

bool FileStore::needs_segment(std::size_t size, std::int64_t now_ms) const {
  if (!segment_open_) return true;
  const Archive::Segment& newest = archive_.segments().back();
  if (newest.bytes == kSegmentHeaderSize) return false;
  if (newest.bytes + size > options_.segment_bytes) return true;
  const std::int64_t max_age = options_.retention.max_age.count();
  return max_age > 0 && now_ms - newest.created_ms > max_age / kSegmentsPerAge;
}

void FileStore::finish_segment() {
  segment_open_ = false;
  const Archive::Segment& newest = archive_.segments().back();
  committer_->submit(TaskJob{
      .run = [this, path = archive_.index_path_of(newest.base),
              content = newest.index->encode(seal_)] { return replace_file(fs_, path, content); },
      .done = [](const Status&) {}});
}

void FileStore::begin_segment(std::int64_t now_ms) {
  apply_retention(now_ms);
  committer_->submit(begin_job(now_ms, false));
  open_segment(now_ms);
}

BeginJob FileStore::begin_job(std::int64_t now_ms, bool resume) const {
  return {.path = archive_.path_of(next_),
          .header = encode_segment_header({.seed = manifest_.seed,
                                           .base = next_,
                                           .previous_next = counted_next(),
                                           .created_ms = now_ms}),
          .resume = resume};
}

void FileStore::open_segment(std::int64_t now_ms) {
  archive_.segments().push_back({.base = next_,
                                 .seed = manifest_.seed,
                                 .previous_next = counted_next(),
                                 .created_ms = now_ms,
                                 .bytes = kSegmentHeaderSize,
                                 .index = SegmentIndex(next_)});
  segment_open_ = true;
}

// Behind the last record that is kept: less than next_ after a jump, or when records were lost.
Seq FileStore::counted_next() const {
  return archive_.segments().empty() ? durable_ + 1 : archive_.segments().back().index->next();
}

Block& FileStore::block_for(std::size_t size) {
  const Archive::Segment& newest = archive_.segments().back();
  if (!tails_.empty() && tails_.back().base == newest.base && tails_.back().block->left() >= size &&
      tails_.back().block->next() == next_) {
    return *tails_.back().block;
  }
  submit_writes();
  submitted_ = 0;
  const std::size_t capacity = std::max(
      size, static_cast<std::size_t>(std::min<std::uint64_t>(kBlockBytes, options_.segment_bytes)));
  std::unique_ptr<Block> block = spare_ && spare_->capacity() == capacity
                                     ? std::move(spare_)
                                     : std::make_unique<Block>(capacity);
  block->reset(next_);
  tail_bytes_ += capacity;
  tails_.push_back({.base = newest.base, .offset = newest.bytes, .block = std::move(block)});
  return *tails_.back().block;
}

void FileStore::submit_writes() {
  if (tails_.empty()) return;
  const Tail& tail = tails_.back();
  const std::string_view fresh = tail.block->bytes().substr(submitted_);
  if (fresh.empty()) return;
  committer_->submit(
      WriteJob{.offset = tail.offset + submitted_, .bytes = fresh, .next = tail.block->next()});
  submitted_ += fresh.size();
}

void FileStore::apply_retention(std::int64_t now_ms) {
  while (may_drop_oldest()) {
    bool drop = too_large(options_.retention, total_bytes() + options_.segment_bytes);
    if (!drop) {
      const Result<const SegmentIndex*> index = archive_.index_of(0);
      drop = index && too_old(options_.retention,
                              {.next = (*index)->next(), .newest_ms = (*index)->newest_ms()},
                              now_ms, keep_from_);
    }
    if (!drop) return;
    drop_oldest();
  }
}

// The newest segment stays, and what is still to be written.
bool FileStore::may_drop_oldest() const {
  return archive_.segments().size() > 1 && archive_.segments()[1].base <= durable_ + 1;
}

void FileStore::drop_oldest() {
  const Seq base = archive_.segments().front().base;
  archive_.segments().pop_front();
  while (!tails_.empty() && tails_.front().base == base) {
    tail_bytes_ -= tails_.front().block->capacity();
    tails_.pop_front();
  }
  remove_old_files(base);
}

// In order, each for certain before the next: so what is left over after a crash or an error is
// older than all the rest, and not a hole.
void FileStore::remove_old_files(Seq base) {
  committer_->submit(TaskJob{.run = [this, base, waiting = files_to_remove_]() -> Status {
                               waiting->push_back(base);
                               while (!waiting->empty()) {
                                 SIO_TRY_STATUS(remove_files(waiting->front()));
                                 SIO_TRY_STATUS(fs_.sync_directory(options_.directory));
                                 waiting->pop_front();
                               }
                               return {};
                             },
                             .done = [](const Status&) {}});
}

Status FileStore::remove_files(Seq base) const {
  static_cast<void>(fs_.remove(archive_.index_path_of(base)));
  const Status removed = fs_.remove(archive_.path_of(base));
  if (!removed && removed.error().code != Errc::not_found) return removed;
  return {};
}

std::uint64_t FileStore::total_bytes() const {
  std::uint64_t total = 0;
  for (const Archive::Segment& segment : archive_.segments()) total += segment.bytes;
  return total;
}

Result<Seq> FileStore::read(Seq from, const Filter& filter, std::size_t limit, Visitor& visitor) {
  from = std::max(from, bounds().first);
  if (from >= next_) return next_;
  Reading reading(from, filter, limit, visitor);
  const Archive::Limit files = file_limit();
  if (from < files.until) {
    SIO_TRY_STATUS(archive_.read(reading, files));
    if (!reading.done() && files.until > run_first_ && reading.next() < files.until) {
      reading.pass_to(run_first_);
      reading.lose_to(files.until);
    }
  }
  for (const Tail& tail : tails_) {
    if (reading.done()) break;
    reading.pass_to(tail.block->first());
    tail.block->show(reading);
  }
  if (!reading.done()) reading.pass_to(next_);
  return reading.next();
}

Archive::Limit FileStore::file_limit() const {
  if (!tails_.empty()) {
    const Tail& front = tails_.front();
    return {.until = front.block->first(), .base = front.base, .end = front.offset};
  }
  if (archive_.segments().empty()) return {.until = next_, .base = next_, .end = 0};
  const Archive::Segment& newest = archive_.segments().back();
  return {.until = next_, .base = newest.base, .end = newest.bytes};
}

Seq FileStore::find_time(std::int64_t time_ms) const {
  if (const auto found = archive_.find_time(time_ms, file_limit())) return *found;
  for (const Tail& tail : tails_) {
    if (const Seq found = tail.block->find_time(time_ms); found < tail.block->next()) return found;
  }
  return next_;
}

std::optional<Seq> FileStore::find_key(std::string_view key, std::int64_t now_ms) const {
  return keys_.find(key, now_ms);
}

Bounds FileStore::bounds() const {
  if (archive_.segments().empty()) return {.first = next_, .next = next_};
  return {.first = archive_.segments().front().base, .next = next_};
}

Status FileStore::trim(Seq before) {
  while (may_drop_oldest() && archive_.segments()[1].base <= before) drop_oldest();
  return {};
}

Status FileStore::sync() {
  committer_->sync_all();
  if (failure_) return tl::unexpected(*failure_);
  return {};
}

Status FileStore::close() {
  committer_->finish();
  const std::optional<Error> failure = failure_;
  committer_->wait();
  committer_.reset();
  if (failure) {
    lock_.reset();
    return tl::unexpected(*failure);
  }
  manifest_.reserved = next_;
  manifest_.clean = true;
  const Status written = write_manifest(fs_, options_.directory, manifest_);
  lock_.reset();
  return written;
}

void FileStore::run_in_background(std::function<Status()> work,
                                  std::function<void(const Status&)> done) {
  committer_->submit(TaskJob{.run = std::move(work), .done = std::move(done)});
}

void FileStore::on_progress(Seq written, Seq synced) {
  if (written != 0) written_next_ = written;
  if (synced != 0) synced_next_ = synced;
  const Seq promised = options_.sync.when == Fsync::always ? synced_next_ : written_next_;
  if (promised <= durable_ + 1) return;
  durable_ = promised - 1;
  evict();
  if (listener_ != nullptr) listener_->on_durable(durable_);
}

// Lets go of blocks that are on disk, down to what the cache may keep.
void FileStore::evict() {
  while (tails_.size() > 1 && tail_bytes_ > options_.cache_bytes &&
         tails_.front().block->next() <= durable_ + 1) {
    tail_bytes_ -= tails_.front().block->capacity();
    spare_ = std::move(tails_.front().block);
    tails_.pop_front();
  }
  unwritten_bytes_ = 0;
  for (const Tail& tail : tails_) {
    if (tail.block->next() > durable_ + 1) unwritten_bytes_ += tail.block->bytes().size();
  }
}

void FileStore::on_failure(const Error& error) {
  failure_ = error;
  lose_from(durable_ + 1);
  committer_->submit(begin_job(newest_ms_, true));
  if (listener_ != nullptr) listener_->on_failed(durable_, error);
}

void FileStore::on_resumed() {
  failure_.reset();
  open_segment(newest_ms_);
  run_previous_ = archive_.segments().back().previous_next;
  run_first_ = written_next_ = synced_next_ = next_;
  durable_ = next_ - 1;
}

// Forgets the records from `kept_next` on; their numbers stay used.
void FileStore::lose_from(Seq kept_next) {
  std::deque<Archive::Segment>& segments = archive_.segments();
  segment_open_ = false;
  unwritten_bytes_ = 0;
  keys_.forget_from(kept_next);
  const std::uint64_t end = cut_tails(kept_next);
  while (!segments.empty() && segments.back().base >= kept_next) {
    committer_->submit(
        TaskJob{.run = [this, base = segments.back().base] { return remove_files(base); },
                .done = [](const Status&) {}});
    segments.pop_back();
  }
  if (segments.empty() || segments.back().index->next() <= kept_next) return;
  Archive::Segment& newest = segments.back();
  newest.index->cut(kept_next > run_first_ ? kept_next : run_previous_, end);
  newest.bytes = end;
  // Whether this works does not matter: the next segment's header says where this one ends.
  committer_->submit(TaskJob{.run = [this, path = archive_.path_of(newest.base), end]() -> Status {
                               SIO_TRY(const std::unique_ptr<File> file, fs_.open_to_write(path));
                               return file->truncate(end);
                             },
                             .done = [](const Status&) {}});
}

// Where the records that stay end in their segment.
std::uint64_t FileStore::cut_tails(Seq kept_next) {
  std::uint64_t end = 0;
  while (!tails_.empty() && tails_.back().block->first() >= kept_next) {
    end = tails_.back().offset;
    tail_bytes_ -= tails_.back().block->capacity();
    tails_.pop_back();
  }
  if (!tails_.empty()) {
    tails_.back().block->cut(kept_next);
    submitted_ = tails_.back().block->bytes().size();
    end = tails_.back().offset + tails_.back().block->bytes().size();
  }
  return end;
}

}  // namespace sio::store
