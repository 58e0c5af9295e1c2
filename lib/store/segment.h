// A segment: one append-only file of records, and how to read it when parts of it may be damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "store/record.h"
#include "store/store.h"

namespace sio::store {

inline constexpr std::size_t kSegmentHeaderSize = 64;
inline constexpr std::uint32_t kFormatVersion = 1;

// What stands at the front of a segment.
struct SegmentHeader {
  std::uint64_t seed = 0;  // of the checks of its records, the same in all segments of a store
  Seq base = 1;            // the first record's number; the file's name says it too
  Seq previous_next = 1;   // behind the last record that counts in the segment before
  std::int64_t created_ms = 0;
};
std::string encode_segment_header(const SegmentHeader& header);
// Errors: Errc::protocol if it is damaged or of another kind; Errc::unavailable if it is of a
// version that this program does not know.
Result<SegmentHeader> decode_segment_header(std::string_view bytes);

// "00000000000000001042.log", and back.
std::string segment_name(Seq base);
std::optional<Seq> parse_segment_name(std::string_view name);

// Walks through the good records of a file, and over what is damaged between them.
class RecordStream {
 public:
  // Looks at [begin, end). Numbers below `first` or from `limit` on do not occur there. All by
  // reference; they outlive the stream.
  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
    Seq first;
    Seq limit;
  };
  RecordStream(const File& file, const RecordSeal& seal, const Range& range);

  struct Item {
    std::uint64_t offset;  // greater than where the last one ended: there is damage between
    RecordHead head;
    std::string_view bytes;  // valid until the next call
  };
  // Null at the end. Errors: Errc::io, when the file cannot be read.
  Result<const Item*> next();

 private:
  Result<bool> good_at(std::uint64_t offset);
  Result<bool> search();
  Status fill(std::uint64_t offset, std::size_t size);
  bool plausible(const RecordHead& head, std::uint64_t offset) const;
  const char* at(std::uint64_t offset) const { return window_.data() + (offset - window_at_); }

  const File& file_;
  const RecordSeal& seal_;
  Range range_;
  std::uint64_t position_;
  std::uint64_t search_budget_;
  std::vector<char> window_;
  std::uint64_t window_at_;
  std::size_t window_size_ = 0;
  std::size_t read_ahead_;
  Item item_{};
};

// What a look through the whole of the newest segment found out.
struct SegmentScan {
  std::uint64_t end = kSegmentHeaderSize;  // behind the last record that counts
  Seq next = 1;                            // its number plus one
  std::uint64_t damaged_bytes = 0;         // before `end`, between records
  std::uint64_t cut_bytes = 0;             // behind `end`
};

class ScanVisitor {
 public:
  virtual ~ScanVisitor() = default;
  // Every good record in order, some beyond what turns out to be the end.
  virtual void on_scanned(const RecordStream::Item& item) = 0;
};

// Reads a segment to its end and decides where that is: see segment.cc.
Result<SegmentScan> scan_segment(const File& file, const RecordSeal& seal,
                                 const RecordStream::Range& range, ScanVisitor& visitor);

}  // namespace sio::store
