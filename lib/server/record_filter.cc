#include "server/record_filter.h"

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "proto/limits.h"

namespace sio::server {
namespace {

constexpr std::uint64_t kVersion = 1;

void append_list(std::string& out, const std::vector<std::string>& list) {
  append_varint(out, list.size());
  for (const std::string& item : list) append_string(out, item);
}

std::vector<std::string> read_list(ByteReader& in, std::size_t max) {
  std::vector<std::string> list;
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, max) && in.ok(); ++i)
    list.emplace_back(in.string());
  return list;
}

}  // namespace

std::vector<std::string_view> plain_names(std::span<const std::string> globs) {
  const auto is_plain = [](const std::string& glob) {
    return glob.find_first_of("*?[]{}\\!") == std::string::npos;
  };
  if (!std::ranges::all_of(globs, is_plain)) return {};
  return {globs.begin(), globs.end()};
}

RecordFilter::RecordFilter(std::string ns, std::vector<std::string> globs,
                           std::vector<std::string> rooms)
    : ns_(std::move(ns)), globs_(std::move(globs)), rooms_(std::move(rooms)), events_(globs_) {
  room_views_.assign(rooms_.begin(), rooms_.end());
  names_ = plain_names(globs_);
}

std::string RecordFilter::encode() const {
  std::string out;
  append_varint(out, kVersion);
  append_string(out, ns_);
  append_list(out, globs_);
  append_list(out, rooms_);
  return out;
}

std::optional<RecordFilter> RecordFilter::decode(std::string_view text) {
  ByteReader in(text);
  if (in.varint() != kVersion) return std::nullopt;
  std::string ns(in.string());
  std::vector<std::string> globs = read_list(in, proto::kMaxGlobs);
  std::vector<std::string> rooms = read_list(in, proto::kMaxRoomsPerSocket);
  if (!in.ok() || in.left() > 0) return std::nullopt;
  return RecordFilter(std::move(ns), std::move(globs), std::move(rooms));
}

store::Filter RecordFilter::for_store() const {
  return {.ns = ns_, .rooms = room_views_, .events = names_};
}

bool RecordFilter::passes(const store::Record& record,
                          std::span<const std::string_view> except) const {
  const auto is_ours = [this](std::string_view room) {
    return std::ranges::find(rooms_, room) != rooms_.end();
  };
  if (record.ns != ns_) return false;
  if (!record.rooms.empty() && std::ranges::none_of(record.rooms, is_ours)) return false;
  if (std::ranges::any_of(except, is_ours)) return false;
  return globs_.empty() || events_.passes(record.event);
}

}  // namespace sio::server
