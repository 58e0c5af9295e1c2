#include "server/stored_frames.h"

#include <fmt/format.h>

#include "proto/json_text.h"
#include "proto/sio_extension.h"

namespace sio::server {

std::string_view StoredFrames::name_literal(std::string_view name, bool numeric) {
  if (numeric) return name;
  if (last_literal_.empty() || name != last_name_) {
    last_name_ = name;
    last_literal_ = proto::json_string(name);
  }
  return last_literal_;
}

// What comes behind the arguments.
std::string_view StoredFrames::tail(const store::Record& record, const proto::StoredEvent& event,
                                    const StoredForm& form) {
  if (!form.kind.meta && !form.kind.offset) return "]";
  tail_ = ",";
  if (form.kind.offset) {
    fmt::format_to(std::back_inserter(tail_), "\"{}-{}\"", store_name_, record.seq);
  } else {
    proto::EventMeta meta{.id = proto::format_record_id(store_name_, record.seq),
                          .time_ms = record.time_ms,
                          .rooms = {record.rooms.begin(), record.rooms.end()},
                          .from = std::string(event.from),
                          .replay = form.replay,
                          .group = std::string(form.group),
                          .delivery = form.delivery};
    if (!event.dead_group.empty()) {
      meta.dead = true;
      meta.dead_rooms.assign(event.dead_rooms.begin(), event.dead_rooms.end());
      if (meta.group.empty()) meta.group = event.dead_group;
    }
    proto::append_meta(tail_, meta);
  }
  tail_ += ']';
  return tail_;
}

std::size_t StoredFrames::build(const store::Record& record, const proto::StoredEvent& event,
                                const StoredForm& form, std::vector<net::Frame>& out) {
  const std::string_view name = name_literal(record.event, event.numeric_name);
  const std::string_view comma = event.args.empty() ? "" : ",";
  const std::string_view behind = tail(record, event, form);
  std::string_view head = "42";
  if (!form.ack_id && event.attachments.empty()) {
    out.push_back(frames_.text({head, form.infix, "[", name, comma, event.args, behind}));
    return out.back().size;
  }
  head_ = event.attachments.empty() ? "42" : fmt::format("45{}-", event.attachments.size());
  head_ += form.infix;
  if (form.ack_id) fmt::format_to(std::back_inserter(head_), "{}", *form.ack_id);
  out.push_back(frames_.text({head_, "[", name, comma, event.args, behind}));
  std::size_t bytes = out.back().size;
  for (const std::string_view attachment : event.attachments) {
    out.push_back(frames_.binary(attachment));
    bytes += out.back().size;
  }
  return bytes;
}

}  // namespace sio::server
