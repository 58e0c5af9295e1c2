// Bodies of polling requests. What is read can be written again, and is then read as the same.
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/engine_payload.h"

namespace {

using sio::proto::EnginePacket;
using sio::proto::PayloadReader;

struct Packet {
  std::string text;  // with its type digit; the bytes of a binary message
  bool binary = false;
  bool operator==(const Packet&) const = default;
};

std::vector<Packet> read(std::string_view payload) {
  std::vector<Packet> packets;
  for (PayloadReader reader(payload); !reader.done();) {
    const auto packet = reader.next();
    if (!packet) {
      SIO_CHECK(reader.done());
      break;
    }
    const std::string type(packet->binary ? 0u : 1u, static_cast<char>(packet->type));
    packets.push_back({type + std::string(packet->data), packet->binary});
  }
  return packets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Packet> packets = read(sio::test::text_of(data, size));
  std::vector<Packet> again;
  sio::proto::PayloadWriter writer(1000);
  const auto flush = [&] {
    const std::string payload = writer.take();
    for (Packet& packet : read(payload)) again.push_back(std::move(packet));
  };
  const auto add = [&](const Packet& packet) {
    return packet.binary ? writer.add_binary(packet.text) : writer.add_text(packet.text);
  };
  for (const Packet& packet : packets) {
    if (add(packet)) continue;
    flush();
    SIO_CHECK(add(packet));
  }
  if (!writer.empty()) flush();
  SIO_CHECK(packets == again);
  return 0;
}
