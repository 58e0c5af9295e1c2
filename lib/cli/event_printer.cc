#include "cli/event_printer.h"

#include <fmt/format.h>

#include <vector>

#include "proto/attachments.h"
#include "proto/json_text.h"

namespace sio::cli {
namespace {

const std::vector<std::string> kNoAttachments;
constexpr int kRefusedStatus = 4;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Whether the spelling of arguments differs between the wire and NDJSON: binary, or an object that
// looks like it (whose `$` may be escaped).
bool needs_conversion(const client::ReceivedEvent& event) {
  return event.attachments != nullptr || event.args.find_first_of("$\\") != std::string_view::npos;
}

// Why, for people; the record has the word itself.
std::string_view explain(std::string_view reason) {
  if (reason == "retention") return "the server no longer keeps them";
  if (reason == "store") return "the server has another store than before";
  if (reason == "unknown") return "the server does not know where we were";
  if (reason == "not resumed") return "the server cannot say what came while we were away";
  return reason;
}

std::string in_namespace(std::string_view ns) {
  return ns == "/" ? std::string() : fmt::format(" in namespace {}", ns);
}

}  // namespace

EventRecord EventPrinter::record_of(const client::ReceivedEvent& event) {
  EventRecord record{.ns = event.packet->ns,
                     .event_json = event.packet->event_json,
                     .args = event.args,
                     .ack = event.packet->ack_id};
  if (needs_conversion(event)) {
    args_ = proto::to_ndjson_args(
        event.args, event.attachments == nullptr ? kNoAttachments : *event.attachments);
    record.args = args_;
  }
  if (event.meta != nullptr) {
    record.time_ms = event.meta->time_ms;
    record.id = event.meta->id;
    record.rooms = event.meta->rooms;
    record.from = event.meta->from;
    record.replay = event.meta->replay;
    record.delivery = event.meta->delivery;
    record.group = event.meta->group;
    record.dead = event.meta->dead;
    record.dead_rooms = event.meta->dead_rooms;
  }
  if (record.time_ms == 0) record.time_ms = clock_.wall_ms();
  if (!event.offset.empty()) {
    offset_ = proto::json_unescape(event.offset);
    record.offset = offset_;
  }
  return record;
}

void EventPrinter::joined(const client::Joined& joined) {
  if (joined.again && !was_joined_) talk_.warn("connected again" + in_namespace(joined.ns));
  was_joined_ = true;
  if (!lifecycle_) return;
  printer_.print(ConnectRecord{
      .time_ms = clock_.wall_ms(),
      .ns = joined.ns,
      .sid = joined.sid,
      .transport = joined.transport,
      .recovered = joined.recovered,
      .server = joined.welcome == nullptr ? std::string_view() : joined.welcome->server});
}

void EventPrinter::lost(const client::Lost& lost) {
  if (lost.was_connected) talk_.warn(describe(lost));
  was_joined_ = false;
  if (lifecycle_ && lost.was_connected)
    printer_.print(DisconnectRecord{.reason = lost.reason, .retry_s = seconds(lost.retry_in)});
}

void EventPrinter::gap(const client::Gap& gap) {
  talk_.error(fmt::format("events may be lost{}{}{}: {}", in_namespace(gap.ns),
                          gap.after.empty() ? "" : " after " + gap.after,
                          gap.before.empty() ? "" : " before " + gap.before, explain(gap.reason)));
  if (lifecycle_)
    printer_.print(
        GapRecord{.ns = gap.ns, .after = gap.after, .before = gap.before, .reason = gap.reason});
}

void EventPrinter::refused(const client::ClientEvents::Refusal& refusal, bool last) {
  if (!last) talk_.error(fmt::format("namespace {}: {}", refusal.ns, refusal.message));
  if (!lifecycle_) return;
  const std::string message = fmt::format("{}{}", refusal.message, in_namespace(refusal.ns));
  printer_.print(ErrorRecord{.code = kRefusedStatus, .message = message, .data = refusal.data});
}

}  // namespace sio::cli
