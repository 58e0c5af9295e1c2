// kill -9 of a real process that writes to a real disk, again and again to the same queue.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/posix_fs.h"
#include "store/file_store.h"
#include "support/queue_executor.h"
#include "support/records.h"

namespace sio::store {
namespace {

using namespace sio::test;

constexpr int kRuns = 12;

FileStoreOptions options_for(const std::string& directory) {
  return {.directory = directory, .segment_bytes = 200'000, .cache_bytes = 0};
}

// Says on a pipe what became durable.
class Reporter final : public DurabilityListener {
 public:
  explicit Reporter(int pipe) : pipe_(pipe) {}
  void on_durable(Seq seq) override {
    SIO_CHECK(write(pipe_, &seq, sizeof seq) == sizeof seq);
    durable = seq;
  }
  void on_failed(Seq, const Error&) override { _exit(1); }
  Seq durable = 0;

 private:
  int pipe_;
};

// Appends "RUN:0", "RUN:1", … in batches, some of them before the last ones were durable, until the
// process is killed.
[[noreturn]] void publish_for_ever(const std::string& directory, int run, int pipe) {
  PosixFs fs;
  QueueExecutor executor;
  Reporter reporter(pipe);
  auto store = *FileStore::open(fs, &executor, options_for(directory));
  store->set_durability_listener(&reporter);
  std::mt19937 random(static_cast<unsigned>(run));
  for (int count = 0;;) {
    std::vector<std::string> bodies;
    for (unsigned i = 0; i <= random() % 50; ++i) {
      bodies.push_back(std::to_string(run) + ":" + std::to_string(count++));
    }
    const Result<Seq> first = append_bodies(*store, bodies);
    SIO_CHECK(first.has_value());
    executor.run_until([&] { return reporter.durable + 2000 > *first; });
  }
}

// The last number that a child, which is killed after some reports, said to be durable.
Seq run_and_kill(const std::string& directory, int run, int reports) {
  int ends[2];
  SIO_CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  SIO_CHECK(child >= 0);
  if (child == 0) publish_for_ever(directory, run, ends[1]);
  close(ends[1]);
  Seq durable = 0;
  for (int i = 0; i < reports; ++i) SIO_CHECK(read(ends[0], &durable, sizeof durable) > 0);
  kill(child, SIGKILL);
  for (Seq late = 0; read(ends[0], &late, sizeof late) > 0;) durable = late;
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  close(ends[0]);
  return durable;
}

TEST(StoreKill, EveryDurableRecordIsThereAndTheRestIsAPrefix) {
  std::string pattern = testing::TempDir() + "store-kill-XXXXXX";
  const std::string directory = mkdtemp(pattern.data());
  std::mt19937 random(1);
  for (int run = 0; run < kRuns; ++run) {
    const Seq durable = run_and_kill(directory, run, 1 + static_cast<int>(random() % 60));
    PosixFs fs;
    auto store = *FileStore::open(fs, nullptr, options_for(directory));
    const Collector found = read_all(*store);
    EXPECT_TRUE(found.gaps.empty());
    ASSERT_GE(found.seqs.back(), durable);
    int count = 0;
    for (std::size_t i = 0; i < found.seqs.size(); ++i) {
      if (!found.records[i].body.starts_with(std::to_string(run) + ":")) continue;
      EXPECT_EQ(found.records[i].body, std::to_string(run) + ":" + std::to_string(count++));
    }
    ASSERT_GT(count, 0);
    EXPECT_GT(store->bounds().next, found.seqs.back());
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace sio::store
