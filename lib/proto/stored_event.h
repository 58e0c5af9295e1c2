// An event as the queue keeps it: the opaque body of a store record. The record itself carries the
// time, namespace, event name and rooms (the store filters by them); the body carries the rest.
//
//   body     := version:u8=1  flags:u8  from:str  except_count:varint  except:str*  key:str
//               dead?  attachment_count:varint  (attachment:str)*  args_json:rest
//   dead     := group:str  room_count:varint  (room:str)*
//   str      := length:varint bytes
//   varint   := little-endian base 128
//
// flags bit 0: the event's name is a JSON number, not a string. Bit 1: a group has given it up, and
// `dead` is there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sio::proto {

struct StoredEvent {
  std::string_view from;                 // sid of the sender, "" if it was not a socket
  std::vector<std::string_view> except;  // rooms (and sids) that must not get it
  std::string_view key;                  // dedupe key, "" if none
  bool numeric_name = false;
  std::string_view dead_group;               // the group that has given it up, "" if none
  std::vector<std::string_view> dead_rooms;  // what it was addressed to before that
  std::vector<std::string_view> attachments;
  std::string_view args;  // JSON text between the brackets, with placeholders
};

// Appends everything in front of args_json to `out`; the body is that followed by event.args. So
// the arguments are copied once, by the store.
void append_stored_head(std::string& out, const StoredEvent& event);

// Views into `body`. Errors: truncated, unknown version, counts beyond limits.h.
Result<StoredEvent> decode_stored(std::string_view body);

}  // namespace sio::proto
