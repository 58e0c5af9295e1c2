// A groups' journal that holds anything: it is read, used, and read again to the same state.
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/sealed_records.h"
#include "store/groups.h"
#include "support/fault_fs.h"

namespace {

using namespace sio;
using namespace sio::store;

constexpr TimePoint kNow{std::chrono::hours(1)};

// Records of changes, each as long as its first byte says, behind an empty snapshot.
std::string journal_of(std::string_view input) {
  std::string out = encode_segment_header({.seed = test::kFuzzSeed});
  const RecordSeal seal(test::kFuzzSeed);
  Seq seq = 1;
  const auto add = [&](std::string_view event, std::string_view body) {
    const NewRecord record{.event = event, .body_head = body};
    std::string bytes(record_size(record), '\0');
    write_record(bytes.data(), seq++, 0, record);
    seal.seal(bytes.data());
    out += bytes;
  };
  add("snapshot", "");
  ByteReader in(input);
  while (in.left() > 0) {
    const auto length = in.fixed<std::uint8_t>();
    add("changes", in.bytes(std::min<std::size_t>(length, in.left())));
  }
  return out;
}

std::map<std::string, std::pair<Seq, std::size_t>> state_of(const Groups& groups) {
  std::map<std::string, std::pair<Seq, std::size_t>> state;
  for (const std::string& name : groups.names()) {
    const Group& group = *groups.find(name);
    state[name] = {group.position(), group.pending()};
  }
  return state;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Groups::Place place{.directory = "/queue", .seed = test::kFuzzSeed};
  test::FaultFs fs;
  fs.set_content("/queue/groups-00000000000000000001.journal",
                 journal_of(test::text_of(data, size)));
  auto groups = *Groups::open(fs, nullptr, place);
  for (const std::string& name : groups->names()) {
    groups->expire(kNow);
    if (const auto due = groups->find(name)->next_due(kNow)) {
      SIO_CHECK(groups->hand_out(name, due->seq, 1, kNow) == due->delivered + 1);
      SIO_CHECK(groups->acknowledge(name, due->seq));
    }
  }
  SIO_CHECK(groups->flush(kNow).has_value());
  const auto state = state_of(*groups);
  groups = *Groups::open(fs, nullptr, place);
  SIO_CHECK(state_of(*groups) == state);
  return 0;
}
