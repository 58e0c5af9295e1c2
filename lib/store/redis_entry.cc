// record := id SEQ-0, fields time ns event rooms key body
// loss   := id SEQ-1, field lost
// rooms  := (size:decimal ":" bytes ",")*
#include "store/redis_entry.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <utility>

#include "store/redis_connection.h"

namespace sio::store {
namespace {

constexpr std::uint64_t kLossPart = 1;
constexpr std::size_t kRecordFields = 6;

template <typename Integer>
bool parse_whole(std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// A decimal number on the stack.
class Decimal {
 public:
  template <typename Integer>
  explicit Decimal(Integer value) : end_(fmt::format_to(digits_, "{}", value)) {}
  std::string_view text() const { return {digits_, static_cast<std::size_t>(end_ - digits_)}; }

 private:
  char digits_[24];
  char* end_;
};

}  // namespace

RedisKeys::RedisKeys(std::string_view key_prefix)
    : prefix(key_prefix),
      events(prefix + ":events"),
      meta(prefix + ":meta"),
      lock(prefix + ":lock"),
      index(prefix + ":index") {}

std::optional<StreamId> parse_stream_id(std::string_view text) {
  const std::size_t dash = text.find('-');
  StreamId id;
  if (dash == std::string_view::npos || !parse_whole(text.substr(0, dash), id.seq) ||
      !parse_whole(text.substr(dash + 1), id.part))
    return {};
  return id;
}

std::string to_string(const StreamId& id) {
  return fmt::format("{}-{}", id.seq, id.part);
}

void append_xadd(std::string& out, const RedisKeys& keys, const Record& record) {
  std::string rooms;
  for (const std::string_view room : record.rooms)
    fmt::format_to(std::back_inserter(rooms), "{}:{},", room.size(), room);
  char id[32];
  char* const id_end = fmt::format_to(id, "{}-0", record.seq);
  append_command(
      out, {"XADD", keys.events, std::string_view(id, static_cast<std::size_t>(id_end - id)),
            "time", Decimal(record.time_ms).text(), "ns", record.ns, "event", record.event, "rooms",
            rooms, "key", record.key, "body", record.body});
}

void append_loss(std::string& out, const RedisKeys& keys, Seq first, Seq next) {
  append_command(
      out, {"XADD", keys.events, to_string({next - 1, kLossPart}), "lost", Decimal(first).text()});
}

const Entry* EntryDecoder::decode(std::string_view id, std::span<const std::string_view> fields) {
  const auto parsed = parse_stream_id(id);
  if (!parsed) return nullptr;
  entry_ = {.id = *parsed};
  if (parsed->part == 0 && read_record(fields)) {
    entry_.kind = Entry::Kind::record;
  } else if (parsed->part == kLossPart && fields.size() == 2 && fields[0] == "lost" &&
             parse_whole(fields[1], entry_.lost_first)) {
    entry_.kind = Entry::Kind::loss;
  }
  return &entry_;
}

bool EntryDecoder::read_record(std::span<const std::string_view> fields) {
  rooms_.clear();
  unsigned known = 0;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
    known |= read_field(fields[i], fields[i + 1]);
  entry_.record.seq = entry_.id.seq;
  entry_.record.rooms = rooms_;
  return known == (1u << kRecordFields) - 1 && fields.size() == 2 * kRecordFields;
}

// A bit of its own for each field that makes sense.
unsigned EntryDecoder::read_field(std::string_view name, std::string_view value) {
  Record& record = entry_.record;
  if (name == "time") return parse_whole(value, record.time_ms) ? 1u : 0u;
  if (name == "rooms") return read_rooms(value) ? 2u : 0u;
  const std::pair<std::string_view, std::string_view*> texts[] = {
      {"ns", &record.ns}, {"event", &record.event}, {"key", &record.key}, {"body", &record.body}};
  for (unsigned i = 0; i < std::size(texts); ++i) {
    if (texts[i].first != name) continue;
    *texts[i].second = value;
    return 4u << i;
  }
  return 0;
}

bool EntryDecoder::read_rooms(std::string_view text) {
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    std::size_t size = 0;
    if (colon == std::string_view::npos || !parse_whole(text.substr(0, colon), size)) return false;
    text.remove_prefix(colon + 1);
    if (size >= text.size() || text[size] != ',') return false;
    rooms_.push_back(text.substr(0, size));
    text.remove_prefix(size + 1);
  }
  return true;
}

}  // namespace sio::store
