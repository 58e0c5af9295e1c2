// A sessions' journal that holds anything: it is read, written anew, and read again to the same
// number of sessions.
#include "base/check.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/sealed_records.h"
#include "server/sessions.h"
#include "store/file_journal.h"
#include "support/fault_fs.h"

namespace {

using namespace sio;

constexpr std::int64_t kKeepMs = 1'000;
constexpr std::int64_t kNowMs = 1'000'000;

std::unique_ptr<server::Sessions> open(test::FaultFs& fs) {
  store::FileJournals journals(fs, nullptr, "/queue", test::kFuzzSeed);
  return *server::Sessions::open(journals, kKeepMs, kNowMs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::FaultFs fs;
  fs.set_content("/queue/sessions-00000000000000000001.journal",
                 test::journal_of(test::text_of(data, size)));
  auto sessions = open(fs);
  sessions->flush(kNowMs);
  SIO_CHECK(sessions->sync().has_value());
  const std::size_t count = sessions->size();
  sessions = open(fs);
  SIO_CHECK(sessions->size() == count);
  sessions->flush(kNowMs + kKeepMs + 1);
  SIO_CHECK(sessions->size() == 0);
  return 0;
}
