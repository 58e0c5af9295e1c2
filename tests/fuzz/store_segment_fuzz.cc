// A queue whose only segment holds anything: whoever reads it, and whoever recovers it, must agree,
// and it must be of use afterwards.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/sealed_records.h"
#include "store/file_store.h"
#include "store/manifest.h"
#include "store/read_only_store.h"
#include "support/fault_fs.h"
#include "support/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sio;
  using namespace sio::store;
  test::FaultFs fs;
  fs.set_content(manifest_path("/queue"),
                 encode_manifest({.name = "fuzz", .seed = test::kFuzzSeed, .reserved = 1000}));
  fs.set_content("/queue/" + segment_name(1), test::segment_of(test::text_of(data, size)));

  auto reader = *ReadOnlyStore::open(fs, "/queue");
  const test::Collector seen = test::read_all(*reader);
  SIO_CHECK(std::ranges::is_sorted(seen.seqs, std::less_equal<>()));
  auto store = *FileStore::open(fs, nullptr, {.directory = "/queue"});
  SIO_CHECK(test::read_all(*store).records == seen.records);
  SIO_CHECK(*test::append_bodies(*store, {"after"}) >= 1000);
  SIO_CHECK(store->close().has_value());
  store.reset();
  reader = *ReadOnlyStore::open(fs, "/queue");
  SIO_CHECK(test::read_all(*reader).records.size() == seen.records.size() + 1);
  for (const Seq from : seen.seqs) SIO_CHECK(test::read_all(*reader, from).seqs.front() == from);
  return 0;
}
