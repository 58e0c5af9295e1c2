// GET /sio/events: the queue and what comes after it as a stream over HTTP; NDJSON, the records
// that `listen` prints, or server-sent events for whoever accepts text/event-stream.
//
// To the hub a stream is a socket like any other, on a transport that writes records: it is live
// while its client reads, and reads the queue at its own pace when it does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/packet.h"
#include "proto/sio_extension.h"
#include "server/visit.h"

namespace sio::server {

// Appends an event with its metadata as a record, without a newline. `args`: without the metadata.
void append_event_record(std::string& out, const proto::PacketView& packet, std::string_view args,
                         const std::vector<std::string>* attachments, const proto::EventMeta& meta);

// Answers `exchange`, a GET of kEventsPath, now or later.
void stream_to(DoorContext& context, net::HttpExchange& exchange);

}  // namespace sio::server
