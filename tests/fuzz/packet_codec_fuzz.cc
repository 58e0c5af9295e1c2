// Socket.IO packets: the decoder, and the assembler fed with the message and what follows it. The
// input is a text message and, behind each byte 0x1e, one more message: binary where an attachment
// is awaited, else text.
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/attachments.h"
#include "proto/json_text.h"
#include "proto/packet_assembler.h"
#include "proto/packet_codec.h"

namespace {

using namespace sio::proto;

bool same(const PacketView& a, const PacketView& b) {
  return a.type == b.type && a.attachments == b.attachments && a.ns == b.ns &&
         a.ack_id == b.ack_id && a.payload == b.payload && a.event == b.event &&
         a.event_json == b.event_json && a.args == b.args;
}

void check_decoded(const PacketView& packet) {
  if (packet.payload.empty()) return;
  SIO_CHECK(check_json(packet.payload));
  if (is_event(packet.type) || is_ack(packet.type))
    SIO_CHECK(check_json("[" + std::string(packet.args) + "]"));
  if (is_event(packet.type)) SIO_CHECK(!is_reserved_event(packet.event));

  std::string again;
  append_header(again, packet.type, packet.attachments, packet.ns, packet.ack_id);
  again += packet.payload;
  PacketDecoder decoder;
  const auto decoded = decoder.decode(again);
  SIO_CHECK(decoded && same(*decoded, packet));
}

// White space behind the JSON changes nothing but the size, and with it who validates.
void check_both_validators(std::string_view message) {
  PacketDecoder decoder;
  const auto packet = decoder.decode(message);
  if (packet && packet->payload.empty()) return;
  const bool accepted = packet.has_value();
  const std::string longer = std::string(message) + std::string(300, ' ');
  SIO_CHECK(decoder.decode(longer).has_value() == accepted);
}

void check_complete(const CompletePacket& complete) {
  const PacketView& packet = complete.packet;
  check_decoded(packet);
  if (!is_event(packet.type) && !is_ack(packet.type)) return;
  const std::vector<std::string> none;
  const std::string ndjson =
      to_ndjson_args(packet.args, complete.attachments ? *complete.attachments : none);
  SIO_CHECK(check_json("[" + ndjson + "]"));
  const auto wire = to_wire_args(ndjson);
  if (!wire) return;  // one attachment named many times becomes many
  SIO_CHECK(check_json("[" + wire->args + "]"));
  SIO_CHECK(check_placeholders("[" + wire->args + "]", wire->attachments.size()) ||
            wire->attachments.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = sio::test::text_of(data, size);
  check_both_validators(rest.substr(0, rest.find('\x1e')));
  PacketDecoder decoder;
  PacketAssembler assembler(decoder, 4096);
  for (;;) {
    const std::size_t length = rest.find('\x1e');
    const std::string_view message = rest.substr(0, length);
    const auto complete = assembler.waits_for_attachments() ? assembler.add_binary(message)
                                                            : assembler.add_text(message);
    if (complete && *complete != nullptr) check_complete(**complete);
    if (!complete) SIO_CHECK(!assembler.add_text("2[\"a\"]"));
    if (length == std::string_view::npos) return 0;
    rest.remove_prefix(length + 1);
  }
}
