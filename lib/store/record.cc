// record := check:u64 length:u32 unsynced:u32 seq:u64 time_ms:i64
//           ns:str event:str key:str room_count:varint room:str* body:rest
// str    := size:varint bytes
//
// Integers are little-endian. `length` counts the whole record. `check` is XXH3-64, with the
// store's seed, of everything behind it. `seq` is stored, though it could nearly be counted, so
// that a reader who has lost his place knows where he is when he finds the next good record.
// `unsynced` tells a torn tail from damage: see segment.cc.
#include "store/record.h"

#define XXH_INLINE_ALL
#define XXH_STATIC_LINKING_ONLY
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/coding.h"

namespace sio::store {
namespace {

constexpr std::size_t kCheckSize = 8;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kUnsyncedAt = 12;
constexpr std::size_t kSeqAt = 16;
constexpr std::size_t kTimeAt = 24;

std::size_t string_size(std::string_view text) {
  return varint_size(text.size()) + text.size();
}

}  // namespace

std::size_t record_size(const NewRecord& record) {
  std::size_t size = kRecordHeaderSize + string_size(record.ns) + string_size(record.event) +
                     string_size(record.key) + varint_size(record.rooms.size()) +
                     record.body_head.size() + record.body_tail.size();
  for (const std::string_view room : record.rooms) size += string_size(room);
  return size;
}

Result<std::size_t> record_sizes(std::span<const NewRecord> batch, std::size_t max,
                                 std::vector<std::size_t>& sizes) {
  sizes.clear();
  std::size_t total = 0;
  for (const NewRecord& record : batch) {
    const std::size_t size = record_size(record);
    if (size > max)
      return fail(Errc::too_large, fmt::format("record of {} bytes: more than {}", size, max));
    sizes.push_back(size);
    total += size;
  }
  return total;
}

char* write_record(char* out, Seq seq, std::uint32_t unsynced, const NewRecord& record) {
  char* const start = out;
  out = put_string(start + kRecordHeaderSize, record.ns);
  out = put_string(out, record.event);
  out = put_string(out, record.key);
  out = put_varint(out, record.rooms.size());
  for (const std::string_view room : record.rooms) out = put_string(out, room);
  out = put_bytes(out, record.body_head);
  out = put_bytes(out, record.body_tail);
  put_fixed(start, std::uint64_t{0});
  put_fixed(start + kLengthAt, static_cast<std::uint32_t>(out - start));
  put_fixed(start + kUnsyncedAt, unsynced);
  put_fixed(start + kSeqAt, seq);
  put_fixed(start + kTimeAt, record.time_ms);
  return out;
}

RecordHead read_record_head(const char* bytes) {
  return {.length = get_fixed<std::uint32_t>(bytes + kLengthAt),
          .unsynced = get_fixed<std::uint32_t>(bytes + kUnsyncedAt),
          .seq = get_fixed<Seq>(bytes + kSeqAt),
          .time_ms = get_fixed<std::int64_t>(bytes + kTimeAt)};
}

RecordSeal::RecordSeal(std::uint64_t seed) : seed_(seed) {
  static_assert(sizeof secret_ == XXH3_SECRET_DEFAULT_SIZE);
  XXH3_generateSecret_fromSeed(secret_.data(), seed);
}

void RecordSeal::seal(char* record) const {
  const auto length = get_fixed<std::uint32_t>(record + kLengthAt);
  put_fixed(record, check_of({record + kCheckSize, length - kCheckSize}));
}

bool RecordSeal::holds(std::string_view bytes) const {
  return bytes.size() >= kMinRecordSize &&
         get_fixed<std::uint64_t>(bytes.data()) == check_of(bytes.substr(kCheckSize));
}

// The same as XXH3_64bits_withSeed(), which would make the secret anew each time.
std::uint64_t RecordSeal::check_of(std::string_view bytes) const {
  return XXH3_64bits_withSecretandSeed(bytes.data(), bytes.size(), secret_.data(), secret_.size(),
                                       seed_);
}

const Record* RecordDecoder::decode(std::string_view bytes) {
  const RecordHead head = read_record_head(bytes.data());
  record_.seq = head.seq;
  record_.time_ms = head.time_ms;
  ByteReader in(bytes.substr(kRecordHeaderSize));
  record_.ns = in.string();
  record_.event = in.string();
  record_.key = in.string();
  rooms_.clear();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) rooms_.push_back(in.string());
  record_.rooms = rooms_;
  record_.body = in.rest();
  return in.ok() ? &record_ : nullptr;
}

bool passes(const Filter& filter, const Record& record) {
  if (!filter.ns.empty() && filter.ns != record.ns) return false;
  if (!filter.events.empty() &&
      std::ranges::find(filter.events, record.event) == filter.events.end()) {
    return false;
  }
  if (filter.all_rooms || record.rooms.empty()) return true;
  return std::ranges::any_of(record.rooms, [&](std::string_view room) {
    return std::ranges::find(filter.rooms, room) != filter.rooms.end();
  });
}

}  // namespace sio::store
