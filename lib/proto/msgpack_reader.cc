// MessagePack, as far as it concerns us (all numbers big-endian):
//
//   00-7f uint   80-8f map   90-9f array   a0-bf str   c0 nil   c2 false   c3 true
//   c4-c6 bin    c7-c9 ext   ca float   cb double   cc-cf uint   d0-d3 int   d4-d8 ext
//   d9-db str    dc dd array   de df map   e0-ff int
//
// The parser's own extensions all have type 0 and are told apart by their code: c7 c8 c9 is an
// ArrayBuffer, d4 is `undefined`, d7 a date in milliseconds. Type -1 is the specification's own
// timestamp, which adapters of clusters write. General libraries make c7 and d7 one
// thing, and give JSON's texts back changed; hence this one.
#include "proto/msgpack_reader.h"

#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

constexpr std::string_view kPlaceholderKey = "_placeholder";
// The end of the last year that a calendar of std::chrono has. JavaScript has some more.
constexpr std::int64_t kMaxDateMs = 971'890'963'199'999;

constexpr std::uint64_t kTimestamp = 0xff;  // the extension type -1
constexpr std::string_view kUnknownExtension = "an extension of a type that is not 0 or -1";

// A double as JSON; what JSON cannot say is null.
void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> text;
  char* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

// As JavaScript writes a date into JSON.
void append_date(std::string& out, std::int64_t ms) {
  using namespace std::chrono;
  if (ms < -kMaxDateMs || ms > kMaxDateMs) {
    out += "null";
    return;
  }
  const sys_time<milliseconds> time{milliseconds(ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  const int year = static_cast<int>(date.year());
  const std::string years =
      year >= 0 && year <= 9999 ? fmt::format("{:04}", year) : fmt::format("{:+07}", year);
  out += fmt::format(R"("{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z")", years,
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace

MsgpackReader::Got MsgpackReader::refuse(std::string_view problem) {
  if (!failed()) error_ = fmt::format("byte {} of the msgpack packet: {}", at_ + 1, problem);
  at_ = bytes_.size();
  return Got::nothing;
}

std::string_view MsgpackReader::take(std::uint64_t size) {
  if (size > bytes_.size() - at_) {
    refuse("it ends too early");
    return {};
  }
  const std::string_view taken = bytes_.substr(at_, size);
  at_ += size;
  return taken;
}

std::uint64_t MsgpackReader::number(std::size_t size) {
  std::uint64_t value = 0;
  for (const char byte : take(size)) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

MsgpackReader::Got MsgpackReader::value(std::string& out) {
  const auto code = static_cast<unsigned>(number(1));
  if (failed()) return Got::nothing;
  if (code < 0x80) {
    out += fmt::format_int(code).c_str();
    return Got::value;
  }
  if (code < 0x90) return map(code & 0xf, out);
  if (code < 0xa0) return array(code & 0xf, out);
  if (code < 0xc0) return text(code & 0x1f, out);
  if (code < 0xe0) return coded(code, out);
  out += fmt::format_int(static_cast<int>(code) - 0x100).c_str();
  return Got::value;
}

MsgpackReader::Got MsgpackReader::coded(unsigned code, std::string& out) {
  // The size of the number that follows doubles from code to code.
  const auto size_from = [code](unsigned first) { return std::size_t{1} << (code - first); };
  const auto literal = [&out](std::string_view word) {
    out += word;
    return Got::value;
  };
  switch (code) {
    case 0xc0:
      return literal("null");
    case 0xc2:
      return literal("false");
    case 0xc3:
      return literal("true");
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return binary(take(number(size_from(0xc4))), out);
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return buffer(size_from(0xc7), out);
    case 0xca:
      append_double(out, std::bit_cast<float>(static_cast<std::uint32_t>(number(4))));
      break;
    case 0xcb:
      append_double(out, std::bit_cast<double>(number(8)));
      break;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      out += fmt::format_int(number(size_from(0xcc))).c_str();
      break;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return signed_number(size_from(0xd0), out);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return text(number(size_from(0xd9)), out);
    case 0xdc:
    case 0xdd:
      return array(number(2 * size_from(0xdc)), out);
    case 0xde:
    case 0xdf:
      return map(number(2 * size_from(0xde)), out);
    default:
      return code == 0xc1 ? refuse("no value begins with c1") : extension(size_from(0xd4), out);
  }
  return failed() ? Got::nothing : Got::value;
}

MsgpackReader::Got MsgpackReader::signed_number(std::size_t size, std::string& out) {
  const unsigned spare = 64 - 8 * static_cast<unsigned>(size);
  const auto value = static_cast<std::int64_t>(number(size) << spare) >> spare;
  out += fmt::format_int(value).c_str();
  return failed() ? Got::nothing : Got::value;
}

MsgpackReader::Got MsgpackReader::text(std::uint64_t size, std::string& out) {
  append_json_string(out, take(size));
  return failed() ? Got::nothing : Got::value;
}

MsgpackReader::Got MsgpackReader::binary(std::string_view bytes, std::string& out) {
  if (failed()) return Got::nothing;
  if (attachments.size() == kMaxAttachments)
    return refuse(fmt::format("more than {} binary values", kMaxAttachments));
  out += fmt::format(R"({{"_placeholder":true,"num":{}}})", attachments.size());
  attachments.emplace_back(bytes);
  return Got::value;
}

MsgpackReader::Got MsgpackReader::buffer(std::size_t size_of_length, std::string& out) {
  const std::uint64_t size = number(size_of_length);
  const std::uint64_t type = number(1);
  if (type == kTimestamp) return timestamp(size, out);
  if (type != 0) return refuse(kUnknownExtension);
  return binary(take(size), out);
}

MsgpackReader::Got MsgpackReader::extension(std::size_t size, std::string& out) {
  const std::uint64_t type = number(1);
  if (type == kTimestamp) return timestamp(size, out);
  if (type != 0) return refuse(kUnknownExtension);
  if (size == 1) {
    take(1);
    return failed() ? Got::nothing : Got::undefined;
  }
  if (size != 8) return refuse("an extension that is neither undefined nor a date");
  append_date(out, static_cast<std::int64_t>(number(8)));
  return failed() ? Got::nothing : Got::value;
}

// The specification's own kind of date, in its three sizes: seconds; nanoseconds and seconds in one
// number; nanoseconds, then seconds.
MsgpackReader::Got MsgpackReader::timestamp(std::uint64_t size, std::string& out) {
  constexpr std::int64_t kNanosPerMs = 1'000'000;
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  if (size == 4) {
    seconds = static_cast<std::int64_t>(number(4));
  } else if (size == 8) {
    const std::uint64_t both = number(8);
    nanos = static_cast<std::int64_t>(both >> 34);
    seconds = static_cast<std::int64_t>(both & ((std::uint64_t{1} << 34) - 1));
  } else if (size == 12) {
    nanos = static_cast<std::int64_t>(number(4));
    seconds = static_cast<std::int64_t>(number(8));
  } else {
    return refuse("a timestamp of an unknown size");
  }
  if (failed()) return Got::nothing;
  const bool has_room = seconds > -kMaxDateMs / 1000 && seconds < kMaxDateMs / 1000;
  append_date(out, has_room ? seconds * 1000 + nanos / kNanosPerMs : kMaxDateMs + 1);
  return Got::value;
}

MsgpackReader::Got MsgpackReader::array(std::uint64_t count, std::string& out) {
  if (++depth_ > kMaxJsonDepth) return refuse("nested too deeply");
  out += '[';
  for (std::uint64_t i = 0; i < count && !failed(); ++i) {
    if (i > 0) out += ',';
    if (value(out) == Got::undefined) out += "null";
  }
  out += ']';
  --depth_;
  return failed() ? Got::nothing : Got::value;
}

MsgpackReader::Got MsgpackReader::map(std::uint64_t count, std::string& out) {
  if (++depth_ > kMaxJsonDepth) return refuse("nested too deeply");
  out += '{';
  bool is_first = true;
  for (std::uint64_t i = 0; i < count && !failed(); ++i) {
    const std::size_t start = out.size();
    if (!is_first) out += ',';
    if (member(out)) {
      is_first = false;
    } else {
      out.resize(start);
    }
  }
  out += '}';
  --depth_;
  return failed() ? Got::nothing : Got::value;
}

// False: there was an error, or the value is undefined.
bool MsgpackReader::member(std::string& out) {
  const std::size_t key_start = out.size();
  if (!key(out)) return false;
  const bool is_placeholder =
      std::string_view(out).substr(key_start + 1, kPlaceholderKey.size()) == kPlaceholderKey &&
      out.size() == key_start + kPlaceholderKey.size() + 2;
  out += ':';
  const std::size_t value_start = out.size();
  const Got got = value(out);
  if (is_placeholder && std::string_view(out).substr(value_start) == "true")
    has_placeholder_lookalike = true;
  return got == Got::value;
}

bool MsgpackReader::key(std::string& out) {
  const std::size_t start = out.size();
  if (value(out) != Got::value) {
    refuse("a key that is not a string");
    return false;
  }
  const char first = out[start];
  if (first == '"') return true;
  const std::string_view number = std::string_view(out).substr(start);
  if (number.find_first_not_of("-0123456789") != std::string_view::npos) {
    refuse("a key that is not a string");
    return false;
  }
  out.insert(start, 1, '"');
  out += '"';
  return true;
}

std::optional<std::size_t> MsgpackReader::begin_map() {
  const auto code = static_cast<unsigned>(number(1));
  if (code >= 0x80 && code < 0x90) return code & 0xf;
  if (code == 0xde || code == 0xdf) {
    const std::uint64_t count = number(code == 0xde ? 2 : 4);
    if (!failed()) return count;
  }
  refuse("expected a map");
  return std::nullopt;
}

}  // namespace sio::proto
