// All three functions are one walk over the text, which copies what it does not change. What an
// object is (a placeholder, a `$binary`) is known only at its closing brace, when its bytes have
// been copied already: so it is judged there, and what was copied since its opening brace is
// replaced. Each byte is looked at once, however deep the objects are nested.
//
// Keys may be written with escapes ("\u0024binary"). They are compared unescaped.
#include "proto/attachments.h"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/check.h"
#include "proto/json_scanner.h"
#include "proto/json_text.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

constexpr std::string_view kPlaceholder = "_placeholder";
constexpr std::string_view kBinary = "$binary";

// No text without these bytes has a key that unescapes to `key`: it would be there literally, or
// with one of its ASCII characters as a \u escape.
bool may_have_key(std::string_view text, std::string_view key) {
  return text.find(key) != std::string_view::npos || text.find("\\u00") != std::string_view::npos;
}

// How many `$` a key has in front of `binary`, or 0 if it is another key.
std::size_t binary_dollars(std::string_view literal) {
  if (literal[1] != '$' && literal[1] != '\\') return 0;
  const std::string key = json_unescape(literal);
  const std::size_t dollars = key.find_first_not_of('$');
  if (dollars == std::string::npos || dollars == 0) return 0;
  return std::string_view(key).substr(dollars) == kBinary.substr(1) ? dollars : 0;
}

// The attachment that `number` (a JSON value, or empty) names, if it is one of `count`.
std::optional<std::size_t> attachment_index(std::string_view number, std::size_t count) {
  if (number.empty() || json_kind(number) != JsonKind::number) return std::nullopt;
  const double value = json_number(number);
  if (!(value >= 0) || value >= static_cast<double>(count) || std::floor(value) != value)
    return std::nullopt;
  return static_cast<std::size_t>(value);
}

// What is known of an object when its closing brace is reached.
struct ObjectFacts {
  std::size_t start = 0;     // where its copy begins in the output
  bool placeholder = false;  // its _placeholder is true
  std::string_view num;      // its `num` as written, empty if it has none
  std::size_t dollars = 0;   // every key is `$…$binary` with this many `$`; else 0
  std::size_t members = 0;
  std::size_t value_start = 0;  // where the copy of its last value begins
  std::size_t value_end = 0;
};

// Copies checked JSON values to out_, object by object.
class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : in_(text) {}
  virtual ~Rewriter() = default;
  Rewriter(const Rewriter&) = delete;
  Rewriter& operator=(const Rewriter&) = delete;

  // Values joined by commas, as between the brackets of an array.
  void values() {
    copy_space();
    while (!in_.at_end()) item();
  }
  std::string take() { return std::move(out_); }

 protected:
  // Called when the whole of an object has been copied; may replace everything since object.start.
  virtual void on_object(const ObjectFacts& object) = 0;

  // Replaces an object by one with the single member `$…$binary` and its last value: of several
  // members with one name, JSON.parse keeps the last.
  void rename_member(const ObjectFacts& object, std::size_t dollars) {
    const std::string value =
        out_.substr(object.value_start, object.value_end - object.value_start);
    out_.resize(object.start);
    out_ += "{\"";
    out_.append(dollars, '$');
    out_ += "binary\":";
    out_ += value;
    out_ += '}';
  }

  std::string out_;

 private:
  void value() {
    if (in_.peek() == '{') return object();
    if (in_.peek() == '[') return array();
    const std::size_t start = in_.offset();
    SIO_CHECK(in_.skip_value());
    out_ += in_.since(start);
  }

  // One value and what parts it from the next.
  void item() {
    value();
    part();
  }

  void part() {
    copy_space();
    if (in_.skip(',')) out_ += ',';
    copy_space();
  }

  void array() {
    copy_char();
    copy_space();
    while (in_.peek() != ']') item();
    copy_char();
  }

  void object() {
    ObjectFacts facts;
    facts.start = out_.size();
    copy_char();
    copy_space();
    while (in_.peek() != '}') {
      member(facts);
      part();
    }
    copy_char();
    on_object(facts);
  }

  void member(ObjectFacts& facts) {
    const std::size_t key_start = in_.offset();
    SIO_CHECK(in_.skip_string());
    const std::string_view key = in_.since(key_start);
    out_ += key;
    copy_space();
    copy_char();
    copy_space();
    facts.value_start = out_.size();
    const std::size_t start = in_.offset();
    value();
    facts.value_end = out_.size();
    note(facts, key, in_.since(start));
  }

  static void note(ObjectFacts& facts, std::string_view key, std::string_view value) {
    if (json_string_is(key, kPlaceholder)) facts.placeholder = value == "true";
    if (json_string_is(key, "num")) facts.num = value;
    const std::size_t dollars = binary_dollars(key);
    facts.dollars = facts.members == 0 || facts.dollars == dollars ? dollars : 0;
    ++facts.members;
  }

  void copy_char() {
    const char c = in_.peek();
    SIO_CHECK(in_.skip(c));
    out_ += c;
  }

  void copy_space() {
    const std::size_t start = in_.offset();
    in_.skip_space();
    out_ += in_.since(start);
  }

  JsonScanner in_;
};

