#include "cli/event_printer.h"

#include <fmt/format.h>

#include <vector>

#include "cli/exit_code.h"
#include "client/diagnosis.h"
#include "proto/attachments.h"
#include "proto/json_text.h"

namespace sio::cli {
namespace {

const std::vector<std::string> kNoAttachments;
// As the JavaScript client calls it.
constexpr std::string_view kOwnLeave = "io client disconnect";

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

// How it would not happen again.
std::string_view advise(std::string_view reason) {
  if (reason == "retention") return "serve --max-age and --max-bytes keep more";
  if (reason == "store") return "serve --store DIR keeps events when the server restarts";
  if (reason == "unknown") return "serve --store DIR remembers; `sio replay` shows what there is";
  if (reason == "not resumed") return "a sio server with a queue resumes";
  return {};
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

void EventPrinter::joined(const client::Joined& joined, const std::vector<std::string>& rooms) {
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
  for (const std::string& room : rooms)
    printer_.print(JoinRecord{.time_ms = clock_.wall_ms(),
                              .ns = joined.ns,
                              .room = room,
                              .is_asked = joined.welcome == nullptr});
}

void EventPrinter::retry(std::uint64_t attempt) {
  if (lifecycle_) printer_.print(ReconnectRecord{.time_ms = clock_.wall_ms(), .attempt = attempt});
}

void EventPrinter::heartbeat() {
  if (lifecycle_) printer_.print(PingRecord{.time_ms = clock_.wall_ms()});
}

void EventPrinter::lost(const client::Lost& lost) {
  if (lost.was_connected) talk_.warn(describe(lost));
  was_joined_ = false;
  if (!lifecycle_) return;
  const std::int64_t now_ms = clock_.wall_ms();
  const double retry_s = seconds(lost.retry_in);
  if (lost.was_connected)
    printer_.print(DisconnectRecord{.time_ms = now_ms, .reason = lost.reason, .retry_s = retry_s});
  else
    printer_.print(
        ConnectErrorRecord{.time_ms = now_ms, .message = lost.reason, .retry_s = retry_s});
}

void EventPrinter::ended(const client::Outcome& outcome) {
  if (!lifecycle_) return;
  const bool was_lost = outcome.ending == client::Ending::lost;
  if (was_joined_)
    printer_.print(DisconnectRecord{.time_ms = clock_.wall_ms(),
                                    .reason = was_lost ? outcome.message : kOwnLeave});
  if (outcome.message.empty() || told_refusal_) return;
  printer_.print(ErrorRecord{.time_ms = clock_.wall_ms(),
                             .code = exit_code(outcome),
                             .message = outcome.message,
                             .hint = outcome.hint});
}

void EventPrinter::gap(const client::Gap& gap) {
  talk_.error(fmt::format("events may be lost{}{}{}: {}", in_namespace(gap.ns),
                          gap.after.empty() ? "" : " after " + gap.after,
                          gap.before.empty() ? "" : " before " + gap.before, explain(gap.reason)),
              advise(gap.reason));
  if (lifecycle_)
    printer_.print(GapRecord{.time_ms = clock_.wall_ms(),
                             .ns = gap.ns,
                             .after = gap.after,
                             .before = gap.before,
                             .reason = gap.reason});
}

void EventPrinter::refused(const client::ClientEvents::Refusal& refusal, bool last) {
  if (!last)
    talk_.error(fmt::format("namespace {}: {}", refusal.ns, refusal.message),
                refusal.was_joined ? "" : client::connect_error_hint(refusal.message));
  if (!lifecycle_) return;
  if (refusal.was_joined)
    return printer_.print(
        LeaveRecord{.time_ms = clock_.wall_ms(), .ns = refusal.ns, .reason = refusal.message});
  told_refusal_ = last;
  const std::string message = fmt::format("{}{}", refusal.message, in_namespace(refusal.ns));
  printer_.print(ErrorRecord{.time_ms = clock_.wall_ms(),
                             .code = exit_code({.ending = client::Ending::refused}),
                             .message = message,
                             .data = refusal.data,
                             .hint = client::connect_error_hint(refusal.message)});
}

}  // namespace sio::cli
