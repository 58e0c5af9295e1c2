#include "cli/selection.h"

#include <algorithm>

#include "proto/glob.h"

namespace sio::cli {
namespace {

using Kind = proto::Position::Kind;

// The number of `id`, if it is of the store that `mark` means.
std::optional<std::uint64_t> comparable(std::string_view id, const proto::RecordId& mark) {
  const auto parsed = proto::parse_record_id(id);
  if (!parsed || (!mark.store.empty() && parsed->store != mark.store)) return std::nullopt;
  return parsed->seq;
}

}  // namespace

bool Selection::names_match(std::string_view ns, std::string_view event) const {
  if (!namespaces.empty() && std::ranges::find(namespaces, ns) == namespaces.end()) return false;
  return events.empty() || std::ranges::any_of(events, [event](const std::string& glob) {
           return proto::glob_match(glob, event);
         });
}

bool Selection::is_between(std::string_view id, std::int64_t time_ms) const {
  if (since.kind == Kind::now) return false;
  if (since.kind == Kind::time && time_ms < since.time_ms) return false;
  if (until.kind == Kind::time && time_ms > until.time_ms) return false;
  if (since.kind == Kind::record) {
    const auto seq = comparable(id, since.record);
    if (!seq || *seq <= since.record.seq) return false;
  }
  if (until.kind == Kind::record) {
    const auto seq = comparable(id, until.record);
    if (!seq || *seq > until.record.seq) return false;
  }
  return true;
}

bool Selection::wants(const InputRecord& record, std::int64_t time_ms) const {
  const std::string_view ns = record.ns.empty() ? std::string_view("/") : record.ns;
  if (!names_match(ns, record.event) || !is_between(record.id, time_ms)) return false;
  if (rooms.empty() || record.rooms.empty()) return true;
  return std::ranges::any_of(record.rooms, [this](const std::string& room) {
    return std::ranges::find(rooms, room) != rooms.end();
  });
}

}  // namespace sio::cli
