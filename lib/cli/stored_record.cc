#include "cli/stored_record.h"

#include <fmt/format.h>

#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/sio_extension.h"
#include "proto/stored_event.h"

namespace sio::cli {

Result<EventRecord> StoredRecordReader::read(const store::Record& record) {
  id_ = proto::format_record_id(store_, record.seq);
  auto stored = proto::decode_stored(record.body);
  if (!stored) return fail_in(fmt::format("record {}", id_), stored.error());
  event_json_ = stored->numeric_name ? std::string(record.event) : proto::json_string(record.event);
  rooms_.assign(record.rooms.begin(), record.rooms.end());
  dead_rooms_.assign(stored->dead_rooms.begin(), stored->dead_rooms.end());
  from_ = stored->from;
  group_ = stored->dead_group;
  EventRecord shown{.time_ms = record.time_ms,
                    .ns = record.ns,
                    .event_json = event_json_,
                    .args = stored->args,
                    .id = id_,
                    .rooms = rooms_,
                    .from = from_,
                    .replay = true,
                    .group = group_,
                    .dead = !group_.empty(),
                    .dead_rooms = dead_rooms_};
  if (!stored->attachments.empty() || stored->args.find_first_of("$\\") != std::string_view::npos) {
    const std::vector<std::string> attachments(stored->attachments.begin(),
                                               stored->attachments.end());
    args_ = proto::to_ndjson_args(stored->args, attachments);
    shown.args = args_;
  }
  return shown;
}

}  // namespace sio::cli
