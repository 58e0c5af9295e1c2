// The segments of a store directory, as a reader sees them. Used by the store that writes them and
// by whoever only reads.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "store/reading.h"
#include "store/record.h"
#include "store/segment.h"
#include "store/segment_index.h"
#include "store/store.h"

namespace sio::store {

class Archive {
 public:
  struct Segment {
    Seq base = 1;
    bool headless = false;   // its header is damaged
    std::uint64_t seed = 0;  // as the header says
    Seq previous_next = 0;   // behind the last record that counts before `base`; 0: not known
    std::int64_t created_ms = 0;
    std::uint64_t bytes = 0;            // its size on disk, as far as it was written
    std::optional<SegmentIndex> index;  // loaded or made when it is needed first
    std::unique_ptr<File> file;         // open while it is being read
  };

  Archive(Fs& fs, std::string directory, const RecordSeal& seal)
      : fs_(fs), directory_(std::move(directory)), seal_(seal) {}

  // Finds the segments. A file that goes away meanwhile is left out.
  Status load();

  // Reads the newest segment to its end and decides where that is. The segment stays even if there
  // is no record in it. Requires that there is one.
  Result<SegmentScan> scan_newest();

  // How far to look: at records below `until`, and not beyond `end` in the segment `base`, nor at
  // later segments.
  struct Limit {
    Seq until;
    Seq base;
    std::uint64_t end;
  };

  // Shows the reader the records from reading.next() on, and tells it where some are missing.
  Status read(Reading& reading, const Limit& limit);

  // The first record at or after a time, below the limit. Nothing if there is none, or the files
  // cannot be read.
  std::optional<Seq> find_time(std::int64_t time_ms, const Limit& limit);

  Result<const SegmentIndex*> index_of(std::size_t position);

  std::deque<Segment>& segments() { return segments_; }
  const std::deque<Segment>& segments() const { return segments_; }
  std::string path_of(Seq base) const { return directory_ + "/" + segment_name(base); }
  std::string index_path_of(Seq base) const { return directory_ + "/" + index_name(base); }

 private:
  Status load_segment(Seq base);
  std::size_t position_of(Seq seq) const;
  Seq end_of(std::size_t position) const;
  Result<const File*> file_of(Segment& segment);
  Result<SegmentIndex> make_index(std::size_t position);
  Status read_segment(std::size_t position, Reading& reading, const Limit& limit);
  RecordStream::Range range_of(std::size_t position, std::uint64_t begin, const Limit& limit) const;
  void enter(const Segment& segment, Reading& reading) const;

  Fs& fs_;
  std::string directory_;
  const RecordSeal& seal_;
  std::deque<Segment> segments_;
};

}  // namespace sio::store
