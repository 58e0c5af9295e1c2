// --format S: how a record is printed instead of as NDJSON.
//
//   %{event} %{ns} %{id} %{time} %{from} %{group} %{delivery}   as text, empty when not known
//   %{args} %{rooms}                                            as JSON arrays
//   %{0} %{0.user.name}                                         a value inside the arguments: a
//                                                               string as it is, others as JSON
//   %%  \n  \t  \r  \0  \\                                      these characters
//
// Prints exactly what it says: no newline of its own.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "cli/json_path.h"
#include "cli/record_json.h"

namespace sio::cli {

class RecordFormat {
 public:
  // Errc::usage: what is wrong and where.
  static Result<RecordFormat> parse(std::string_view text);

  // `visible`: for a terminal; control characters in what the record says are shown, bar newlines
  // and tabs. What the format itself says is not touched.
  void append(std::string& out, const EventRecord& record, bool visible = false) const;

 private:
  enum class Field { event, ns, id, time, from, group, delivery, args, rooms };
  using Piece = std::variant<std::string, Field, JsonPath>;

  static Result<Piece> parse_field(std::string_view name);
  static void append_value(std::string& out, const Piece& piece, const EventRecord& record);
  static void append_field(std::string& out, Field field, const EventRecord& record);

  std::vector<Piece> pieces_;
};

}  // namespace sio::cli
