// How a record lies in bytes, in memory and on disk alike. The grammar is in record.cc and, for
// strangers, in sio-queue(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace sio::store {

// The part of a record in front of its strings: check, length, seq, time.
inline constexpr std::size_t kRecordHeaderSize = 28;
// The largest record, header included. Larger ones are refused by append().
inline constexpr std::size_t kMaxRecordSize = 1u << 30;

// How many bytes write_record() will write.
std::size_t record_size(const NewRecord& record);

// Writes the record at `out`, which has record_size() bytes; the check is left zero. Returns the
// place behind it.
char* write_record(char* out, Seq seq, const NewRecord& record);

// Fills in the check of a record that write_record() made.
void seal_record(char* record);
// Whether the check of a record that lies in `bytes`, exactly, is right.
bool check_record(std::string_view bytes);

// What the fixed part says. Not to be trusted before check_record(). `bytes` has at least
// kRecordHeaderSize bytes.
struct RecordHead {
  std::uint32_t length;
  Seq seq;
  std::int64_t time_ms;
};
RecordHead read_record_head(const char* bytes);

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
