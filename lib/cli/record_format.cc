#include "cli/record_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "cli/visible_text.h"
#include "proto/json_text.h"

namespace sio::cli {
namespace {

std::optional<char> escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    case '\\':
      return '\\';
    default:
      return std::nullopt;
  }
}

std::string_view shown(std::string_view text) {
  return text.substr(0, 20);
}

}  // namespace

Result<RecordFormat> RecordFormat::parse(std::string_view text) {
  RecordFormat format;
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\') {
      const auto c = i + 1 < text.size() ? escaped(next) : std::nullopt;
      if (!c)
        return fail(Errc::usage, fmt::format("\"{}\" at byte {}: expected \\n, \\t, \\r, \\0 or "
                                             "\\\\",
                                             text.substr(i, 2), i));
      literal += *c;
      ++i;
    } else if (text[i] == '%' && next == '%') {
      literal += '%';
      ++i;
    } else if (text[i] == '%') {
      const std::size_t end = text.find('}', i);
      if (next != '{' || end == std::string_view::npos)
        return fail(Errc::usage, fmt::format("\"{}\" at byte {}: expected %{{FIELD}} or %%",
                                             shown(text.substr(i)), i));
      SIO_TRY(Piece piece, parse_field(text.substr(i + 2, end - i - 2)));
      if (!literal.empty()) format.pieces_.emplace_back(std::exchange(literal, {}));
      format.pieces_.push_back(std::move(piece));
      i = end;
    } else {
      literal += text[i];
    }
  }
  if (!literal.empty()) format.pieces_.emplace_back(std::move(literal));
  return format;
}

Result<RecordFormat::Piece> RecordFormat::parse_field(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Field>, 9> kFields = {
      {{"event", Field::event},
       {"ns", Field::ns},
       {"id", Field::id},
       {"time", Field::time},
       {"from", Field::from},
       {"group", Field::group},
       {"delivery", Field::delivery},
       {"args", Field::args},
       {"rooms", Field::rooms}}};
  const auto known = std::ranges::find(kFields, name, &std::pair<std::string_view, Field>::first);
  if (known != kFields.end()) return known->second;
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') {
    SIO_TRY(JsonPath path, JsonPath::parse(name));
    return path;
  }
  return fail(Errc::usage,
              fmt::format("%{{{}}}: expected event, args, 0, 0.name, time, id, ns, rooms, from, "
                          "group or delivery",
                          shown(name)));
}

void RecordFormat::append(std::string& out, const EventRecord& record, bool visible) const {
  for (const Piece& piece : pieces_) {
    if (const auto* const literal = std::get_if<std::string>(&piece)) {
      out += *literal;
    } else if (!visible) {
      append_value(out, piece, record);
    } else {
      std::string value;
      append_value(value, piece, record);
      append_visible(out, value, Breaks::keep);
    }
  }
}

void RecordFormat::append_value(std::string& out, const Piece& piece, const EventRecord& record) {
  if (const auto* const field = std::get_if<Field>(&piece)) {
    append_field(out, *field, record);
  } else if (const auto value = std::get<JsonPath>(piece).find(record.args)) {
    out += plain_text(*value);
  }
}

void RecordFormat::append_field(std::string& out, Field field, const EventRecord& record) {
  switch (field) {
    case Field::event:
      out += plain_text(record.event_json);
      return;
    case Field::ns:
      out += record.ns;
      return;
    case Field::id:
      out += record.id;
      return;
    case Field::time:
      return append_time(out, record.time_ms);
    case Field::from:
      out += record.from;
      return;
    case Field::group:
      out += record.group;
      return;
    case Field::delivery:
      if (record.delivery > 0) out += fmt::format("{}", record.delivery);
      return;
    case Field::args:
      out += '[';
      out += record.args;
      out += ']';
      return;
    case Field::rooms:
      return append_json_list(out, record.rooms);
  }
}

}  // namespace sio::cli
