#include "cli/key_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"

namespace sio::cli {
namespace {

constexpr char kEscape = '\x1b';
constexpr wchar_t kReplacement = 0xfffd;
// A sequence that is longer is none.
constexpr std::size_t kMaxSequence = 32;

// What terminals send, and what it means in Emacs.
constexpr std::array<std::pair<std::string_view, std::wstring_view>, 26> kSequences = {{
    {"\x1b[A", L"\x10"},
    {"\x1bOA", L"\x10"},  // up
    {"\x1b[B", L"\x0e"},
    {"\x1bOB", L"\x0e"},  // down
    {"\x1b[C", L"\x06"},
    {"\x1bOC", L"\x06"},  // right
    {"\x1b[D", L"\x02"},
    {"\x1bOD", L"\x02"},  // left
    {"\x1b[H", L"\x01"},
    {"\x1bOH", L"\x01"},  // home
    {"\x1b[1~", L"\x01"},
    {"\x1b[7~", L"\x01"},  //
    {"\x1b[F", L"\x05"},
    {"\x1bOF", L"\x05"},  // end
    {"\x1b[4~", L"\x05"},
    {"\x1b[8~", L"\x05"},  //
    {"\x1b[3~", L"\x1d"},  // delete
    {"\x1b[1;5C",
     L"\x1b"
     L"f"},
    {"\x1b[1;3C",
     L"\x1b"
     L"f"},  // a word to the right
    {"\x1b[1;5D",
     L"\x1b"
     L"b"},
    {"\x1b[1;3D",
     L"\x1b"
     L"b"},  // and to the left
    {"\x1b"
     "f",
     L"\x1b"
     L"f"},
    {"\x1b"
     "b",
     L"\x1b"
     L"b"},  //
    {"\x1b"
     "d",
     L"\x1b"
     L"d"},  // delete to the end of the word
    {"\x1b\x7f", L"\x17"},
    {"\x1b\x08", L"\x17"},  // and to its beginning
}};

bool is_begun_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (text.size() >= wanted) return false;
  return std::all_of(text.begin() + 1, text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; });
}

// The length of the escape sequence that `text` begins with; 0: more must come.
std::size_t sequence_length(std::string_view text) {
  if (text.size() < 2) return 0;
  if (text[1] == 'O') return text.size() < 3 ? 0 : 3;
  if (text[1] != '[') {
    const std::size_t length = utf8_length(text.substr(1));
    return length == 0 && is_begun_character(text.substr(1)) ? 0
                                                             : 1 + std::max<std::size_t>(length, 1);
  }
  text = text.substr(0, kMaxSequence);
  const auto* const final =
      std::find_if(text.begin() + 2, text.end(), [](char c) { return c >= 0x40 && c <= 0x7e; });
  if (final != text.end()) return static_cast<std::size_t>(final - text.begin()) + 1;
  return text.size() == kMaxSequence ? text.size() : 0;
}

// What no terminal sends by itself and the editor gives a meaning of its own.
bool is_reserved(wchar_t c) {
  return c >= 0x1c && c <= 0x1f;
}

wchar_t decode(std::string_view character) {
  if (character.size() == 1) return static_cast<wchar_t>(character[0]);
  auto value = static_cast<unsigned char>(character[0]) & (0x7fU >> character.size());
  for (const char c : character.substr(1))
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  return static_cast<wchar_t>(value);
}

}  // namespace

std::optional<std::wstring> KeyReader::next() {
  while (!bytes_.empty()) {
    if (bytes_[0] == kEscape) {
      const std::size_t length = sequence_length(bytes_);
      if (length == 0) return std::nullopt;
      const std::string sequence = bytes_.substr(0, length);
      bytes_.erase(0, length);
      const auto* const known = std::ranges::find(
          kSequences, sequence, &std::pair<std::string_view, std::wstring_view>::first);
      if (known != kSequences.end()) return std::wstring(known->second);
      continue;
    }
    const std::size_t length = utf8_length(bytes_);
    if (length == 0 && is_begun_character(bytes_)) return std::nullopt;
    std::wstring key = take_character(length);
    if (!is_reserved(key[0])) return key;
  }
  return std::nullopt;
}

std::wstring KeyReader::take_character(std::size_t length) {
  const wchar_t c = length == 0 ? kReplacement : decode(std::string_view(bytes_).substr(0, length));
  bytes_.erase(0, std::max<std::size_t>(length, 1));
  return {c};
}

}  // namespace sio::cli
