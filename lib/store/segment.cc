// segment := magic:8 bytes "sioqueue"  version:u32=1  header_size:u32=64  seed:u64  base:u64
//            previous_next:u64  created_ms:i64  zero:u64  check:u64  record*
//
// `check` is XXH3-64 (seed 0) of the 56 bytes before it. Records: record.cc.
//
// Torn tail or damage? What was written since the last sync may survive a power loss in part: the
// first page lost, the second kept. Records behind such a hole must be dropped, or the queue would
// not be a prefix of what was appended. But a hole in what had been synced is damage, and dropping
// all behind it would lose good records that were promised. The records themselves tell: each says
// how many before it were not known to be synced when it was appended. If any record behind a hole
// says that the lost ones had been synced, the hole is damage: it is passed over and reported.
// Otherwise the file ends in front of it.
#include "store/segment.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>

#include "base/coding.h"

namespace sio::store {
namespace {

constexpr std::string_view kMagic = "sioqueue";
constexpr std::size_t kHeaderCheckAt = 56;
constexpr std::string_view kNameEnding = ".log";
constexpr std::size_t kNameDigits = 20;

constexpr std::size_t kFirstReadAhead = 32u << 10;
constexpr std::size_t kMostReadAhead = 512u << 10;
// Bytes that a search for the next good record may run through the checksum: a bound on what bytes
// made to look like record headers can cost.
constexpr std::uint64_t kSearchBudget = 64u << 20;

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  std::string out(kMagic);
  append_fixed(out, kFormatVersion);
  append_fixed(out, std::uint32_t{kSegmentHeaderSize});
  append_fixed(out, header.seed);
  append_fixed(out, header.base);
  append_fixed(out, header.previous_next);
  append_fixed(out, header.created_ms);
  append_fixed(out, std::uint64_t{0});
  append_fixed(out, std::uint64_t{XXH3_64bits(out.data(), out.size())});
  return out;
}

Result<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderSize || !bytes.starts_with(kMagic)) {
    return fail(Errc::protocol, "not a segment of a queue");
  }
  ByteReader in(bytes.substr(kMagic.size()));
  const auto version = in.fixed<std::uint32_t>();
  if (get_fixed<std::uint64_t>(bytes.data() + kHeaderCheckAt) !=
      XXH3_64bits(bytes.data(), kHeaderCheckAt)) {
    return fail(Errc::protocol, "segment header is damaged");
  }
  if (version != kFormatVersion) {
    return fail(Errc::unavailable,
                fmt::format("segment is of format {}, known is {}", version, kFormatVersion));
  }
  in.fixed<std::uint32_t>();
  SegmentHeader header;
  header.seed = in.fixed<std::uint64_t>();
  header.base = in.fixed<Seq>();
  header.previous_next = in.fixed<Seq>();
  header.created_ms = in.fixed<std::int64_t>();
  return header;
}

std::string segment_name(Seq base) {
  return fmt::format("{:020}{}", base, kNameEnding);
}

std::optional<Seq> parse_segment_name(std::string_view name) {
  if (name.size() != kNameDigits + kNameEnding.size() || !name.ends_with(kNameEnding)) return {};
  Seq base = 0;
  const char* const end = name.data() + kNameDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, base);
  if (error != std::errc() || stop != end || base == 0) return {};
  return base;
}

RecordStream::RecordStream(const File& file, const RecordSeal& seal, const Range& range)
    : file_(file),
      seal_(seal),
      range_(range),
      position_(range.begin),
      search_budget_(kSearchBudget),
      window_at_(range.begin),
      read_ahead_(kFirstReadAhead) {}

Result<const RecordStream::Item*> RecordStream::next() {
  SIO_TRY(bool found, good_at(position_));
  if (!found) {
    SIO_TRY(found, search());
  }
  if (!found) return nullptr;
  item_.bytes = {at(item_.offset), item_.head.length};
  position_ = item_.offset + item_.head.length;
  range_.first = item_.head.seq + 1;
  return &item_;
}

// Whether a good record begins there; then item_ says what and where it is.
Result<bool> RecordStream::good_at(std::uint64_t offset) {
  if (offset + kMinRecordSize > range_.end) return false;
  SIO_TRY_STATUS(fill(offset, kRecordHeaderSize));
  if (window_at_ + window_size_ < offset + kRecordHeaderSize) return false;
  const RecordHead head = read_record_head(at(offset));
  if (!plausible(head, offset)) return false;
  SIO_TRY_STATUS(fill(offset, head.length));
  if (window_at_ + window_size_ < offset + head.length) return false;
  item_ = {.offset = offset, .head = head, .bytes = {}};
  return seal_.holds({at(offset), head.length});
}

bool RecordStream::plausible(const RecordHead& head, std::uint64_t offset) const {
  return head.length >= kMinRecordSize && head.length <= range_.end - offset &&
         head.seq >= range_.first && head.seq < range_.limit;
}

// Looks for the next good record behind the bad one.
Result<bool> RecordStream::search() {
  for (std::uint64_t offset = position_ + 1; offset + kMinRecordSize <= range_.end; ++offset) {
    SIO_TRY_STATUS(fill(offset, kRecordHeaderSize));
    if (window_at_ + window_size_ < offset + kRecordHeaderSize) break;
    const RecordHead head = read_record_head(at(offset));
    if (!plausible(head, offset)) continue;
    if (head.length > search_budget_) break;
    search_budget_ -= head.length;
    SIO_TRY(const bool found, good_at(offset));
    if (found) return true;
  }
  position_ = range_.end;
  return false;
}

// Gets bytes into the window, and as many behind them as are worth reading at once. Fewer, if the
// file ends.
Status RecordStream::fill(std::uint64_t offset, std::size_t size) {
  if (offset >= window_at_ && offset + size <= window_at_ + window_size_) return {};
  const std::size_t wanted = std::max(size, read_ahead_);
  const auto to_read =
      static_cast<std::size_t>(std::min<std::uint64_t>(wanted, range_.end - offset));
  window_.resize(std::max(window_.size(), to_read));
  SIO_TRY(window_size_, file_.read_at(offset, window_.data(), to_read));
  window_at_ = offset;
  read_ahead_ = std::min(read_ahead_ * 2, kMostReadAhead);
  return {};
}

Result<SegmentScan> scan_segment(const File& file, const RecordSeal& seal,
                                 const RecordStream::Range& range, ScanVisitor& visitor) {
  // Every place where records are missing, with what stood before it.
  std::vector<SegmentScan> holes;
  SegmentScan scan{.end = range.begin, .next = range.first};
  Seq synced_next = 0;
  RecordStream stream(file, seal, range);
  for (;;) {
    SIO_TRY(const RecordStream::Item* const item, stream.next());
    if (item == nullptr) break;
    if (item->offset != scan.end) holes.push_back(scan);
    scan.damaged_bytes += item->offset - scan.end;
    scan.end = item->offset + item->head.length;
    scan.next = item->head.seq + 1;
    synced_next = item->head.seq - std::min<Seq>(item->head.unsynced, item->head.seq);
    visitor.on_scanned(*item);
  }
  const auto torn = std::ranges::find_if(
      holes, [&](const SegmentScan& hole) { return hole.next >= synced_next; });
  if (torn != holes.end()) scan = *torn;
  scan.cut_bytes = range.end - scan.end;
  return scan;
}

}  // namespace sio::store
