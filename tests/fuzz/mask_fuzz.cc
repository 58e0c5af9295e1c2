// Packets as they may be shown: what is masked once stays as it is, whoever spoke.
#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "proto/mask.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sio::proto::mask_packet;
  using sio::proto::Speaker;
  for (const Speaker speaker : {Speaker::client, Speaker::server}) {
    const std::string masked = mask_packet(speaker, sio::test::text_of(data, size));
    SIO_CHECK(mask_packet(speaker, masked) == masked);
  }
  return 0;
}
