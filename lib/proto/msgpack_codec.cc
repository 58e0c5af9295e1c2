#include "proto/msgpack_codec.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/check.h"
#include "proto/json_scanner.h"
#include "proto/json_text.h"
#include "proto/msgpack_reader.h"
#include "proto/msgpack_writer.h"
#include "proto/packet_codec.h"

namespace sio::proto {
namespace {

// The members of a packet, as JSON.
struct Members {
  std::string type;
  std::string ns;
  std::string data;
  std::string id;
};

std::string* find_member(Members& members, std::string_view key) {
  if (key == R"("type")") return &members.type;
  if (key == R"("nsp")") return &members.ns;
  if (key == R"("data")") return &members.data;
  if (key == R"("id")") return &members.id;
  return nullptr;
}

// One member of the packet's map. Only `data` may have binary.
void read_member(MsgpackReader& in, Members& members) {
  std::string key;
  if (in.value(key) != MsgpackReader::Got::value || key.front() != '"') {
    in.refuse("a key that is not a string");
    return;
  }
  std::string* const wanted = find_member(members, key);
  std::vector<std::string> kept;
  if (wanted != &members.data) kept.swap(in.attachments);
  if (wanted == &members.data) in.attachments.clear();
  std::string value;
  if (in.value(value) == MsgpackReader::Got::value && wanted != nullptr) *wanted = std::move(value);
  if (wanted != &members.data) kept.swap(in.attachments);
}

Result<std::optional<std::uint64_t>> parse_id(std::string_view json) {
  if (json.empty()) return std::nullopt;
  std::uint64_t id = 0;
  const char* const end = json.data() + json.size();
  if (std::from_chars(json.data(), end, id).ptr != end)
    return fail(Errc::protocol, "a msgpack packet whose id is not a whole number");
  return id;
}

Result<UnpackedPacket> assemble(Members& members, std::vector<std::string> attachments) {
  if (members.type.size() != 1 || members.type[0] < '0' || members.type[0] > '6')
    return fail(Errc::protocol, "a msgpack packet whose type is not 0 to 6");
  if (!members.ns.starts_with("\"/"))
    return fail(Errc::protocol, "a msgpack packet whose nsp is not a namespace");
  const std::string ns = json_unescape(members.ns);
  if (ns.find(',') != std::string::npos) return fail(Errc::protocol, "a namespace with a comma");
  SIO_TRY(const std::optional<std::uint64_t> id, parse_id(members.id));
  auto type = static_cast<PacketType>(members.type[0] - '0');
  if (!attachments.empty() && !is_event(type) && !is_ack(type))
    return fail(Errc::protocol, "binary in a packet that is neither event nor ack");
  if (is_event(type)) type = attachments.empty() ? PacketType::event : PacketType::binary_event;
  if (is_ack(type)) type = attachments.empty() ? PacketType::ack : PacketType::binary_ack;
  UnpackedPacket packet;
  append_header(packet.text, type, attachments.size(), ns, id);
  packet.text += members.data;
  packet.attachments = std::move(attachments);
  return packet;
}

}  // namespace

Result<UnpackedPacket> decode_msgpack(std::string_view bytes) {
  MsgpackReader in(bytes);
  Members members;
  const std::optional<std::size_t> count = in.begin_map();
  if (!count) return tl::unexpected(in.error());
  for (std::size_t i = 0; i < *count && !in.failed(); ++i) read_member(in, members);
  if (!in.at_end()) in.refuse("bytes behind the packet");
  if (in.failed()) return tl::unexpected(in.error());
  if (in.has_placeholder_lookalike && !in.attachments.empty())
    return fail(Errc::protocol, R"(an object with "_placeholder":true beside binary)");
  return assemble(members, std::move(in.attachments));
}

// --- the other way

namespace {

// The parts of a packet's text, which is right.
struct Parts {
  char type;
  std::string_view ns = "/";
  std::string_view id;
  std::string_view json;
};
Parts split(std::string_view message) {
  Parts parts{.type = message.at(0)};
  message.remove_prefix(1);
  if (parts.type == '5' || parts.type == '6') message.remove_prefix(message.find('-') + 1);
  if (message.starts_with('/')) {
    parts.ns = message.substr(0, message.find(','));
    message.remove_prefix(std::min(parts.ns.size() + 1, message.size()));
  }
  parts.id = message.substr(0, message.find_first_not_of("0123456789"));
  parts.json = message.substr(parts.id.size());
  return parts;
}

}  // namespace

std::size_t announced_attachments(std::string_view message) {
  std::size_t count = 0;
  if (message.starts_with('5') || message.starts_with('6'))
    std::from_chars(message.data() + 1, message.data() + message.size(), count);
  return count;
}

std::optional<std::string> MsgpackEncoder::add_text(std::string_view message) {
  attachments_.clear();
  missing_ = announced_attachments(message);
  if (missing_ == 0) return finish(message);
  text_ = message;
  return std::nullopt;
}

std::optional<std::string> MsgpackEncoder::add_binary(std::string_view bytes) {
  SIO_CHECK(missing_ > 0);
  attachments_.emplace_back(bytes);
  if (--missing_ > 0) return std::nullopt;
  std::string packet = finish(text_);
  attachments_ = {};
  text_ = {};
  return packet;
}

std::string MsgpackEncoder::finish(std::string_view message) {
  const Parts parts = split(message);
  std::string out;
  MsgpackWriter writer(out, attachments_);
  const unsigned members = 2u + (parts.json.empty() ? 0u : 1u) + (parts.id.empty() ? 0u : 1u);
  out += static_cast<char>(0x80 | members);
  writer.text("type");
  const int type = parts.type - '0';
  writer.unsigned_number(static_cast<unsigned>(type > 4 ? type - 3 : type));
  writer.text("nsp");
  writer.text(parts.ns);
  if (!parts.json.empty()) {
    writer.text("data");
    JsonScanner json(parts.json);
    json.skip_space();
    writer.value(json);
  }
  if (!parts.id.empty()) {
    std::uint64_t id = 0;
    std::from_chars(parts.id.data(), parts.id.data() + parts.id.size(), id);
    writer.text("id");
    writer.unsigned_number(id);
  }
  return out;
}

}  // namespace sio::proto
