// The HTTP side of a session: request targets, queries, and the open packet that a client reads.
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/handshake.h"
#include "proto/json_text.h"

namespace {

using namespace sio::proto;

void check_target(std::string_view target) {
  const EngineQuery query = parse_engine_query(query_of(target));
  SIO_CHECK(query.all.size() <= 256);
  const SessionFacts polling;
  for (const bool upgrade : {false, true})
    for (const SessionFacts* session : {&polling, static_cast<const SessionFacts*>(nullptr)}) {
      const EngineRequestFacts request{
          .method = "GET", .upgrade = upgrade, .origin = target, .v3_allowed = false};
      const auto error = validate(query, request, session);
      if (error) SIO_CHECK(error_body(*error).find(message_of(*error)) != std::string::npos);
      if (!error) SIO_CHECK(query.eio == "4");
      if (!error && session == nullptr) SIO_CHECK(query.sid.empty());
    }
  if (path_matches(target, "/socket.io/")) SIO_CHECK(target.starts_with("/socket.io/"));
}

// What old clients present is always JSON, and nothing of the name is lost.
void check_old(std::string_view message) {
  if (!message.starts_with("0/")) return;
  const auto connect = parse_old_connect(message);
  if (!connect) return;
  SIO_CHECK(message.substr(1).starts_with(connect->ns));
  if (connect->auth.empty()) return;
  const auto kind = check_json(connect->auth);
  SIO_CHECK(kind && *kind == JsonKind::object);
}

void check_open(std::string_view json) {
  const auto open = parse_open(json);
  if (!open) return;
  SIO_CHECK(!open->sid.empty());
  const auto again = parse_open(std::string_view(encode_open(*open)).substr(1));
  SIO_CHECK(again && again->sid == open->sid && again->upgrades == open->upgrades &&
            again->ping_interval == open->ping_interval &&
            again->ping_timeout == open->ping_timeout && again->max_payload == open->max_payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = sio::test::text_of(data, size);
  check_target(text);
  check_open(text);
  check_old(text);
  return 0;
}
