// How a queue lies in Redis: the names of its keys, and what the entries of its stream look like.
// The whole layout, for strangers, is in sio-queue(5). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace sio::store {

inline constexpr std::string_view kDefaultRedisKey = "sio";
inline constexpr std::size_t kMaxRedisKey = 200;
inline constexpr std::uint64_t kRedisFormat = 1;
// Redis takes no longer string by default (proto-max-bulk-len); with room for the other fields.
inline constexpr std::size_t kMaxRedisRecord = 256u << 20;

struct RedisKeys {
  explicit RedisKeys(std::string_view prefix);
  std::string journal(std::string_view name) const { return prefix + ":" + std::string(name); }

  std::string prefix;
  std::string events;  // stream: the records
  std::string meta;    // hash: format, name, reserved, epoch, run_id
  std::string lock;    // string with an expiry: who writes
  std::string index;   // hash: the stretches that retention goes by
};

// The id of an entry, `SEQ-PART`. Records have part 0; what lies between records has others.
struct StreamId {
  Seq seq = 0;
  std::uint64_t part = 0;
  auto operator<=>(const StreamId&) const = default;
};
std::optional<StreamId> parse_stream_id(std::string_view text);
std::string to_string(const StreamId& id);

// Appends the command that stores a record.
void append_xadd(std::string& out, const RedisKeys& keys, const Record& record);
// The command that notes that the records from `first` up to, not including, `next` were lost.
void append_loss(std::string& out, const RedisKeys& keys, Seq first, Seq next);

// One entry, as it was read.
struct Entry {
  enum class Kind {
    record,
    loss,     // the records from lost_first to its own number are lost
    unknown,  // nothing of ours, or damaged
  };
  Kind kind = Kind::unknown;
  StreamId id;
  Seq lost_first = 0;
  Record record;
};

// Keeps the memory that a record's room list needs, so an Entry is good until the next call.
class EntryDecoder {
 public:
  // `fields`: names and values in turn. Nothing if `id` is no id.
  const Entry* decode(std::string_view id, std::span<const std::string_view> fields);

 private:
  bool read_record(std::span<const std::string_view> fields);
  unsigned read_field(std::string_view name, std::string_view value);
  bool read_rooms(std::string_view text);

  Entry entry_;
  std::vector<std::string_view> rooms_;
};

}  // namespace sio::store
