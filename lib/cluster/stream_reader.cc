#include "cluster/stream_reader.h"

#include <array>
#include <charconv>
#include <utility>

namespace sio::cluster {
namespace {

using namespace std::chrono_literals;

enum Tag : std::uint32_t { kNewest = 1, kOldest, kEntries };

// XREAD waits for five seconds, and may wait for its turn.
constexpr Duration kReadPatience = 20s;

struct EntryId {
  std::uint64_t ms = 0;
  std::uint64_t number = 0;
  auto operator<=>(const EntryId&) const = default;
};

EntryId parse_entry_id(std::string_view text) {
  EntryId id;
  const char* const end = text.data() + text.size();
  const char* const dash = std::from_chars(text.data(), end, id.ms).ptr;
  if (dash != end) std::from_chars(dash + 1, end, id.number);
  return id;
}

}  // namespace

StreamReader::StreamReader(net::Loop& loop, const RedisUrl& url, std::string stream,
                           StreamReaderEvents& events)
    : events_(events),
      stream_(std::move(stream)),
      link_(loop, url, RedisLink::Role::commands, *this) {}

void StreamReader::on_up(RedisLink&) {
  if (position_.empty()) {
    link_.send(kNewest,
               std::array<std::string_view, 6>{"XREVRANGE", stream_, "+", "-", "COUNT", "1"});
  } else {
    link_.send(kOldest, std::array<std::string_view, 6>{"XRANGE", stream_, "-", "+", "COUNT", "1"});
  }
}

void StreamReader::on_down(RedisLink&, const Error& why) {
  is_reading_ = false;
  events_.on_reading_lost(why);
}

void StreamReader::on_reply(RedisLink&, std::uint32_t tag, const RedisValue& reply) {
  if (reply.is_error()) {
    const Error why{Errc::refused, "Redis refuses to read the stream: " + std::string(reply.text)};
    return link_.drop(why);
  }
  if (tag == kNewest) {
    on_newest(reply);
  } else if (tag == kOldest) {
    on_oldest(reply);
  } else {
    on_entries(reply);
  }
}

void StreamReader::on_newest(const RedisValue& reply) {
  position_ = reply.items.empty() ? "0-0" : std::string(reply.items.front().text_at(0));
  begin();
}

void StreamReader::on_oldest(const RedisValue& reply) {
  const std::string_view oldest = reply.items.empty() ? "" : reply.items.front().text_at(0);
  const bool is_gap =
      oldest.empty() ? position_ != "0-0" : parse_entry_id(position_) < parse_entry_id(oldest);
  if (is_gap && position_ != "0-0") events_.on_gap(position_);
  begin();
}

void StreamReader::begin() {
  is_reading_ = true;
  read_on();
  events_.on_reading();
}

void StreamReader::read_on() {
  link_.send(kEntries,
             std::array<std::string_view, 8>{"XREAD", "COUNT", "100", "BLOCK", "5000", "STREAMS",
                                             stream_, position_},
             kReadPatience);
}

// Of the streams that were asked for, there is one; nil: nothing came in time.
void StreamReader::on_entries(const RedisValue& reply) {
  if (!reply.items.empty() && reply.items.front().items.size() == 2)
    for (const RedisValue& entry : reply.items.front().items[1].items) take(entry);
  if (is_reading_) read_on();
}

void StreamReader::take(const RedisValue& entry) {
  if (entry.items.size() != 2) return;
  position_ = entry.text_at(0);
  StreamEntry found;
  const RedisValue& fields = entry.items[1];
  for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    const std::string_view name = fields.text_at(i);
    const std::string_view value = fields.text_at(i + 1);
    if (name == "uid") found.uid = value;
    if (name == "nsp") found.ns = value;
    if (name == "type") found.type = value;
    if (name == "data") found.data = value;
  }
  if (!found.ns.empty()) events_.on_entry(found);
}

}  // namespace sio::cluster
