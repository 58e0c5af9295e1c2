#include "cli/event_builder.h"

#include <fmt/format.h>

#include <utility>

#include "proto/limits.h"
#include "proto/packet_codec.h"
#include "proto/sio_extension.h"

namespace sio::cli {

Status check_event_name(std::string_view name) {
  if (proto::is_reserved_event(name))
    return fail(Errc::usage,
                fmt::format("event {}: the protocol reserves this name; take another", name));
  if (name.size() > proto::kMaxEventName)
    return fail(Errc::usage, fmt::format("event {}...: a name of more than {} bytes",
                                         name.substr(0, 20), proto::kMaxEventName));
  return {};
}

Status check_room_name(std::string_view name) {
  if (name.empty()) return fail(Errc::usage, "a room without a name: --room NAME");
  if (name.size() > proto::kMaxRoomName)
    return fail(Errc::usage, fmt::format("room {}...: a name of more than {} bytes",
                                         name.substr(0, 20), proto::kMaxRoomName));
  return {};
}

Status check_namespace_name(std::string_view name) {
  if (name.find(',') != std::string_view::npos)
    return fail(Errc::usage, fmt::format("namespace {}: the protocol allows no comma in it", name));
  if (name.size() > proto::kMaxNamespaceName)
    return fail(Errc::usage, fmt::format("namespace {}...: a name of more than {} bytes",
                                         name.substr(0, 20), proto::kMaxNamespaceName));
  return {};
}

Result<const client::Outgoing*> EventBuilder::plain() {
  outgoing_ = {.ns = common_.ns, .event = common_.event, .rooms = &common_.rooms};
  return finish(common_.args, 0);
}

Result<const client::Outgoing*> EventBuilder::with_line(std::string_view line,
                                                        std::uint64_t number) {
  args_ = common_.args;
  replaced_ = false;
  SIO_TRY_STATUS(append_argument(args_, line, common_.mode, &replaced_));
  outgoing_ = {.ns = common_.ns, .event = common_.event, .rooms = &common_.rooms};
  return finish(args_, number);
}

Result<const client::Outgoing*> EventBuilder::from_record(const InputRecord& record,
                                                          std::string_view store,
                                                          std::uint64_t number) {
  SIO_TRY_STATUS(check_event_name(record.event));
  if (record.rooms.size() > proto::kMaxRoomsPerEvent)
    return fail(Errc::usage, fmt::format("more than {} rooms", proto::kMaxRoomsPerEvent));
  for (const std::string& room : record.rooms) SIO_TRY_STATUS(check_room_name(room));
  event_ = record.event;
  ns_ = record.ns.empty() ? common_.ns : record.ns;
  rooms_ = record.rooms.empty() ? common_.rooms : record.rooms;
  const auto id = proto::parse_record_id(record.id);
  key_ = id && !id->store.empty() && id->store != store ? record.id : std::string();
  const bool is_number = !record.event_json.empty() && !record.event_json.starts_with('"');
  outgoing_ = {
      .ns = ns_, .event = event_, .numeric_name = is_number, .rooms = &rooms_, .key = key_};
  return finish(record.args, number);
}

Result<const client::Outgoing*> EventBuilder::finish(std::string_view ndjson_args,
                                                     std::uint64_t number) {
  outgoing_.line = number;
  // Without a dollar sign, plain or escaped, there is nothing to convert.
  if (ndjson_args.find_first_of("$\\") == std::string_view::npos) {
    outgoing_.args = ndjson_args;
    return &outgoing_;
  }
  SIO_TRY(wire_, proto::to_wire_args(ndjson_args));
  outgoing_.args = wire_.args;
  if (!wire_.attachments.empty()) outgoing_.attachments = &wire_.attachments;
  return &outgoing_;
}

}  // namespace sio::cli
