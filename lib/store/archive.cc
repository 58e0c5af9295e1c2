// What is missing, and was it promised? Numbers may jump without loss: after a crash the store goes
// on behind everything it had given out. Such a jump has no bytes between its two records. Where
// bytes are damaged, the numbers between the records around them are lost; where the end of a
// segment is damaged, the next segment's header says where that end was.
#include "store/archive.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sio::store {
namespace {

constexpr std::size_t kMaxIndexFile = 256u << 20;

class IndexMaker final : public ScanVisitor {
 public:
  explicit IndexMaker(Seq base) : index_(base) {}

  void on_scanned(const RecordStream::Item& item) override {
    if (item.offset != index_.end()) index_.note_damage();
    if (const Record* const record = decoder_.decode(item.bytes)) {
      index_.add(item.offset, item.head.length, *record);
    }
  }

  SegmentIndex take() { return std::move(index_); }

 private:
  SegmentIndex index_;
  RecordDecoder decoder_;
};

}  // namespace

Status Archive::load() {
  SIO_TRY(const std::vector<std::string> names, fs_.list(directory_));
  std::vector<Seq> bases;
  for (const std::string& name : names) {
    if (const auto base = parse_segment_name(name)) bases.push_back(*base);
  }
  std::ranges::sort(bases);
  for (const Seq base : bases) {
    if (const Status loaded = load_segment(base); !loaded) {
      if (loaded.error().code != Errc::not_found) return loaded;
    }
  }
  return {};
}

Status Archive::load_segment(Seq base) {
  SIO_TRY(const std::unique_ptr<File> file, fs_.open_to_read(path_of(base)));
  char bytes[kSegmentHeaderSize];
  SIO_TRY(const std::size_t got, file->read_at(0, bytes, sizeof bytes));
  SIO_TRY(const std::uint64_t size, file->size());
  Segment segment{.base = base, .bytes = size};
  const Result<SegmentHeader> header = decode_segment_header({bytes, got});
  segment.headless = !header;
  if (header) {
    segment.seed = header->seed;
    segment.previous_next = header->previous_next;
    segment.created_ms = header->created_ms;
  } else if (header.error().code == Errc::unavailable) {
    return fail_in(path_of(base), header.error());
  }
  segments_.push_back(std::move(segment));
  return {};
}

Result<SegmentScan> Archive::scan_newest() {
  Segment& newest = segments_.back();
  SIO_TRY(const File* const file, file_of(newest));
  IndexMaker maker(newest.base);
  SIO_TRY(const SegmentScan scan,
          scan_segment(*file, seal_,
                       {.begin = kSegmentHeaderSize,
                        .end = std::max<std::uint64_t>(newest.bytes, kSegmentHeaderSize),
                        .first = newest.base,
                        .limit = std::numeric_limits<Seq>::max()},
                       maker));
  newest.index = maker.take();
  newest.index->cut(scan.next, scan.end);
  return scan;
}

Status Archive::read(Reading& reading, const Limit& limit) {
  if (segments_.empty()) return {};
  for (std::size_t at = position_of(reading.next()); at < segments_.size(); ++at) {
    Segment& segment = segments_[at];
    // What is behind the limit is not lost, whatever the next segment says.
    if (reading.done() || reading.next() >= limit.until || segment.base > limit.base) break;
    enter(segment, reading);
    if (reading.next() >= limit.until) break;
    Status status = read_segment(at, reading, limit);
    if (at + 1 < segments_.size() && !reading.done()) segment.file.reset();
    if (!status && status.error().code == Errc::not_found) {
      reading.lose_to(std::min(end_of(at), limit.until));
    } else if (!status) {
      return status;
    }
  }
  return {};
}

// From the end of one segment to the beginning of the next.
void Archive::enter(const Segment& segment, Reading& reading) const {
  if (&segment != &segments_.front()) reading.lose_to(segment.previous_next);
  reading.pass_to(segment.base);
}

