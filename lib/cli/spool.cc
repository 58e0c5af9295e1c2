#include "cli/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "proto/sio_extension.h"
#include "store/manifest.h"

namespace sio::cli {
namespace {

constexpr std::uint64_t kSegmentBytes = 4u << 20;
// The note of what was sent is one line of fixed length: one write replaces it.
constexpr std::size_t kNoteSize = 32;

class Reader final : public store::Visitor {
 public:
  explicit Reader(SpoolVisitor& visitor) : visitor_(visitor) {}

  bool on_record(const store::Record& record) override {
    const auto stored = proto::decode_stored(record.body);
    if (!stored) {
      problem_ = stored.error();
      return false;
    }
    event_ = {.seq = record.seq,
              .ns = record.ns,
              .event = record.event,
              .args = stored->args,
              .numeric_name = stored->numeric_name,
              .key = record.key,
              .attachments = {stored->attachments.begin(), stored->attachments.end()},
              .rooms = {record.rooms.begin(), record.rooms.end()}};
    return visitor_.on_spooled(event_);
  }
  void on_gap(store::Seq first, store::Seq next) override { visitor_.on_spool_lost(next - first); }
  const std::optional<Error>& problem() const { return problem_; }

 private:
  SpoolVisitor& visitor_;
  SpooledEvent event_;
  std::optional<Error> problem_;
};

}  // namespace

bool Spool::exists() const {
  return fs_.open_to_read(store::manifest_path(directory_)).has_value();
}

Status Spool::open() {
  SIO_TRY_STATUS(fs_.create_directories(directory_));
  SIO_TRY(std::unique_ptr<FileLock> lock, fs_.lock(directory_ + "/turn"));
  // Nothing may be dropped here for its age or the size of the whole.
  const store::FileStoreOptions options{
      .directory = directory_,
      .retention = {.max_bytes = std::numeric_limits<std::uint64_t>::max() / 2,
                    .max_age = std::chrono::milliseconds(0)},
      .dedupe_window = std::chrono::milliseconds(0),
      .segment_bytes = kSegmentBytes};
  auto store = store::FileStore::open(fs_, nullptr, options);
  // Whoever has the turn has the store too: it being taken is no matter of waiting.
  if (!store) return fail(Errc::io, store.error().message);
  SIO_TRY(note_, fs_.open_to_write(note_path()));
  store_ = std::move(*store);
  lock_ = std::move(lock);
  read_note();
  return {};
}

// `#STORE-SEQ`. A note that cannot be read, or of another store, is none: better twice than never.
void Spool::read_note() {
  next_unsent_ = store_->bounds().first;
  std::string text(kNoteSize, '\0');
  const auto size = note_->read_at(0, text.data(), text.size());
  if (!size) return;
  text.resize(*size);
  const auto sent = proto::parse_record_id(std::string_view(text).substr(0, text.find(' ')));
  if (sent && sent->store == store_->name() && sent->seq < store_->bounds().next)
    next_unsent_ = std::max(next_unsent_, sent->seq + 1);
}

Status Spool::add(const client::Outgoing& event, std::string_view key, std::int64_t now_ms) {
  if (store_->bytes() > kMaxSpool)
    return fail(Errc::unavailable,
                fmt::format("{}: more than {} bytes wait already", directory_, kMaxSpool));
  proto::StoredEvent stored{.key = key, .numeric_name = event.numeric_name, .args = event.args};
  if (event.attachments != nullptr)
    stored.attachments.assign(event.attachments->begin(), event.attachments->end());
  head_.clear();
  proto::append_stored_head(head_, stored);
  std::vector<std::string_view> rooms;
  if (event.rooms != nullptr) rooms.assign(event.rooms->begin(), event.rooms->end());
  const store::NewRecord record{.time_ms = now_ms,
                                .ns = event.ns,
                                .event = event.event,
                                .rooms = rooms,
                                .key = key,
                                .body_head = head_,
                                .body_tail = event.args};
  auto appended = store_->append(std::span(&record, 1));
  if (!appended && appended.error().code == Errc::unavailable) {
    // The disk is behind: let it catch up, once.
    SIO_TRY_STATUS(store_->sync());
    appended = store_->append(std::span(&record, 1));
  }
  if (!appended) return fail_in(directory_, appended.error());
  return {};
}

Result<store::Seq> Spool::read(store::Seq from, SpoolVisitor& visitor) {
  Reader reader(visitor);
  SIO_TRY(const store::Seq next, store_->read(std::max(from, next_unsent_), {.all_rooms = true},
                                              std::numeric_limits<std::size_t>::max(), reader));
  if (reader.problem())
    return fail_in(fmt::format("{}: record {}", directory_, next), *reader.problem());
  return next;
}

Status Spool::note_sent(store::Seq seq) {
  next_unsent_ = seq + 1;
  std::string line = proto::format_record_id(store_->name(), seq);
  line.resize(kNoteSize - 1, ' ');
  return note_->write_at(0, line + "\n");
}

Status Spool::close() {
  if (!is_open()) return {};
  Status status = store_->trim(next_unsent_);
  if (status) status = note_->sync();
  note_.reset();
  const std::unique_ptr<store::FileStore> store = std::move(store_);
  const Status closed = store->close();
  lock_.reset();
  return status ? closed : status;
}

}  // namespace sio::cli
