// Packets of the msgpack parser. What is read and makes sense can be written, and is then read as
// the same.
#include <string>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/attachments.h"
#include "proto/msgpack_codec.h"
#include "proto/packet_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sio::proto;
  const auto packet = decode_msgpack(sio::test::text_of(data, size));
  if (!packet) return 0;
  PacketDecoder decoder;
  const auto view = decoder.decode(packet->text);
  if (!view) return 0;
  SIO_CHECK(view->attachments == packet->attachments.size());
  if (view->attachments > 0)
    SIO_CHECK(check_placeholders(view->payload, packet->attachments.size()));

  MsgpackEncoder encoder;
  auto written = encoder.add_text(packet->text);
  for (const std::string& attachment : packet->attachments) {
    SIO_CHECK(!written);
    written = encoder.add_binary(attachment);
  }
  SIO_CHECK(written);
  const auto again = decode_msgpack(*written);
  SIO_CHECK(again && again->text == packet->text && again->attachments == packet->attachments);
  return 0;
}
