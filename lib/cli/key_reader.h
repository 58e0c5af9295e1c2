// Bytes of a terminal -> keys for a line editor that must never wait in the middle of one.
//
// A key is a character, a control character, or what an escape sequence stands for. Sequences that
// nobody knows are dropped whole, so that no part of one is taken for text; bytes that are not
// UTF-8 become U+FFFD.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace sio::cli {

class KeyReader {
 public:
  void feed(std::string_view bytes) { bytes_ += bytes; }
  // The next key, as the characters that the editor knows it by (Emacs's): an arrow to the left is
  // ^B. Nothing: the bytes that are left, if any, are the beginning of one.
  std::optional<std::wstring> next();
  // Whether the bytes that are left are the beginning of a key. When no more come for a moment they
  // are all there is: drop() forgets them.
  bool waits() const { return !bytes_.empty(); }
  void drop() { bytes_.clear(); }

 private:
  std::wstring take_character(std::size_t length);

  std::string bytes_;
};

// What the key that deletes the character under the cursor is called: ^D would end an empty line.
inline constexpr wchar_t kDeleteKey = 0x1d;

}  // namespace sio::cli
