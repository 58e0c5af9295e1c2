// The queue under a disk that dies. A fixed piece of work is done again and again; each time
// another operation is the last one the disk does, or the one that fails, or is torn. Then the
// queue is opened again on every disk that the power loss may have left, or on a sample of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "store/file_store.h"
#include "support/fault_fs.h"
#include "support/records.h"

namespace sio::store {
namespace {

using namespace sio::test;

// All combinations are tried when there are no more uncertain things than this.
constexpr std::size_t kTryAll = 6;
constexpr int kSamples = 16;

FileStoreOptions options_for(Fsync when) {
  return {.directory = "/queue",
          .retention = {.max_bytes = 6000},
          .sync = {.when = when},
          .segment_bytes = 1500,
          .cache_bytes = 0};
}

// What a publisher and a reader know of the queue from outside.
struct History {
  std::map<Seq, std::string> appended;  // by the number that append() returned
  Seq durable = 0;                      // as the store said
  Seq trimmed = 1;                      // what retention may have taken is below this
  std::string name;
  std::vector<std::pair<Seq, Seq>> refused;  // said to be lost: [first, last]

  // Whether the store went on without this record. What it refused last may come back if it ended
  // before it could go on: its publisher knows nothing either way.
  bool was_refused(Seq seq) const {
    if (seq > durable) return false;
    for (const auto& [first, last] : refused) {
      if (seq >= first && seq <= last) return true;
    }
    return false;
  }
};

class Watcher final : public DurabilityListener {
 public:
  Watcher(FileStore& store, History& history) : store_(store), history_(history) {}
  void on_durable(Seq seq) override { history_.durable = seq; }
  void on_failed(Seq seq, const Error&) override {
    history_.refused.emplace_back(seq + 1, store_.bounds().next - 1);
  }

 private:
  FileStore& store_;
  History& history_;
};

// Two runs of a program on the queue: appends of all sizes, singly and in batches, over several
// segments, with an orderly end between.
void work(FaultFs& fs, const FileStoreOptions& options, History& history) {
  std::mt19937 random(7);
  for (int run = 0; run < 2; ++run) {
    auto opened = FileStore::open(fs, nullptr, options);
    if (!opened) return;
    FileStore& store = **opened;
    Watcher watcher(store, history);
    store.set_durability_listener(&watcher);
    history.name = store.name();
    for (int step = 0; step < 14; ++step) {
      std::vector<std::string> bodies;
      for (unsigned i = 0; i <= random() % 3; ++i) {
        bodies.push_back(std::to_string(random()) + std::string(random() % 400, 'x'));
      }
      const Result<Seq> first = append_bodies(store, bodies);
      for (std::size_t i = 0; first && i < bodies.size(); ++i) {
        history.appended[*first + i] = bodies[i];
      }
      if (step % 3 != 1) static_cast<void>(store.sync());
      history.trimmed = std::max(history.trimmed, store.bounds().first);
    }
    static_cast<void>(store.close());
  }
}

std::uint64_t operations_of_work(const FileStoreOptions& options) {
  FaultFs fs;
  History history;
  work(fs, options, history);
  return fs.operations();
}

// What every store that was opened again must satisfy. With `ordered`, what is there is also a
// prefix of what was appended.
void check(FileStore& store, const History& history, bool ordered) {
  const Collector found = read_all(store);
  std::map<Seq, std::string> present;
  for (std::size_t i = 0; i < found.seqs.size(); ++i) {
    present[found.seqs[i]] = found.records[i].body;
  }
  EXPECT_TRUE(found.gaps.empty() || !ordered);
  for (const auto& [seq, body] : present) {
    const auto appended = history.appended.find(seq);
    ASSERT_NE(appended, history.appended.end()) << "nobody appended " << seq;
    EXPECT_EQ(body, appended->second);
    EXPECT_FALSE(history.was_refused(seq)) << seq << " was said to be lost";
  }
  bool ended = false;
  for (const auto& [seq, body] : history.appended) {
    if (seq < history.trimmed || history.was_refused(seq)) continue;
    const bool here = present.contains(seq);
    EXPECT_TRUE(here || seq > history.durable) << "durable record " << seq << " is lost";
    EXPECT_FALSE(here && ended && ordered) << "record " << seq << " is there, one before it is not";
    ended = ended || !here;
  }
  if (!history.appended.empty()) {
    EXPECT_GT(store.bounds().next, history.appended.rbegin()->first) << "a number comes again";
  }
  if (history.durable > 0) {
    EXPECT_EQ(store.name(), history.name);
  }
}

// Opens, checks, and sees that the queue can be used and closed.
void open_and_check(FaultFs& disk, const FileStoreOptions& options, const History& history,
                    bool ordered = true) {
  auto store = FileStore::open(disk, nullptr, options);
  ASSERT_TRUE(store) << store.error().message;
  check(**store, history, ordered);
  const Result<Seq> seq = append_bodies(**store, {"after"});
  ASSERT_TRUE(seq) << seq.error().message;
  ASSERT_TRUE((*store)->close());
  store->reset();
  auto again = FileStore::open(disk, nullptr, options);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(bodies_of(**again, *seq), std::vector<std::string>{"after"});
}

// Calls `use` with numbers that stand for all disks, or for some, that may be left.
template <typename Use>
void for_each_loss(const FaultFs& fs, Use use) {
  const std::size_t uncertain = fs.uncertain();
  if (uncertain <= kTryAll) {
    for (std::uint64_t choice = 0; choice < (std::uint64_t{1} << uncertain); ++choice) use(choice);
    return;
  }
  use(FaultFs::kKeepEverything);
  use(FaultFs::kLoseEverything);
  std::mt19937_64 random(uncertain);
  for (int i = 0; i < kSamples; ++i) use(random());
}

class StoreCrash : public testing::TestWithParam<Fsync> {
 protected:
  // What the store said to be durable is so after power loss only if it synced before it said so.
  // Without syncs even the order of what is left is the system's.
  void check_after_power_loss(FaultFs& disk, History history) {
    if (GetParam() != Fsync::always) history.durable = 0;
    open_and_check(disk, options_, history, GetParam() != Fsync::never);
  }
  // After a failed sync only syncing each time keeps the order.
  void check_after_error_and_power_loss(FaultFs& disk, History history) {
    if (GetParam() != Fsync::always) history.durable = 0;
    open_and_check(disk, options_, history, GetParam() == Fsync::always);
  }

