#include "proto/stored_event.h"

#include "proto/limits.h"

namespace sio::proto {
namespace {

constexpr char kVersion = 1;
constexpr unsigned kNumericName = 1;
constexpr unsigned kDead = 2;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_str(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

class Reader {
 public:
  explicit Reader(std::string_view body) : rest_(body) {}

  Result<unsigned char> byte() {
    if (rest_.empty()) return truncated();
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      SIO_TRY(const std::uint64_t part, byte());
      value |= (part & 0x7f) << shift;
      if (part < 0x80) return value;
    }
    return fail(Errc::protocol, "stored event: a number is too long");
  }

  Result<std::string_view> str() {
    SIO_TRY(const std::uint64_t length, varint());
    if (length > rest_.size()) return truncated();
    const std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return text;
  }

  Result<std::vector<std::string_view>> list(std::uint64_t max) {
    SIO_TRY(const std::uint64_t count, varint());
    if (count > max) return fail(Errc::protocol, "stored event: a list is too long");
    std::vector<std::string_view> items;
    for (std::uint64_t i = 0; i < count; ++i) {
      SIO_TRY(const std::string_view item, str());
      items.push_back(item);
    }
    return items;
  }

  std::string_view rest() const { return rest_; }

 private:
  static tl::unexpected<Error> truncated() {
    return fail(Errc::protocol, "stored event: it ends too early");
  }

  std::string_view rest_;
};

}  // namespace

void append_stored_head(std::string& out, const StoredEvent& event) {
  out += kVersion;
  out += static_cast<char>((event.numeric_name ? kNumericName : 0u) |
                           (event.dead_group.empty() ? 0u : kDead));
  append_str(out, event.from);
  append_varint(out, event.except.size());
  for (const std::string_view room : event.except) append_str(out, room);
  append_str(out, event.key);
  if (!event.dead_group.empty()) {
    append_str(out, event.dead_group);
    append_varint(out, event.dead_rooms.size());
    for (const std::string_view room : event.dead_rooms) append_str(out, room);
  }
  append_varint(out, event.attachments.size());
  for (const std::string_view bytes : event.attachments) append_str(out, bytes);
}

Result<StoredEvent> decode_stored(std::string_view body) {
  Reader reader(body);
  SIO_TRY(const unsigned char version, reader.byte());
  if (version != kVersion) return fail(Errc::protocol, "stored event: unknown version");
  StoredEvent event;
  SIO_TRY(const unsigned char flags, reader.byte());
  event.numeric_name = (flags & kNumericName) != 0;
  SIO_TRY(event.from, reader.str());
  SIO_TRY(event.except, reader.list(kMaxRoomsPerEvent));
  SIO_TRY(event.key, reader.str());
  if ((flags & kDead) != 0) {
    SIO_TRY(event.dead_group, reader.str());
    SIO_TRY(event.dead_rooms, reader.list(kMaxRoomsPerEvent));
  }
  SIO_TRY(event.attachments, reader.list(kMaxAttachments));
  event.args = reader.rest();
  return event;
}

}  // namespace sio::proto
