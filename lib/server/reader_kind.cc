#include "server/reader_kind.h"

#include <algorithm>

#include "proto/glob.h"

namespace sio::server {
namespace {

// Verdicts that a filter remembers. Names are the clients' choice, so there may be any number.
constexpr std::size_t kMaxVerdicts = 1024;

}  // namespace

bool EventFilter::passes(std::string_view event) const {
  const auto known = verdicts_.find(event);
  if (known != verdicts_.end()) return known->second;
  const bool verdict = std::ranges::any_of(
      globs_, [event](const std::string& glob) { return proto::glob_match(glob, event); });
  if (verdicts_.size() >= kMaxVerdicts) verdicts_.clear();
  verdicts_.emplace(event, verdict);
  return verdict;
}

ReaderKinds::ReaderKinds() {
  plain_[1].meta = true;
  plain_[2].offset = true;
}

const ReaderKind& ReaderKinds::acquire(Extra extra, std::span<const std::string> globs) {
  if (globs.empty()) return plain_[static_cast<std::size_t>(extra)];
  Key key{extra, {globs.begin(), globs.end()}};
  std::ranges::sort(key.second);
  const auto [it, is_new] = filtered_.try_emplace(std::move(key));
  Counted& counted = it->second;
  if (is_new) {
    counted.kind.meta = extra == Extra::meta;
    counted.kind.offset = extra == Extra::offset;
    counted.kind.filter = std::make_unique<EventFilter>(it->first.second);
    counted.kind.nameless_only = std::ranges::all_of(globs, &std::string::empty);
    by_address_.emplace(&counted.kind, it);
  }
  ++counted.holders;
  return counted.kind;
}

void ReaderKinds::release(const ReaderKind& kind) {
  const auto it = by_address_.find(&kind);
  if (it == by_address_.end() || --it->second->second.holders > 0) return;
  filtered_.erase(it->second);
  by_address_.erase(it);
}

}  // namespace sio::server
