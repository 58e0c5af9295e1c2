// JSON as text: checked, walked and cut, never rebuilt. What is not touched keeps its bytes:
// numbers of any length, lone surrogates (`\ud800`), key order, white space inside values.
//
// Accepts what JavaScript's JSON.parse accepts (RFC 8259, any number length, unpaired surrogate
// escapes), in valid UTF-8, nested at most kMaxJsonDepth deep.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proto/json_scanner.h"

namespace sio::proto {

enum class JsonKind { object, array, string, number, boolean, null };

// One complete JSON value (white space around it allowed) or an error that says what and at which
// byte: `byte 12: expected ',' or ']'`.
Result<JsonKind> check_json(std::string_view text);

// True if the JSON string literal `literal` stands for `text`, however it is escaped.
bool json_string_is(std::string_view literal, std::string_view text);

// Walk the elements of an array, or the members of an object, without allocating:
//
//   for (ElementReader element(text); element.next();) use(element.value());
//
// `text` must have passed check_json, and be of that kind (SIO_CHECK).
class ElementReader {
 public:
  explicit ElementReader(std::string_view array);
  bool next();
  std::string_view value() const { return value_; }

 private:
  JsonScanner scanner_;
  std::string_view value_;
  bool first_ = true;
};
class MemberReader {
 public:
  explicit MemberReader(std::string_view object);
  bool next();
  // The key as it is written, with its quotes. key_is compares it with a plain name.
  std::string_view key_literal() const { return key_; }
  bool key_is(std::string_view name) const { return json_string_is(key_, name); }
  std::string_view value() const { return value_; }

 private:
  JsonScanner scanner_;
  std::string_view key_;
  std::string_view value_;
  bool first_ = true;
};

// The same as vectors, for the cold path. The values are views of their text.
std::vector<std::string_view> array_elements(std::string_view text);
struct JsonMember {
  std::string key;  // unescaped
  std::string_view value;
};
std::vector<JsonMember> object_members(std::string_view text);
// The value of the last member called `key` (as JSON.parse would keep), if any.
std::optional<std::string_view> object_member(std::string_view text, std::string_view key);

// The kind of a value that has passed check_json, by its first character behind white space.
JsonKind json_kind(std::string_view checked);

// A JSON string literal's value as UTF-8, without its quotes. `literal` must have passed
// check_json. An unpaired surrogate has no UTF-8 form and becomes U+FFFD: use only where the text
// is looked at, not where it is passed on.
std::string json_unescape(std::string_view literal);
void append_json_unescaped(std::string& out, std::string_view literal);
// The same for names of events and rooms, which are compared and passed on: an unpaired surrogate
// becomes the three bytes that UTF-8 would have for it, and append_json_string() turns them back.
std::string json_name(std::string_view literal);
void append_json_name(std::string& out, std::string_view literal);

// The value of a number that has passed check_json; what is too large for a double is infinite.
double json_number(std::string_view number);

// Appends `text` as a JSON string literal. The three bytes of a surrogate become its escape; other
// bytes that are not UTF-8 become U+FFFD (a JSON text must be UTF-8), and *replaced is set then, if
// given.
void append_json_string(std::string& out, std::string_view text, bool* replaced = nullptr);
std::string json_string(std::string_view text);

}  // namespace sio::proto
