// Which records a group wants, as it was said by the member that created it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/reader_kind.h"
#include "store/store.h"

namespace sio::server {

class RecordFilter {
 public:
  // Records of namespace `ns` whose event matches one of `globs` (any, if there are none), that are
  // addressed to the whole namespace or to one of `rooms`.
  RecordFilter(std::string ns, std::vector<std::string> globs, std::vector<std::string> rooms);
  RecordFilter(RecordFilter&&) = default;  // the views stay good
  RecordFilter& operator=(RecordFilter&&) = default;

  // As text, for the group's journal; and back. Nothing: it is not such a text.
  std::string encode() const;
  static std::optional<RecordFilter> decode(std::string_view text);

  const std::string& ns() const { return ns_; }
  std::span<const std::string> rooms() const { return rooms_; }
  // What the store needs to know. Views of this object.
  store::Filter for_store() const;
  // `except`: the record's.
  bool passes(const store::Record& record, std::span<const std::string_view> except) const;

 private:
  std::string ns_;
  std::vector<std::string> globs_;
  std::vector<std::string> rooms_;
  std::vector<std::string_view> room_views_;
  std::vector<std::string_view> names_;  // the globs, if all are plain names
  EventFilter events_;
};

// Views of the globs if none of them has a wildcard: then a store can skip what has other names.
std::vector<std::string_view> plain_names(std::span<const std::string> globs);

}  // namespace sio::server
