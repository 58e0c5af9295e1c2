// A packet that somebody in the admin namespace has sent.
#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/json_text.h"
#include "proto/limits.h"
#include "proto/packet_codec.h"
#include "server/admin_command.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sio;
  static proto::PacketDecoder decoder;
  const std::string text(test::text_of(data, size));
  const auto packet = decoder.decode(text);
  if (!packet || !proto::is_event(packet->type)) return 0;
  const auto command = server::parse_admin_command(packet->event, packet->args);
  if (!command) {
    SIO_CHECK(!command.error().message.empty());
    return 0;
  }
  SIO_CHECK(command->ns.starts_with('/') && command->ns.size() <= proto::kMaxNamespaceName);
  SIO_CHECK(command->rooms.size() <= proto::kMaxRoomsPerEvent);
  if (command->type != server::AdminCommand::Type::emit) return 0;
  SIO_CHECK(!command->event.empty());
  SIO_CHECK(proto::check_json("[" + command->items + "]"));
  if (!command->args().empty())
    SIO_CHECK(proto::check_json("[0," + std::string(command->args()) + "]"));
  return 0;
}
