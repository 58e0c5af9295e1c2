// Which recorded events are wanted: --since, --until, --ns, --room, EVENT. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/record_json.h"
#include "proto/sio_extension.h"

namespace sio::cli {

struct Selection {
  std::vector<std::string> namespaces;  // empty: all
  std::vector<std::string> events;      // globs; empty: all
  std::vector<std::string> rooms;       // and what is addressed to a whole namespace; empty: all
  proto::Position since;
  proto::Position until{.kind = proto::Position::Kind::now};

  // By name and address.
  bool names_match(std::string_view ns, std::string_view event) const;
  // By id and time. `since` a record means behind it, `until` with it; a record with another
  // store's id, or none, lies in no such range.
  bool is_between(std::string_view id, std::int64_t time_ms) const;

  // A line of a recording.
  bool wants(const InputRecord& record, std::int64_t time_ms) const;
};

}  // namespace sio::cli
