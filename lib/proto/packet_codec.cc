// Where the time goes: proving that the JSON is well formed. simdjson is the fastest there is from
// a few hundred bytes on (and far ahead on text beyond ASCII); below that its set-up and the padded
// copy it needs cost more than one pass of our own scanner, and above a mebibyte its tape, some
// fourteen times the text, is memory better not held. So each takes what it is best at, and the
// scanner also has the last word on what simdjson refuses: simdjson turns down numbers and lone
// surrogates that JSON.parse takes, and does not say where it stopped.
#include "proto/packet_codec.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"
#include "base/utf8.h"
#include "proto/json_scanner.h"
#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

constexpr std::array<std::string_view, 6> kReserved = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};

// Payload sizes, in bytes, that simdjson is asked about.
constexpr std::size_t kSimdjsonLeast = 256;
constexpr std::size_t kSimdjsonMost = 1u << 20;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Reads the parts of one message in order. Each step advances pos_.
class Header {
 public:
  explicit Header(std::string_view message) : message_(message) {}

  std::size_t position() const { return pos_; }
  std::string_view rest() const { return message_.substr(pos_); }

  Result<PacketType> type();
  Result<std::uint32_t> attachments();
  Result<std::string_view> ns();
  Result<std::optional<std::uint64_t>> ack_id();

 private:
  tl::unexpected<Error> refuse(std::string_view problem) const {
    return fail(Errc::protocol, fmt::format("byte {}: {}", pos_ + 1, problem));
  }

  std::string_view message_;
  std::size_t pos_ = 0;
};

Result<PacketType> Header::type() {
  if (message_.empty()) return refuse("the packet is empty");
  const char c = message_.front();
  if (c < '0' || c > '6') return refuse("expected a packet type, 0 to 6");
  ++pos_;
  return static_cast<PacketType>(c - '0');
}

Result<std::uint32_t> Header::attachments() {
  const std::string_view digits = rest().substr(0, rest().find('-'));
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool is_number = error == std::errc{} && end == digits.data() + digits.size();
  if (!is_number || digits.size() == rest().size() || count == 0)
    return refuse("expected the number of attachments and '-'");
  if (count > kMaxAttachments)
    return refuse(fmt::format("{} attachments, at most {} are allowed", count, kMaxAttachments));
  pos_ += digits.size() + 1;
  return count;
}

Result<std::string_view> Header::ns() {
  if (rest().empty() || rest().front() != '/') return std::string_view("/");
  const std::string_view name = rest().substr(0, rest().find(','));
  if (name.size() > kMaxNamespaceName)
    return refuse(fmt::format("a namespace of more than {} bytes", kMaxNamespaceName));
  if (find_bad_utf8(name) != std::string_view::npos) return refuse("the namespace is not UTF-8");
  pos_ += std::min(name.size() + 1, rest().size());
  return name;
}

// The official decoder takes white space for digits here, of value zero: so `2 ["a"]` asks for an
// ack with the id 0.
Result<std::optional<std::uint64_t>> Header::ack_id() {
  std::size_t length = 0;
  while (length < rest().size() && (is_digit(rest()[length]) || is_space(rest()[length]))) ++length;
  if (length == 0) return std::nullopt;
  const std::string_view digits = trimmed(rest().substr(0, length));
  if (digits.size() > 19) return refuse("an ack id of more than 19 digits");
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (!digits.empty() && end != digits.data() + digits.size())
    return refuse("white space inside an ack id");
  pos_ += length;
  return id;
}

}  // namespace