Status Archive::read_segment(std::size_t position, Reading& reading, const Limit& limit) {
  Segment& segment = segments_[position];
  SIO_TRY(const SegmentIndex* const index, index_of(position));
  if (!index->may_hold(reading.filter())) {
    reading.pass_to(
        std::min(position + 1 < segments_.size() ? end_of(position) : index->next(), limit.until));
    return {};
  }
  SIO_TRY(const File* const file, file_of(segment));
  std::uint64_t expected = index->offset_for(reading.next());
  RecordStream stream(*file, seal_, range_of(position, expected, limit));
  while (!reading.done() && reading.next() < limit.until) {
    SIO_TRY(const RecordStream::Item* const item, stream.next());
    if (item == nullptr) break;
    if (item->offset != expected) reading.lose_to(item->head.seq);
    expected = item->offset + item->head.length;
    if (item->head.seq < reading.next()) continue;
    reading.pass_to(item->head.seq);
    reading.show(item->bytes);
  }
  return {};
}

std::optional<Seq> Archive::find_time(std::int64_t time_ms, const Limit& limit) {
  for (std::size_t at = 0; at < segments_.size(); ++at) {
    if (segments_[at].base >= limit.until || segments_[at].base > limit.base) break;
    const Result<const SegmentIndex*> index = index_of(at);
    if (!index || (*index)->newest_ms() < time_ms) continue;
    const Result<const File*> file = file_of(segments_[at]);
    if (!file) continue;
    RecordStream stream(**file, seal_, range_of(at, (*index)->offset_for_time(time_ms), limit));
    for (;;) {
      const Result<const RecordStream::Item*> item = stream.next();
      if (!item || *item == nullptr) break;
      if ((*item)->head.time_ms >= time_ms) return (*item)->head.seq;
    }
  }
  return {};
}

Result<const SegmentIndex*> Archive::index_of(std::size_t position) {
  Segment& segment = segments_[position];
  if (!segment.index) {
    const Result<std::string> bytes = read_file(fs_, index_path_of(segment.base), kMaxIndexFile);
    if (bytes) {
      Result<SegmentIndex> index = SegmentIndex::decode(*bytes, seal_);
      // One that was written before the segment was finished would leave records out.
      if (index && index->end() == segment.bytes) segment.index = std::move(*index);
    }
  }
  if (!segment.index) {
    SIO_TRY(segment.index, make_index(position));
  }
  return &*segment.index;
}

Result<SegmentIndex> Archive::make_index(std::size_t position) {
  Segment& segment = segments_[position];
  SIO_TRY(const File* const file, file_of(segment));
  IndexMaker maker(segment.base);
  const Limit everything{.until = end_of(position), .base = segment.base, .end = segment.bytes};
  RecordStream stream(*file, seal_, range_of(position, kSegmentHeaderSize, everything));
  for (;;) {
    SIO_TRY(const RecordStream::Item* const item, stream.next());
    if (item == nullptr) break;
    maker.on_scanned(*item);
  }
  SegmentIndex index = maker.take();
  if (index.next() < end_of(position)) index.note_damage();
  return index;
}

// The last segment that begins at or before `seq`, or the first.
std::size_t Archive::position_of(Seq seq) const {
  const auto behind = std::ranges::upper_bound(segments_, seq, {}, &Segment::base);
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(behind - segments_.begin(), 1)) - 1;
}

// Behind the last number that counts in a segment.
Seq Archive::end_of(std::size_t position) const {
  if (position + 1 == segments_.size()) return std::numeric_limits<Seq>::max();
  const Segment& behind = segments_[position + 1];
  return behind.previous_next != 0 ? behind.previous_next : behind.base;
}

RecordStream::Range Archive::range_of(std::size_t position, std::uint64_t begin,
                                      const Limit& limit) const {
  const Segment& segment = segments_[position];
  const std::uint64_t end = segment.base == limit.base ? limit.end : segment.bytes;
  return {.begin = begin,
          .end = std::max(begin, end),
          .first = segment.base,
          .limit = std::min(end_of(position), limit.until)};
}

Result<const File*> Archive::file_of(Segment& segment) {
  if (!segment.file) {
    SIO_TRY(segment.file, fs_.open_to_read(path_of(segment.base)));
  }
  return segment.file.get();
}

}  // namespace sio::store
