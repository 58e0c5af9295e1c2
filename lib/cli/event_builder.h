// What people type and pipe in -> events that a Publisher takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/payload.h"
#include "cli/record_json.h"
#include "client/publisher.h"
#include "proto/attachments.h"

namespace sio::cli {

// What all events of a run have in common unless a record says otherwise.
struct EventTemplate {
  std::string ns = "/";
  std::string event;
  std::string args;  // NDJSON text, in front of what a line adds
  std::vector<std::string> rooms;
  ArgumentMode mode = ArgumentMode::json_or_string;
};

// Errc::usage: reserved by the protocol, longer than it may be, or not to be written on the wire.
Status check_event_name(std::string_view name);
Status check_room_name(std::string_view name);
Status check_namespace_name(std::string_view name);

// Every result is valid until the next call. Errors (Errc::usage) say what is wrong with the input.
class EventBuilder {
 public:
  explicit EventBuilder(EventTemplate common) : common_(std::move(common)) {}

  // The common event and its arguments, nothing added.
  Result<const client::Outgoing*> plain();
  // With one more argument: a line of input.
  Result<const client::Outgoing*> with_line(std::string_view line, std::uint64_t number);
  // An event record; the record's own namespace and rooms win. Its id becomes the dedupe key if it
  // names another store than `store`: a bridge that repeats itself is then harmless, and what a
  // store replays into itself is published again.
  Result<const client::Outgoing*> from_record(const InputRecord& record, std::string_view store,
                                              std::uint64_t number);

  // Whether the last line had bytes that are not UTF-8; they were replaced.
  bool replaced() const { return replaced_; }

 private:
  Result<const client::Outgoing*> finish(std::string_view ndjson_args, std::uint64_t number);

  EventTemplate common_;
  std::string args_;
  proto::WireArgs wire_;
  std::string event_;
  std::string ns_;
  std::vector<std::string> rooms_;
  std::string key_;
  bool replaced_ = false;
  client::Outgoing outgoing_;
};

}  // namespace sio::cli
