#include "proto/json_text.h"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

#include "base/check.h"
#include "base/utf8.h"

namespace sio::proto {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// Steps to the next element or member of a container that has been checked. False at its end.
bool next_item(JsonScanner& scanner, bool& first, char close) {
  scanner.skip_space();
  if (scanner.skip(close)) return false;
  if (!first) SIO_CHECK(scanner.skip(','));
  first = false;
  scanner.skip_space();
  return true;
}

std::string_view take_value(JsonScanner& scanner) {
  const std::size_t start = scanner.offset();
  SIO_CHECK(scanner.skip_value());
  return scanner.since(start);
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The four hexadecimal digits behind `\u`.
std::uint32_t hex4(std::string_view digits) {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + 4, value, 16);
  return value;
}

enum class Unpaired { replaced, kept };  // what becomes of unpaired surrogates

// Appends the character that the escapes at the front of `text` (just behind `\u`) stand for, which
// may take a second escape. Returns how many bytes of `text` it took.
std::size_t append_unicode_escape(std::string& out, std::string_view text, Unpaired unpaired) {
  const std::uint32_t unit = hex4(text);
  const bool high = unit >= 0xd800 && unit < 0xdc00;
  const bool low = unit >= 0xdc00 && unit < 0xe000;
  if (high && text.size() >= 10 && text.substr(4, 2) == "\\u") {
    const std::uint32_t second = hex4(text.substr(6));
    if (second >= 0xdc00 && second < 0xe000) {
      append_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
      return 10;
    }
  }
  if ((high || low) && unpaired == Unpaired::replaced)
    out += kReplacement;
  else
    append_utf8(out, unit);
  return 4;
}

char unescaped(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

void append_control(std::string& out, char c) {
  switch (c) {
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
  }
}

bool is_surrogate(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  return text.size() >= 3 && byte(0) == 0xed && byte(1) >= 0xa0 && byte(1) <= 0xbf &&
         (byte(2) & 0xc0) == 0x80;
}

void append_surrogate(std::string& out, std::string_view text) {
  const auto tail = [text](std::size_t i) { return static_cast<unsigned char>(text[i]) & 0x3fU; };
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", 0xd000U | (tail(1) << 6) | tail(2));
}

// Appends the special character at the front of `text`. Returns how many bytes it took.
std::size_t append_special(std::string& out, std::string_view text, bool* replaced) {
  const char c = text.front();
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
    return 1;
  }
  if (static_cast<unsigned char>(c) < 0x20) {
    append_control(out, c);
    return 1;
  }
  const std::size_t length = utf8_length(text);
  if (length == 0 && is_surrogate(text)) {
    append_surrogate(out, text);
    return 3;
  }
  if (length == 0) {
    if (replaced != nullptr) *replaced = true;
    out += kReplacement;
    return 1;
  }
  out += text.substr(0, length);
  return length;
}

}  // namespace

Result<JsonKind> check_json(std::string_view text) {
  JsonScanner scanner(text);
  scanner.skip_space();
  const std::size_t start = scanner.offset();
  if (!scanner.skip_value()) return tl::unexpected(scanner.error());
  const JsonKind kind = json_kind(scanner.since(start));
  scanner.skip_space();
  if (!scanner.at_end()) {
    scanner.stop("text behind the end of the value");
    return tl::unexpected(scanner.error());
  }
  return kind;
}

ElementReader::ElementReader(std::string_view array) : scanner_(array) {
  scanner_.skip_space();
  SIO_CHECK(scanner_.skip('['));
}

bool ElementReader::next() {
  if (!next_item(scanner_, first_, ']')) return false;
  value_ = take_value(scanner_);
  return true;
}

MemberReader::MemberReader(std::string_view object) : scanner_(object) {
  scanner_.skip_space();
  SIO_CHECK(scanner_.skip('{'));
}

bool MemberReader::next() {
  if (!next_item(scanner_, first_, '}')) return false;
  key_ = take_value(scanner_);
  scanner_.skip_space();
  SIO_CHECK(scanner_.skip(':'));
  scanner_.skip_space();
  value_ = take_value(scanner_);
  return true;
}

std::vector<std::string_view> array_elements(std::string_view text) {
  std::vector<std::string_view> elements;
  for (ElementReader element(text); element.next();) elements.push_back(element.value());
  return elements;
}

std::vector<JsonMember> object_members(std::string_view text) {
  std::vector<JsonMember> members;
  for (MemberReader member(text); member.next();)
    members.push_back({json_unescape(member.key_literal()), member.value()});
  return members;
}

std::optional<std::string_view> object_member(std::string_view text, std::string_view key) {
  std::optional<std::string_view> found;
  for (MemberReader member(text); member.next();)
    if (member.key_is(key)) found = member.value();
  return found;
}

JsonKind json_kind(std::string_view checked) {
  JsonScanner scanner(checked);
  scanner.skip_space();
  switch (scanner.peek()) {
    case '{':
      return JsonKind::object;
    case '[':
      return JsonKind::array;
    case '"':
      return JsonKind::string;
    case 't':
    case 'f':
      return JsonKind::boolean;
    case 'n':
      return JsonKind::null;
    default:
      return JsonKind::number;
  }
}

bool json_string_is(std::string_view literal, std::string_view text) {
  const std::string_view inner = literal.substr(1, literal.size() - 2);
  const auto has_escape = [&] { return inner.find('\\') != std::string_view::npos; };
  if (inner.size() == text.size()) return inner == text && !has_escape();
  // An escape is longer than what it stands for.
  return inner.size() > text.size() && has_escape() && json_unescape(literal) == text;
}

namespace {

void append_value(std::string& out, std::string_view literal, Unpaired unpaired) {
  SIO_CHECK(literal.size() >= 2);
  std::string_view rest = literal.substr(1, literal.size() - 2);
  while (!rest.empty()) {
    const std::size_t plain = rest.find('\\');
    out += rest.substr(0, plain);
    if (plain == std::string_view::npos) return;
    rest.remove_prefix(plain + 1);
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == 'u')
      rest.remove_prefix(append_unicode_escape(out, rest, unpaired));
    else
      out += unescaped(c);
  }
}

}  // namespace

void append_json_unescaped(std::string& out, std::string_view literal) {
  append_value(out, literal, Unpaired::replaced);
}

void append_json_name(std::string& out, std::string_view literal) {
  append_value(out, literal, Unpaired::kept);
}

std::string json_name(std::string_view literal) {
  std::string out;
  append_json_name(out, literal);
  return out;
}

std::string json_unescape(std::string_view literal) {
  std::string out;
  append_json_unescaped(out, literal);
  return out;
}

double json_number(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // Out of range is either too large or too small, and from_chars does not say which.
  return std::strtod(std::string(number).c_str(), nullptr);
}

void append_json_string(std::string& out, std::string_view text, bool* replaced) {
  const char* const end = text.data() + text.size();
  out += '"';
  while (!text.empty()) {
    const char* const special = find_special(text.data(), end);
    const auto plain = static_cast<std::size_t>(special - text.data());
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_special(out, text, replaced));
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

}  // namespace sio::proto
