// What kind of reader a socket is: which form of an event it gets, and which events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sio::server {

// Which event names pass: those that match one of the globs. Remembers its verdicts, because the
// same few names come again and again.
class EventFilter {
 public:
  explicit EventFilter(std::vector<std::string> globs) : globs_(std::move(globs)) {}
  bool passes(std::string_view event) const;
  const std::vector<std::string>& globs() const { return globs_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  std::vector<std::string> globs_;
  mutable std::unordered_map<std::string, bool, Hash, std::equal_to<>> verdicts_;
};

// Readers of one kind get the same bytes, so a broadcast prepares them once. Shared by all sockets
// that asked for the same; compared by address.
struct ReaderKind {
  bool meta = false;                    // events carry an EventMeta as their last argument
  bool offset = false;                  // or a string that names the newest record: recovery
  std::unique_ptr<EventFilter> filter;  // null: all events
  bool nameless_only = false;           // which lets no event pass that has a name
};

// Owns the kinds. A kind lives as long as somebody holds it, bar the three without a filter.
class ReaderKinds {
 public:
  ReaderKinds();
  enum class Extra : std::uint8_t { nothing, meta, offset };  // what is behind the arguments
  // The kind for these wishes; give it back with release().
  const ReaderKind& acquire(Extra extra, std::span<const std::string> globs);
  void release(const ReaderKind& kind);
  const ReaderKind& stock() const { return plain_[0]; }

 private:
  using Key = std::pair<Extra, std::vector<std::string>>;
  struct Counted {
    ReaderKind kind;
    std::size_t holders = 0;
  };
  ReaderKind plain_[3];  // by Extra
  std::map<Key, Counted> filtered_;
  std::unordered_map<const ReaderKind*, std::map<Key, Counted>::iterator> by_address_;
};

}  // namespace sio::server