class ToNdjson final : public Rewriter {
 public:
  ToNdjson(std::string_view text, const std::vector<std::string>& attachments)
      : Rewriter(text), attachments_(attachments) {}

 private:
  void on_object(const ObjectFacts& object) override {
    if (object.placeholder && !attachments_.empty()) {
      // No index: it lies inside another placeholder, which takes its place.
      if (const auto index = attachment_index(object.num, attachments_.size()))
        replace(object, attachments_[*index]);
    } else if (object.dollars > 0) {
      rename_member(object, object.dollars + 1);
    }
  }

  void replace(const ObjectFacts& object, std::string_view bytes) {
    out_.resize(object.start);
    out_ += "{\"$binary\":\"";
    append_base64(out_, bytes);
    out_ += "\"}";
  }

  const std::vector<std::string>& attachments_;
};

class ToWire final : public Rewriter {
 public:
  using Rewriter::Rewriter;

  Result<WireArgs> finish() {
    if (error_) return tl::unexpected(*error_);
    if (ambiguous_ && !attachments_.empty())
      return fail(Errc::usage, R"(an object with "_placeholder":true beside a "$binary")");
    return WireArgs{take(), std::move(attachments_)};
  }

 private:
  void on_object(const ObjectFacts& object) override {
    if (object.placeholder) ambiguous_ = true;
    if (object.dollars == 1)
      attach(object);
    else if (object.dollars > 1)
      rename_member(object, object.dollars - 1);
  }

  void attach(const ObjectFacts& object) {
    const std::string_view literal =
        std::string_view(out_).substr(object.value_start, object.value_end - object.value_start);
    if (literal.front() != '"') return refuse(R"("$binary" is not a string)");
    auto bytes = decode_base64(json_unescape(literal));
    if (!bytes) return refuse(R"("$binary": )" + bytes.error().message);
    if (attachments_.size() == kMaxAttachments)
      return refuse(fmt::format("more than {} binary values in one event", kMaxAttachments));
    out_.resize(object.start);
    out_ += fmt::format(R"({{"_placeholder":true,"num":{}}})", attachments_.size());
    attachments_.push_back(std::move(*bytes));
  }

  void refuse(std::string message) {
    if (!error_) error_ = Error{Errc::usage, std::move(message)};
  }

  std::vector<std::string> attachments_;
  std::optional<Error> error_;
  bool ambiguous_ = false;
};

class PlaceholderCheck final : public Rewriter {
 public:
  PlaceholderCheck(std::string_view text, std::size_t count) : Rewriter(text), count_(count) {}
  bool good() const { return !bad_; }

 private:
  // What lies inside a placeholder is dropped with it, so it may be anything.
  void on_object(const ObjectFacts& object) override {
    if (!object.placeholder) return;
    if (bad_ && *bad_ >= object.start) bad_.reset();
    if (!attachment_index(object.num, count_) && !bad_) bad_ = object.start;
  }

  std::size_t count_;
  std::optional<std::size_t> bad_;  // where the first bad one begins
};

}  // namespace

std::string to_ndjson_args(std::string_view args, const std::vector<std::string>& attachments) {
  const bool has_placeholders = !attachments.empty() && may_have_key(args, kPlaceholder);
  if (!has_placeholders && !may_have_key(args, kBinary)) return std::string(args);
  ToNdjson rewriter(args, attachments);
  rewriter.values();
  return rewriter.take();
}

Result<WireArgs> to_wire_args(std::string_view ndjson_args) {
  if (!may_have_key(ndjson_args, kBinary)) return WireArgs{std::string(ndjson_args), {}};
  ToWire rewriter(ndjson_args);
  rewriter.values();
  return rewriter.finish();
}

Status check_placeholders(std::string_view payload, std::size_t count) {
  if (!may_have_key(payload, kPlaceholder)) return {};
  PlaceholderCheck check(payload, count);
  check.values();
  if (!check.good())
    return fail(Errc::protocol,
                fmt::format("a placeholder that names none of the {} attachments", count));
  return {};
}

}  // namespace sio::proto
