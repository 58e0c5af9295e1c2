// Messages of other nodes, in both dialects: the first byte chooses. An event that is read can be
// written, and is then read as the same.
#include <string>
#include <vector>

#include "base/check.h"
#include "cluster/pubsub_message.h"
#include "cluster/stream_message.h"
#include "fuzz/fuzz_target.h"
#include "proto/json_text.h"

namespace {

using namespace sio::cluster;

std::vector<std::string_view> views(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

void check_same(const ClusterMessage& message, const sio::Result<ClusterMessage>& again) {
  SIO_CHECK(again && again->type == message.type && again->attachments == message.attachments);
  SIO_CHECK(again->rooms == message.rooms && again->except == message.except);
  SIO_CHECK(again->from == message.from && again->key == message.key);
}

void check_event(const ClusterMessage& message) {
  SIO_CHECK(sio::proto::check_json("[" + message.items + "]"));
  const auto rooms = views(message.rooms);
  const auto except = views(message.except);
  const std::string_view ns = message.ns.empty() ? "/" : std::string_view(message.ns);
  const ClusterEvent event{.to = {ns, rooms, except},
                           .items = message.items,
                           .attachments = message.attachments,
                           .is_volatile = message.is_volatile,
                           .from = message.from,
                           .key = message.key};
  check_same(message, parse_pubsub_broadcast(pubsub_broadcast("uid", event)));
  const StreamData data = stream_broadcast(event);
  check_same(message, parse_stream_entry({"uid", ns, data.type, data.data}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = sio::test::text_of(data, size);
  const std::string_view bytes = text.substr(1);
  sio::Result<ClusterMessage> message = ClusterMessage();
  switch (text[0]) {
    case 'b':
      message = parse_pubsub_broadcast(bytes);
      break;
    case 'q':
      message = parse_pubsub_request(bytes);
      break;
    case 'a':
      message = parse_pubsub_response(bytes);
      break;
    case 'm':
      message = parse_stream_message(bytes);
      break;
    default:
      message = parse_stream_entry({"uid", "/", text.substr(0, 1), bytes});
  }
  if (message && message->type == ClusterMessage::Type::broadcast) check_event(*message);
  return 0;
}
