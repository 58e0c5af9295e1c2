// How a record lies in bytes, in memory and on disk alike. The grammar is in record.cc and, for
// strangers, in sio-queue(5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace sio::store {

// The part of a record in front of its strings.
inline constexpr std::size_t kRecordHeaderSize = 32;
// The smallest record: three empty strings and no rooms.
inline constexpr std::size_t kMinRecordSize = kRecordHeaderSize + 4;
// The largest record, header included. Larger ones are refused by append().
inline constexpr std::size_t kMaxRecordSize = 1u << 30;

// How many bytes write_record() will write.
std::size_t record_size(const NewRecord& record);
// The same for each record of a batch, into `sizes`, and their sum. Errc::too_large: one is larger
// than `max`.
Result<std::size_t> record_sizes(std::span<const NewRecord> batch, std::size_t max,
                                 std::vector<std::size_t>& sizes);

// Writes the record at `out`, which has record_size() bytes; the check is left zero. `unsynced` is
// how many records before this one were not known to be synced. Returns the place behind it.
char* write_record(char* out, Seq seq, std::uint32_t unsynced, const NewRecord& record);

// What the fixed part says, the check apart. Not to be trusted before the check was.
struct RecordHead {
  std::uint32_t length;
  std::uint32_t unsynced;
  Seq seq;
  std::int64_t time_ms;
};
// `bytes` has at least kRecordHeaderSize bytes.
RecordHead read_record_head(const char* bytes);

// Makes and tests the checks of one store's bytes. The seed is the store's own and random, so
// that nobody can put bytes into an event that pass for a record when damage makes a reader search.
class RecordSeal {
 public:
  explicit RecordSeal(std::uint64_t seed);
  // Fills in the check of a record that write_record() made.
  void seal(char* record) const;
  // Whether the check of the record that lies in `bytes`, exactly, is right.
  bool holds(std::string_view bytes) const;
  // The check of any bytes.
  std::uint64_t check_of(std::string_view bytes) const;
  std::uint64_t seed() const { return seed_; }

 private:
  std::uint64_t seed_;
  std::array<unsigned char, 192> secret_;  // what XXH3 makes of the seed for longer inputs
};

// Turns bytes into Records. Keeps the memory that a record's room list needs, so a Record is good
// until the next call.
class RecordDecoder {
 public:
  // `bytes` is one record, exactly. Null if the strings do not fit in it.
  const Record* decode(std::string_view bytes);

 private:
  Record record_;
  std::vector<std::string_view> rooms_;
};

// Whether `record` is among those that a reader wants.
bool passes(const Filter& filter, const Record& record);

}  // namespace sio::store