bool is_reserved_event(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

class PacketDecoder::Impl {
 public:
  Result<PacketView> decode(std::string_view message);

 private:
  bool simdjson_accepts(std::string_view json);
  Status check(std::string_view json, std::size_t position);
  Status read_payload(PacketView& packet, std::size_t position);
  Status read_event(PacketView& packet, std::size_t position);

  std::string name_;                 // the name of the last event, if it had escapes
  simdjson::dom::parser parser_;     // grows with what it is given, up to kSimdjsonMost
  std::unique_ptr<char[]> scratch_;  // as large as the parser, and padded
};

// True: it is JSON. False: it may be.
bool PacketDecoder::Impl::simdjson_accepts(std::string_view json) {
  if (json.size() > parser_.capacity()) {
    const std::size_t capacity = std::bit_ceil(json.size());
    if (parser_.allocate(capacity, kMaxJsonDepth) != simdjson::SUCCESS) return false;
    scratch_ = std::make_unique<char[]>(capacity + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(scratch_.get(), json.data(), json.size());
  return parser_.parse(scratch_.get(), json.size(), false).error() == simdjson::SUCCESS;
}

Status PacketDecoder::Impl::check(std::string_view json, std::size_t position) {
  if (json.size() >= kSimdjsonLeast && json.size() <= kSimdjsonMost && simdjson_accepts(json))
    return {};
  JsonScanner scanner(json);
  scanner.skip_space();
  if (!scanner.skip_value()) return tl::unexpected(scanner.error(position));
  scanner.skip_space();
  if (!scanner.at_end()) {
    scanner.stop("text behind the end of the payload");
    return tl::unexpected(scanner.error(position));
  }
  return {};
}

Result<PacketView> PacketDecoder::Impl::decode(std::string_view message) {
  Header header(message);
  PacketView packet;
  SIO_TRY(packet.type, header.type());
  if (has_attachments(packet.type)) {
    SIO_TRY(packet.attachments, header.attachments());
  }
  SIO_TRY(packet.ns, header.ns());
  SIO_TRY(packet.ack_id, header.ack_id());
  packet.payload = header.rest();
  if (!packet.payload.empty()) SIO_TRY_STATUS(read_payload(packet, header.position()));
  return packet;
}

namespace {

tl::unexpected<Error> misfit(std::size_t position, std::string_view expected) {
  return fail(Errc::protocol, fmt::format("byte {}: expected {}", position + 1, expected));
}

// The text between the brackets of a checked array.
std::string_view inside(std::string_view array) {
  const std::string_view trim = trimmed(array);
  return trimmed(trim.substr(1, trim.size() - 2));
}

}  // namespace

Status PacketDecoder::Impl::read_payload(PacketView& packet, std::size_t position) {
  SIO_TRY_STATUS(check(packet.payload, position));
  const JsonKind kind = json_kind(packet.payload);
  switch (packet.type) {
    case PacketType::connect:
      if (kind != JsonKind::object) return misfit(position, "an object in a CONNECT");
      return {};
    case PacketType::disconnect:
      return misfit(position, "nothing behind a DISCONNECT");
    case PacketType::connect_error:
      if (kind != JsonKind::object && kind != JsonKind::string)
        return misfit(position, "an object or a string in a CONNECT_ERROR");
      return {};
    case PacketType::ack:
    case PacketType::binary_ack:
      if (kind != JsonKind::array) return misfit(position, "an array in an ACK");
      packet.args = inside(packet.payload);
      return {};
    default:
      if (kind != JsonKind::array) return misfit(position, "an array in an EVENT");
      return read_event(packet, position);
  }
}

Status PacketDecoder::Impl::read_event(PacketView& packet, std::size_t position) {
  const std::string_view items = inside(packet.payload);
  JsonScanner scanner(items);
  const JsonKind kind = items.empty() ? JsonKind::null : json_kind(items);
  if (kind != JsonKind::string && kind != JsonKind::number)
    return misfit(position, "an event name, a string or a number");
  SIO_CHECK(scanner.skip_value());
  packet.event_json = scanner.since(0);
  packet.event = packet.event_json;
  if (kind == JsonKind::string) {
    packet.event = packet.event_json.substr(1, packet.event_json.size() - 2);
    if (packet.event.find('\\') != std::string_view::npos) {
      name_.clear();
      append_json_name(name_, packet.event_json);
      packet.event = name_;
    }
    if (is_reserved_event(packet.event))
      return misfit(position, "an event name that is not reserved");
  }
  if (packet.event.size() > kMaxEventName)
    return misfit(position, fmt::format("an event name of at most {} bytes", kMaxEventName));
  scanner.skip_space();
  if (scanner.skip(',')) packet.args = trimmed(items.substr(scanner.offset()));
  return {};
}

PacketDecoder::PacketDecoder() : impl_(std::make_unique<Impl>()) {}
PacketDecoder::~PacketDecoder() = default;

Result<PacketView> PacketDecoder::decode(std::string_view message) {
  return impl_->decode(message);
}

void append_header(std::string& out, PacketType type, std::size_t attachments, std::string_view ns,
                   std::optional<std::uint64_t> ack_id) {
  const auto append_number = [&](std::uint64_t number) {
    std::array<char, 20> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
  };
  out += static_cast<char>('0' + static_cast<int>(type));
  if (has_attachments(type)) {
    append_number(attachments);
    out += '-';
  }
  if (ns != "/") {
    out += ns;
    out += ',';
  }
  if (ack_id) append_number(*ack_id);
}

std::string encode_event(std::string_view ns, std::string_view event, std::string_view args,
                         std::optional<std::uint64_t> ack_id, std::size_t attachments) {
  std::string out;
  out.reserve(ns.size() + event.size() + args.size() + 32);
  append_header(out, attachments > 0 ? PacketType::binary_event : PacketType::event, attachments,
                ns, ack_id);
  out += '[';
  append_json_string(out, event);
  if (!args.empty()) out += ',';
  out += args;
  out += ']';
  return out;
}

std::string encode_ack(std::string_view ns, std::uint64_t ack_id, std::string_view args,
                       std::size_t attachments) {
  std::string out;
  append_header(out, attachments > 0 ? PacketType::binary_ack : PacketType::ack, attachments, ns,
                ack_id);
  out += '[';
  out += args;
  out += ']';
  return out;
}

std::string encode_connect(std::string_view ns, std::string_view payload) {
  std::string out;
  append_header(out, PacketType::connect, 0, ns, {});
  out += payload;
  return out;
}

std::string encode_connect_error(std::string_view ns, std::string_view message,
                                 std::string_view data) {
  std::string out;
  append_header(out, PacketType::connect_error, 0, ns, {});
  out += "{\"message\":";
  append_json_string(out, message);
  if (!data.empty()) {
    out += ",\"data\":";
    out += data;
  }
  out += '}';
  return out;
}

std::string encode_old_error(std::string_view ns, std::string_view message, std::string_view data) {
  std::string out;
  append_header(out, PacketType::connect_error, 0, ns, {});
  out += data.empty() ? json_string(message) : data;
  return out;
}

std::string encode_disconnect(std::string_view ns) {
  std::string out;
  append_header(out, PacketType::disconnect, 0, ns, {});
  return out;
}

}  // namespace sio::proto
