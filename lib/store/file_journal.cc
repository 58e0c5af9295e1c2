// A journal's file has the form of a segment. Its first record has the event "snapshot" and holds
// the whole state; the others have the event "changes". A snapshot begins a new generation:
// NAME-GENERATION.journal. The generation before stays until the new one was synced, so that at
// every moment one of the two can be read: the newest whose snapshot is whole.
#include "store/file_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/check.h"

namespace sio::store {
namespace {

constexpr std::string_view kEnding = ".journal";
constexpr std::string_view kSnapshot = "snapshot";
constexpr std::string_view kChanges = "changes";
// A snapshot is due when the file is this large and this many times as large as the last one was.
constexpr std::uint64_t kSmallJournal = 1u << 20;
constexpr std::uint64_t kGrowth = 4;

std::optional<std::uint64_t> parse_generation(std::string_view name, std::string_view file) {
  if (!file.starts_with(name) || !file.ends_with(kEnding)) return {};
  file.remove_prefix(name.size());
  if (!file.starts_with('-')) return {};
  const std::string_view digits = file.substr(1, file.size() - 1 - kEnding.size());
  std::uint64_t generation = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), generation);
  if (error != std::errc() || stop != digits.data() + digits.size()) return {};
  return generation;
}

// Keeps what is scanned until it is known where the file ends.
class Records final : public ScanVisitor {
 public:
  void on_scanned(const RecordStream::Item& item) override {
    if (decoder_.decode(item.bytes) != nullptr) all.emplace_back(item.head.seq, item.bytes);
  }
  std::vector<std::pair<Seq, std::string>> all;

 private:
  RecordDecoder decoder_;
};

}  // namespace

Result<std::unique_ptr<FileJournal>> FileJournal::open(Fs& fs, Background* background, Place place,
                                                       JournalReader& reader) {
  std::unique_ptr<FileJournal> journal(new FileJournal(fs, background, std::move(place)));
  SIO_TRY_STATUS(journal->load(reader));
  return journal;
}

FileJournal::FileJournal(Fs& fs, Background* background, Place place)
    : fs_(fs), background_(background), place_(std::move(place)), seal_(place_.seed) {}

FileJournal::~FileJournal() {
  *alive_ = false;
}

Status FileJournal::load(JournalReader& reader) {
  SIO_TRY(const std::vector<std::uint64_t> found, generations());
  for (const std::uint64_t generation : found) {
    SIO_TRY(const bool whole, load_generation(generation, reader));
    if (!whole) continue;
    SIO_TRY_STATUS(fs_.sync_directory(place_.directory));
    remove_others(generation);
    return {};
  }
  SIO_TRY_STATUS(begin(found.empty() ? 1 : found.front() + 1, ""));
  SIO_TRY_STATUS(sync());
  remove_others(generation_);
  return {};
}

// The newest first.
Result<std::vector<std::uint64_t>> FileJournal::generations() const {
  SIO_TRY(const std::vector<std::string> names, fs_.list(place_.directory));
  std::vector<std::uint64_t> found;
  for (const std::string& name : names) {
    if (const auto generation = parse_generation(place_.name, name)) found.push_back(*generation);
  }
  std::ranges::sort(found, std::greater<>());
  return found;
}

// False if it holds nothing: it was being begun when the power went.
Result<bool> FileJournal::load_generation(std::uint64_t generation, JournalReader& reader) {
  const std::string path = path_of(generation);
  SIO_TRY(std::unique_ptr<File> file, fs_.open_to_write(path));
  SIO_TRY(const std::uint64_t size, file->size());
  Records records;
  SIO_TRY(const SegmentScan scan,
          scan_segment(*file, seal_,
                       {.begin = kSegmentHeaderSize,
                        .end = std::max<std::uint64_t>(size, kSegmentHeaderSize),
                        .first = 1,
                        .limit = std::numeric_limits<Seq>::max()},
                       records));
  if (records.all.empty() || scan.next == 1) return false;
  if (records.all.front().first != 1) {
    return fail(Errc::protocol, path +
                                    ": its first record is damaged; without the file the server "
                                    "starts as if there had been nothing in it");
  }
  RecordDecoder decoder;
  for (const auto& [seq, bytes] : records.all) {
    if (seq >= scan.next) break;
    const Record* const record = decoder.decode(bytes);
    record->event == kSnapshot ? reader.on_snapshot(record->body) : reader.on_changes(record->body);
  }
  SIO_TRY_STATUS(file->truncate(scan.end));
  SIO_TRY_STATUS(file->sync());
  file_ = std::move(file);
  generation_ = generation;
  end_ = scan.end;
  snapshot_bytes_ = records.all.front().second.size();
  next_ = synced_next_ = scan.next;
  return true;
}

