// POST /sio/emit: events from an HTTP request into the queue and to whoever listens.
//
// The body is, by its Content-Type: application/json one argument, text/plain a string,
// application/x-ndjson a record on each line (event, args, ns, rooms, id; as `listen` prints them),
// anything else one binary argument. The answer comes when all is stored: {"id":"#k3f9-1042"}, or
// {"ids":[…]} for records. Either all records make sense and may be published, or none is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/door_request.h"
#include "server/visit.h"

namespace sio::server {

// An event to be published.
struct PostedEvent {
  std::string event;
  std::string ns;
  std::string items;          // name and arguments, JSON between the brackets
  std::size_t args_size = 0;  // the arguments' part, at the end
  std::vector<std::string> attachments;
  std::vector<std::string> rooms;
  std::vector<std::string> except;
  std::string key;  // that it is known by if it comes again
  std::string id;   // the record's; is the key if it names another store, and there is no key
};

// Records in one body, and namespaces in them.
inline constexpr std::size_t kMaxPostedEvents = 10'000;
inline constexpr std::size_t kMaxPostedNamespaces = 16;

// Reads a body. Errc::usage says what is wrong, and in which line.
Result<std::vector<PostedEvent>> parse_posted(const EmitQuery& query, std::string_view content_type,
                                              std::string body);

// Answers `exchange`, a POST to kEmitPath, now or later.
void emit_from(DoorContext& context, net::HttpExchange& exchange);

}  // namespace sio::server
