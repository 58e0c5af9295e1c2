#include "store/read_only_store.h"

#include <algorithm>
#include <utility>

namespace sio::store {

Result<std::unique_ptr<ReadOnlyStore>> ReadOnlyStore::open(Fs& fs, const std::string& directory) {
  Result<Manifest> manifest = read_manifest(fs, directory);
  if (!manifest) return fail_in("open queue " + directory, manifest.error());
  std::unique_ptr<ReadOnlyStore> store(new ReadOnlyStore(fs, directory, std::move(*manifest)));
  SIO_TRY_STATUS(store->archive_.load());
  if (!store->archive_.segments().empty()) {
    SIO_TRY(const SegmentScan scan, store->archive_.scan_newest());
    store->archive_.segments().back().bytes = scan.end;
    store->next_ = scan.next;
  }
  return store;
}

ReadOnlyStore::ReadOnlyStore(Fs& fs, const std::string& directory, Manifest manifest)
    : manifest_(std::move(manifest)), seal_(manifest_.seed), archive_(fs, directory, seal_) {}

Result<Seq> ReadOnlyStore::append(std::span<const NewRecord>) {
  return fail(Errc::unavailable, "the queue is open for reading only");
}

Status ReadOnlyStore::trim(Seq) {
  return fail(Errc::unavailable, "the queue is open for reading only");
}

Result<Seq> ReadOnlyStore::read(Seq from, const Filter& filter, std::size_t limit,
                                Visitor& visitor) {
  from = std::max(from, bounds().first);
  if (from >= next_) return next_;
  Reading reading(from, filter, limit, visitor);
  SIO_TRY_STATUS(archive_.read(reading, this->limit()));
  if (!reading.done()) reading.pass_to(next_);
  return reading.next();
}

Seq ReadOnlyStore::find_time(std::int64_t time_ms) const {
  return archive_.find_time(time_ms, limit()).value_or(next_);
}

Bounds ReadOnlyStore::bounds() const {
  if (archive_.segments().empty()) return {.first = next_, .next = next_};
  return {.first = archive_.segments().front().base, .next = next_};
}

Archive::Limit ReadOnlyStore::limit() const {
  if (archive_.segments().empty()) return {.until = next_, .base = next_, .end = 0};
  const Archive::Segment& newest = archive_.segments().back();
  return {.until = next_, .base = newest.base, .end = newest.bytes};
}

}  // namespace sio::store