std::string FileJournal::path_of(std::uint64_t generation) const {
  return fmt::format("{}/{}-{:020}{}", place_.directory, place_.name, generation, kEnding);
}

Status FileJournal::flush() {
  if (failed_) return fail(Errc::io, "the journal " + path_of(generation_) + " cannot be written");
  if (pending_.empty()) return {};
  const std::string record = make_record(kChanges, pending_, next_, next_ - synced_next_);
  if (Status written = file_->write_at(end_, record); !written) {
    return fail_with(written.error());
  }
  end_ += record.size();
  ++next_;
  pending_.clear();
  return {};
}

Status FileJournal::sync() {
  SIO_TRY_STATUS(flush());
  if (Status synced = file_->sync(); !synced) return fail_with(synced.error());
  if (Status synced = fs_.sync_directory(place_.directory); !synced) {
    return fail_with(synced.error());
  }
  synced_next_ = next_;
  return {};
}

void FileJournal::sync_later() {
  if (syncing_ || failed_ || synced_next_ == next_) return;
  syncing_ = true;
  in_background([file = file_] { return file->sync(); },
                [this, generation = generation_, next = next_](const Status& synced) {
                  syncing_ = false;
                  if (generation != generation_) return;
                  if (synced) {
                    synced_next_ = std::max(synced_next_, next);
                  } else {
                    failed_ = true;
                  }
                });
}

bool FileJournal::wants_snapshot() const {
  return failed_ || (end_ > kSmallJournal && end_ > kGrowth * snapshot_bytes_);
}

Status FileJournal::write_snapshot(std::string_view snapshot) {
  SIO_TRY_STATUS(begin(generation_ + 1, snapshot));
  in_background(
      [&fs = fs_, file = file_, directory = place_.directory]() -> Status {
        SIO_TRY_STATUS(file->sync());
        return fs.sync_directory(directory);
      },
      [this, generation = generation_](const Status& synced) {
        if (generation != generation_) return;
        if (synced) {
          remove_others(generation);
        } else {
          failed_ = true;
        }
      });
  return {};
}

// What was pending is in the snapshot.
Status FileJournal::begin(std::uint64_t generation, std::string_view snapshot) {
  SIO_TRY(std::unique_ptr<File> file, fs_.open_to_write(path_of(generation)));
  SIO_TRY_STATUS(file->truncate(0));
  std::string content = encode_segment_header({.seed = place_.seed});
  content += make_record(kSnapshot, snapshot, 1, 0);
  SIO_TRY_STATUS(file->write_at(0, content));
  file_ = std::move(file);
  generation_ = generation;
  end_ = content.size();
  snapshot_bytes_ = snapshot.size();
  next_ = 2;
  synced_next_ = 1;
  failed_ = false;
  pending_.clear();
  return {};
}

std::string FileJournal::make_record(std::string_view event, std::string_view body, Seq number,
                                     Seq unsynced) const {
  const NewRecord record{.event = event, .body_head = body};
  std::string bytes(record_size(record), '\0');
  write_record(bytes.data(), number, static_cast<std::uint32_t>(unsynced), record);
  seal_.seal(bytes.data());
  return bytes;
}

Status FileJournal::fail_with(Error error) {
  failed_ = true;
  return tl::unexpected(std::move(error));
}

void FileJournal::in_background(std::function<Status()> work,
                                std::function<void(const Status&)> done) {
  if (background_ == nullptr) return done(work());
  background_->run_in_background(std::move(work),
                                 [alive = alive_, done = std::move(done)](const Status& status) {
                                   if (*alive) done(status);
                                 });
}

void FileJournal::remove_others(std::uint64_t generation) {
  const Result<std::vector<std::uint64_t>> found = generations();
  if (!found) return;
  for (const std::uint64_t other : *found) {
    if (other != generation) static_cast<void>(fs_.remove(path_of(other)));
  }
}

}  // namespace sio::store
