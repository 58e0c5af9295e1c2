// Bodies of stored records: a damaged one is refused, and what is read is what was written.
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/stored_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto event = sio::proto::decode_stored(sio::test::text_of(data, size));
  if (!event) return 0;
  std::string body;
  sio::proto::append_stored_head(body, *event);
  body += event->args;
  const auto again = sio::proto::decode_stored(body);
  SIO_CHECK(again && again->from == event->from && again->except == event->except &&
            again->key == event->key && again->numeric_name == event->numeric_name &&
            again->attachments == event->attachments && again->args == event->args);
  return 0;
}