  FileStoreOptions options_ = options_for(GetParam());
};

TEST_P(StoreCrash, SurvivesPowerLossAtEveryOperation) {
  const std::uint64_t total = operations_of_work(options_);
  ASSERT_GT(total, 100u);
  for (std::uint64_t n = 0; n < total && !HasFailure(); ++n) {
    FaultFs fs;
    History history;
    fs.fail_at(n, FaultFs::Fault::power_off);
    work(fs, options_, history);
    // What the dying program was told after the power went does not count.
    history.refused.clear();
    for_each_loss(fs, [&](std::uint64_t choice) {
      SCOPED_TRACE("operation " + std::to_string(n) + ", choice " + std::to_string(choice));
      check_after_power_loss(*fs.after_power_loss(choice), history);
    });
  }
}

TEST_P(StoreCrash, SurvivesKillMinusNineAtEveryOperation) {
  const std::uint64_t total = operations_of_work(options_);
  for (std::uint64_t n = 0; n < total && !HasFailure(); ++n) {
    FaultFs fs;
    History history;
    fs.fail_at(n, FaultFs::Fault::power_off);
    work(fs, options_, history);
    history.refused.clear();
    SCOPED_TRACE("operation " + std::to_string(n));
    open_and_check(*fs.after_power_loss(FaultFs::kKeepEverything), options_, history);
  }
}

TEST_P(StoreCrash, SurvivesAnErrorAtEveryOperation) {
  for (const FaultFs::Fault fault : {FaultFs::Fault::error, FaultFs::Fault::torn_write}) {
    const std::uint64_t total = operations_of_work(options_);
    for (std::uint64_t n = 0; n < total && !HasFailure(); ++n) {
      FaultFs fs;
      History history;
      fs.fail_at(n, fault);
      work(fs, options_, history);
      for_each_loss(fs, [&](std::uint64_t choice) {
        SCOPED_TRACE("operation " + std::to_string(n) + ", choice " + std::to_string(choice));
        check_after_error_and_power_loss(*fs.after_power_loss(choice), history);
      });
    }
  }
}

TEST_P(StoreCrash, SurvivesADiskThatFailsForAWhile) {
  const std::uint64_t total = operations_of_work(options_);
  for (std::uint64_t n = 0; n < total && !HasFailure(); ++n) {
    FaultFs fs;
    History history;
    fs.fail_at(n, FaultFs::Fault::keeps_failing);
    work(fs, options_, history);
    fs.heal();
    work(fs, options_, history);
    SCOPED_TRACE("operation " + std::to_string(n));
    check_after_error_and_power_loss(*fs.after_power_loss(FaultFs::kLoseEverything), history);
  }
}

TEST_P(StoreCrash, SurvivesPowerLossDuringRecovery) {
  const std::uint64_t total = operations_of_work(options_);
  std::mt19937_64 random(3);
  for (std::uint64_t n = 20; n < total && !HasFailure(); n += 3) {
    FaultFs fs;
    History history;
    fs.fail_at(n, FaultFs::Fault::power_off);
    work(fs, options_, history);
    history.refused.clear();
    for (std::uint64_t m = 0; m < 12; ++m) {
      const auto disk = fs.after_power_loss(random());
      disk->fail_at(m, FaultFs::Fault::power_off);
      static_cast<void>(FileStore::open(*disk, nullptr, options_));
      SCOPED_TRACE("operation " + std::to_string(n) + ", then " + std::to_string(m));
      check_after_power_loss(*disk->after_power_loss(random()), history);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, StoreCrash,
                         testing::Values(Fsync::always, Fsync::interval, Fsync::never),
                         [](const auto& policy) {
                           return policy.param == Fsync::always     ? "Always"
                                  : policy.param == Fsync::interval ? "Interval"
                                                                    : "Never";
                         });

}  // namespace
}  // namespace sio::store
