// A groups' journal that holds anything: it is read, used, and read again to the same state.
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/sealed_records.h"
#include "store/file_journal.h"
#include "store/groups.h"
#include "support/fault_fs.h"

namespace {

using namespace sio;
using namespace sio::store;

constexpr TimePoint kNow{std::chrono::hours(1)};

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
  test::FaultFs fs;
  FileJournals journals(fs, nullptr, "/queue", test::kFuzzSeed);
  fs.set_content("/queue/groups-00000000000000000001.journal",
                 test::journal_of(test::text_of(data, size)));
  auto groups = *Groups::open(journals);
  for (const std::string& name : groups->names()) {
    groups->expire(kNow);
    if (const auto due = groups->find(name)->next_due(kNow)) {
      SIO_CHECK(groups->hand_out(name, due->seq, 1, kNow) == due->delivered + 1);
      SIO_CHECK(groups->acknowledge(name, due->seq));
    }
  }
  SIO_CHECK(groups->flush(kNow).has_value());
  const auto state = state_of(*groups);
  groups = *Groups::open(journals);
  SIO_CHECK(state_of(*groups) == state);
  return 0;
}
