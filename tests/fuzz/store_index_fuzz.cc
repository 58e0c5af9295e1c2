// Manifests and indexes: a manifest as it is, an index with a check that is right.
#include <string>

#include "base/check.h"
#include "base/coding.h"
#include "fuzz/fuzz_target.h"
#include "store/manifest.h"
#include "store/segment_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sio;
  using namespace sio::store;
  const std::string_view text = test::text_of(data, size);
  if (const auto manifest = decode_manifest(text)) {
    SIO_CHECK(encode_manifest(*manifest) == text);
  }
  const RecordSeal seal(42);
  std::string bytes = "sioindex" + std::string(text);
  append_fixed(bytes, seal.check_of(bytes));
  const auto index = SegmentIndex::decode(bytes, seal);
  if (!index) return 0;
  static_cast<void>(index->offset_for(1));
  static_cast<void>(index->offset_for_time(0));
  static_cast<void>(index->may_hold({.ns = "/"}));
  const auto again = SegmentIndex::decode(index->encode(seal), seal);
  SIO_CHECK(again.has_value());
  SIO_CHECK(again->end() == index->end() && again->next() == index->next());
  return 0;
}
