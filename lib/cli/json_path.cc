#include "cli/json_path.h"

#include <fmt/format.h>

#include <charconv>

#include "proto/json_scanner.h"
#include "proto/json_text.h"

namespace sio::cli {
namespace {

std::optional<std::size_t> as_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string_view> argument_at(std::string_view args, std::size_t position) {
  proto::JsonScanner scanner(args);
  for (std::size_t i = 0;; ++i) {
    scanner.skip_space();
    const std::size_t start = scanner.offset();
    if (!scanner.skip_value()) return std::nullopt;
    if (i == position) return scanner.since(start);
    scanner.skip_space();
    if (!scanner.skip(',')) return std::nullopt;
  }
}

std::optional<std::string_view> element_at(std::string_view array, std::string_view part) {
  const auto position = as_number(part);
  if (!position) return std::nullopt;
  std::size_t i = 0;
  for (proto::ElementReader element(array); element.next(); ++i)
    if (i == *position) return element.value();
  return std::nullopt;
}

std::optional<std::string_view> part_of(std::string_view value, std::string_view part) {
  switch (proto::json_kind(value)) {
    case proto::JsonKind::object:
      return proto::object_member(value, part);
    case proto::JsonKind::array:
      return element_at(value, part);
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  JsonPath path;
  bool is_first = true;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    if (part.empty())
      return fail(Errc::usage, fmt::format("\"{}\": a part of the path is empty", text));
    if (is_first) {
      const auto number = as_number(part);
      if (!number)
        return fail(Errc::usage,
                    fmt::format("\"{}\": a path begins with the number of an argument, as in "
                                "0.name",
                                text));
      path.argument_ = *number;
    } else {
      path.parts_.emplace_back(part);
    }
    is_first = false;
    begin = end + 1;
  }
  return path;
}

std::optional<std::string_view> JsonPath::find(std::string_view args) const {
  std::optional<std::string_view> value = argument_at(args, argument_);
  for (const std::string& part : parts_) {
    if (!value) return std::nullopt;
    value = part_of(*value, part);
  }
  return value;
}

std::string plain_text(std::string_view value) {
  if (proto::json_kind(value) == proto::JsonKind::string) return proto::json_unescape(value);
  return std::string(value);
}

}  // namespace sio::cli
