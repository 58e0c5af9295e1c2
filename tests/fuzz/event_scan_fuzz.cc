// JSON text: the scanner against another parser, and everything that walks what it accepted.
#include <nlohmann/json.hpp>
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/attachments.h"
#include "proto/json_text.h"

namespace {

using namespace sio::proto;

void walk(std::string_view text) {
  switch (json_kind(text)) {
    case JsonKind::array:
      for (ElementReader element(text); element.next();) SIO_CHECK(check_json(element.value()));
      SIO_CHECK(check_placeholders(text, 10) || text.find('_') != std::string_view::npos ||
                text.find('\\') != std::string_view::npos);
      break;
    case JsonKind::object:
      for (const JsonMember& member : object_members(text))
        SIO_CHECK(object_member(text, member.key));
      break;
    case JsonKind::number:
      json_number(text.substr(text.find_first_not_of(" \t\r\n")));
      break;
    default:
      break;
  }
}

void check_strings(std::string_view text) {
  bool replaced = false;
  std::string literal;
  append_json_string(literal, text, &replaced);
  SIO_CHECK(check_json(literal) == JsonKind::string);
  const std::string name = json_name(literal);
  SIO_CHECK(json_name(json_string(name)) == name);
  // Two surrogates that are spelled one by one become one character.
  SIO_CHECK(replaced || name == text || text.find('\xed') != std::string_view::npos);
}

void check_attachments(std::string_view args) {
  const auto wire = to_wire_args(args);
  if (!wire) return;
  SIO_CHECK(check_json("[" + wire->args + "]"));
  const std::string ndjson = to_ndjson_args(wire->args, wire->attachments);
  SIO_CHECK(check_json("[" + ndjson + "]"));
  SIO_CHECK(to_wire_args(to_ndjson_args(args, {})));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  check_strings(text);
  const auto kind = check_json(text);
  // The other parser takes fewer numbers and surrogates. But it has no bound on nesting, skips a
  // byte order mark, and takes a NUL for the end.
  if (nlohmann::json::accept(text) && !text.starts_with('\xef') && text.find('\0') == text.npos)
    SIO_CHECK(kind || kind.error().message.ends_with("nested too deeply"));
  if (!kind) return 0;
  walk(text);
  check_attachments(text);
  return 0;
}
