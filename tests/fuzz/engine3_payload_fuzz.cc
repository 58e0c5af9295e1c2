// Bodies of polling requests in revision 3 of Engine.IO, both forms (the first byte says which).
// What is read can be written again, in either form, and is then read as the same; a session takes
// whatever comes out.
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/engine3_payload.h"
#include "proto/engine_payload.h"
#include "proto/engine_server.h"

namespace {

using namespace sio::proto;

struct Packet {
  std::string bytes;
  bool binary = false;
  bool operator==(const Packet&) const = default;
};

// The messages of a body, binary ones without their type.
std::vector<Packet> read(std::string_view body, bool binary) {
  const HeartbeatTiming timing;
  EngineServer session(timing, {}, EngineRevision::v3);
  std::vector<Packet> packets;
  std::string storage;
  for (Payload3Reader reader(body, binary); !reader.done();) {
    const auto packet = reader.next();
    if (!packet) {
      SIO_CHECK(reader.done());
      break;
    }
    const auto received = packet->binary ? session.receive_binary(packet->bytes, {})
                                         : session.receive_text(packet->bytes, storage, {});
    if (received.action == EngineServer::Action::message)
      packets.push_back({std::string(received.data), received.binary});
  }
  return packets;
}

std::vector<Packet> written_and_read(const std::vector<Packet>& packets, PayloadForm form) {
  std::vector<Packet> again;
  for (const Packet& packet : packets) {
    PayloadWriter writer(100, form);
    const std::string text = "4" + packet.bytes;
    SIO_CHECK(packet.binary ? writer.add_binary(packet.bytes) : writer.add_text(text));
    for (Packet& one : read(writer.take(), form == PayloadForm::v3_binary))
      again.push_back(std::move(one));
  }
  return again;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body = sio::test::text_of(data + 1, size - 1);
  const std::vector<Packet> packets = read(body, (data[0] & 1) != 0);
  SIO_CHECK(packets == written_and_read(packets, PayloadForm::v3_text));
  SIO_CHECK(packets == written_and_read(packets, PayloadForm::v3_binary));
  return 0;
}
