#include "client/load_cycles.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sio::client {
namespace {

// The number of the record that a message carries, from the metadata at its end; 0 if there is
// none. A quote inside a string is escaped, so this is found in no string.
std::uint64_t record_number(std::string_view message) {
  constexpr std::string_view kId = "{\"id\":\"#";
  const std::size_t id = message.rfind(kId);
  if (id == std::string_view::npos) return 0;
  const std::size_t dash = message.find('-', id);
  if (dash == std::string_view::npos) return 0;
  std::uint64_t number = 0;
  std::from_chars(message.data() + dash + 1, message.data() + message.size(), number);
  return number;
}

bool is_event(std::string_view message, std::string_view event) {
  const std::size_t bracket = message.find('[');
  return bracket != std::string_view::npos && message.size() > bracket + event.size() + 2 &&
         message.substr(bracket + 2).starts_with(event) && message[bracket + 1] == '"' &&
         message[bracket + 2 + event.size()] == '"';
}

}  // namespace

void CycleLoad::prepare(std::size_t) {
  starts_.assign(host_.client_count(), kIdle);
  idle_.clear();
  open_ = 0;
  for (std::size_t i = host_.client_count(); i > 0; --i)
    idle_.push_back(static_cast<std::uint32_t>(i - 1));
}

bool CycleLoad::begin(TimePoint start) {
  if (idle_.empty()) return false;
  const std::uint32_t client = idle_.back();
  idle_.pop_back();
  starts_[client] = start;
  ++open_;
  host_.connect(host_.client(client));
  return true;
}

void CycleLoad::finish(LoadClient& client) {
  const TimePoint start = starts_[client.index()];
  if (start == kIdle) return;
  const TimePoint now = host_.now();
  forget(client);
  ++host_.report().done;
  host_.measured(start, now);
  client.close();
  host_.settled(now);
}

void CycleLoad::forget(LoadClient& client) {
  if (std::exchange(starts_[client.index()], kIdle) != kIdle) --open_;
}

void CycleLoad::down(LoadClient& client) {
  if (client.index() >= starts_.size()) return;
  forget(client);
  idle_.push_back(client.index());
  host_.settled(host_.now());
}

proto::Hello ReplayLoad::hello() const {
  if (!met_) return Workload::hello();
  proto::Hello hello;
  hello.meta = true;
  hello.all_rooms = true;
  hello.since = "all";
  hello.until = "now";
  return hello;
}

std::optional<Outcome> ReplayLoad::meet(const proto::Welcome* welcome) {
  met_ = true;
  if (welcome != nullptr && welcome->can("since")) return std::nullopt;
  return Outcome{
      .ending = Ending::usage,
      .message = welcome == nullptr ? "replay: this is not a sio server"
                                    : "replay: this server keeps no queue",
      .hint = welcome == nullptr ? "sio serve has a queue" : "sio serve --store DIR does"};
}

void ReplayLoad::prepare(std::size_t window) {
  CycleLoad::prepare(window);
  newest_.assign(host().client_count(), 0);
}

void ReplayLoad::text(LoadClient& client, std::string_view message) {
  if (client.index() >= newest_.size() || message.starts_with('3')) return;
  if (is_event(message, proto::kEndEvent)) return finish(client);
  if (is_event(message, proto::kGapEvent)) {
    ++host().report().errors.gaps;
    return;
  }
  take_record(newest_[client.index()], message);
}

void ReplayLoad::take_record(std::uint64_t& newest, std::string_view message) {
  const std::uint64_t number = record_number(message);
  if (number == 0) return;
  if (number <= newest) {
    ++host().report().doubled;
    return;
  }
  newest = number;
  ++host().report().received;
}

}  // namespace sio::client
