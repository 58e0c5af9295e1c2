// index   := magic:8 bytes "sioindex"  version:u32=1  next:u64  end:u64  newest_ms:i64
//            mark_count:varint (seq:u64 offset:u64 newest_before_ms:i64)*  summary  check:u64
// summary := word_summary.cc
//
// `check` is the store's XXH3-64 of everything before it.
#include "store/segment_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/coding.h"

namespace sio::store {
namespace {

constexpr std::string_view kMagic = "sioindex";
constexpr std::uint64_t kMarkStep = 16u << 10;
constexpr std::size_t kCheckSize = 8;

}  // namespace

void SegmentIndex::add(std::uint64_t offset, std::uint32_t length, const Record& record) {
  if (marks_.empty() || offset >= marks_.back().offset + kMarkStep) {
    marks_.push_back({.seq = record.seq, .offset = offset, .newest_before_ms = newest_ms_});
  }
  next_ = record.seq + 1;
  end_ = offset + length;
  newest_ms_ = std::max(newest_ms_, record.time_ms);
  words_.add(record.ns, record.event, record.rooms);
}

void SegmentIndex::cut(Seq next, std::uint64_t end) {
  if (next >= next_) return;
  std::erase_if(marks_, [&](const Mark& mark) { return mark.seq >= next; });
  next_ = next;
  end_ = end;
}

std::uint64_t SegmentIndex::offset_for(Seq seq) const {
  const auto behind = std::ranges::upper_bound(marks_, seq, {}, &Mark::seq);
  return behind == marks_.begin() ? kSegmentHeaderSize : std::prev(behind)->offset;
}

std::uint64_t SegmentIndex::offset_for_time(std::int64_t time_ms) const {
  const auto behind = std::ranges::lower_bound(marks_, time_ms, {}, &Mark::newest_before_ms);
  return behind == marks_.begin() ? kSegmentHeaderSize : std::prev(behind)->offset;
}

std::string SegmentIndex::encode(const RecordSeal& seal) const {
  std::string out(kMagic);
  append_fixed(out, kFormatVersion);
  append_fixed(out, next_);
  append_fixed(out, end_);
  append_fixed(out, newest_ms_);
  append_varint(out, marks_.size());
  for (const Mark& mark : marks_) {
    append_fixed(out, mark.seq);
    append_fixed(out, mark.offset);
    append_fixed(out, mark.newest_before_ms);
  }
  words_.encode(out);
  append_fixed(out, seal.check_of(out));
  return out;
}

Result<SegmentIndex> SegmentIndex::decode(std::string_view bytes, const RecordSeal& seal) {
  if (bytes.size() < kMagic.size() + kCheckSize || !bytes.starts_with(kMagic) ||
      seal.check_of(bytes.substr(0, bytes.size() - kCheckSize)) !=
          get_fixed<std::uint64_t>(bytes.data() + bytes.size() - kCheckSize)) {
    return fail(Errc::protocol, "index of a segment is damaged");
  }
  ByteReader in(bytes.substr(kMagic.size(), bytes.size() - kMagic.size() - kCheckSize));
  if (in.fixed<std::uint32_t>() != kFormatVersion) {
    return fail(Errc::unavailable, "index of a segment is of an unknown format");
  }
  SegmentIndex index(in.fixed<Seq>());
  index.end_ = in.fixed<std::uint64_t>();
  index.newest_ms_ = in.fixed<std::int64_t>();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const auto seq = in.fixed<Seq>();
    const auto offset = in.fixed<std::uint64_t>();
    index.marks_.push_back(
        {.seq = seq, .offset = offset, .newest_before_ms = in.fixed<std::int64_t>()});
  }
  index.words_.decode(in);
  if (!in.ok()) return fail(Errc::protocol, "index of a segment is cut short");
  return index;
}

std::string index_name(Seq base) {
  return fmt::format("{:020}.idx", base);
}

}  // namespace sio::store
