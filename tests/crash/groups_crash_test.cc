// The groups' journal under a disk that dies: work may come again, it must not get lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "store/file_journal.h"
#include "store/groups.h"
#include "support/fault_fs.h"

namespace sio::store {
namespace {

using sio::test::FaultFs;

constexpr TimePoint kStart{std::chrono::seconds(1000)};
constexpr int kSamples = 16;

Result<std::unique_ptr<Groups>> open_groups(FaultFs& fs) {
  FileJournals journals(fs, nullptr, "/queue", 9);
  return Groups::open(journals);
}

// What the server knows, and what it has promised to know again.
struct History {
  bool created = false;                  // create() returned
  std::set<Seq> acknowledged;            // by somebody, flushed or not
  std::map<Seq, unsigned> sent;          // deliveries that were sent: flush() had returned
  std::map<Seq, unsigned> flushed_acks;  // acknowledgements that were flushed
  Seq next = 1;
};

// Hands out, acknowledges and fails at random; sends what is flushed.
void work(FaultFs& fs, History& history) {
  auto opened = open_groups(fs);
  if (!opened) return;
  Groups& groups = **opened;
  if (!groups.create("g", {.max_deliver = 100}, 1)) return;
  history.created = true;
  std::mt19937 random(11);
  TimePoint now = kStart;
  for (int turn = 0; turn < 40; ++turn) {
    now += std::chrono::seconds(40);
    std::map<Seq, unsigned> handed_out;
    std::set<Seq> acks;
    for (int i = 0; i < 5; ++i) {
      const auto due = groups.find("g")->next_due(now);
      const Seq seq = due ? due->seq : history.next++;
      handed_out[seq] = groups.hand_out("g", seq, 1, now);
    }
    for (const auto& [seq, delivery] : handed_out) {
      if (random() % 3 == 0) {
        groups.fail("g", seq, now);
      } else if (random() % 3 == 0 && history.sent.contains(seq)) {
        groups.acknowledge("g", seq);
        acks.insert(seq);
      }
    }
    history.acknowledged.insert(acks.begin(), acks.end());
    const bool flushed = turn % 10 == 9 ? groups.sync().has_value() : groups.flush(now).has_value();
    if (!flushed) continue;
    for (const auto& [seq, delivery] : handed_out) history.sent[seq] = delivery;
    for (const Seq seq : acks) history.flushed_acks[seq] = 1;
  }
}

void check_nothing_lost(const Groups& groups, const History& history) {
  const Group* const group = groups.find("g");
  ASSERT_TRUE(group != nullptr || !history.created) << "the group is gone";
  if (group == nullptr) return;
  EXPECT_LE(group->position(), history.next);
  for (Seq seq = 1; seq < group->position(); ++seq) {
    EXPECT_TRUE(group->delivered(seq) > 0 || history.acknowledged.contains(seq)) << seq;
  }
}

void check_repeats_are_known(const Groups& groups, const History& history) {
  const Group* const group = groups.find("g");
  if (group == nullptr) return;
  for (const auto& [seq, delivery] : history.sent) {
    if (history.acknowledged.contains(seq)) continue;
    EXPECT_GE(group->delivered(seq), delivery) << seq << " was sent " << delivery << " times";
  }
  for (const auto& [seq, count] : history.flushed_acks) {
    EXPECT_EQ(group->delivered(seq), 0u) << seq << " was done";
  }
}

std::uint64_t operations_of_work() {
  FaultFs fs;
  History history;
  work(fs, history);
  return fs.operations();
}

TEST(GroupsCrash, NothingIsLostByPowerLossAtAnyOperation) {
  const std::uint64_t total = operations_of_work();
  ASSERT_GT(total, 40u);
  for (std::uint64_t n = 0; n < total && !testing::Test::HasFailure(); ++n) {
    FaultFs fs;
    History history;
    fs.fail_at(n, FaultFs::Fault::power_off);
    work(fs, history);
    std::mt19937_64 random(n);
    for (int i = 0; i < kSamples; ++i) {
      const std::uint64_t choice = i == 0 ? FaultFs::kLoseEverything : random();
      SCOPED_TRACE("operation " + std::to_string(n) + ", choice " + std::to_string(choice));
      const auto disk = fs.after_power_loss(choice);
      auto groups = open_groups(*disk);
      ASSERT_TRUE(groups) << groups.error().message;
      check_nothing_lost(**groups, history);
    }
  }
}

TEST(GroupsCrash, AfterKillMinusNineEveryRepeatIsKnownToBeOne) {
  const std::uint64_t total = operations_of_work();
  for (std::uint64_t n = 0; n < total && !testing::Test::HasFailure(); ++n) {
    FaultFs fs;
    History history;
    fs.fail_at(n, FaultFs::Fault::power_off);
    work(fs, history);
    SCOPED_TRACE("operation " + std::to_string(n));
    const auto disk = fs.after_power_loss(FaultFs::kKeepEverything);
    auto groups = open_groups(*disk);
    ASSERT_TRUE(groups) << groups.error().message;
    check_nothing_lost(**groups, history);
    check_repeats_are_known(**groups, history);
  }
}

TEST(GroupsCrash, AnErrorAtAnyOperationPasses) {
  const std::uint64_t total = operations_of_work();
  for (const FaultFs::Fault fault : {FaultFs::Fault::error, FaultFs::Fault::torn_write}) {
    for (std::uint64_t n = 0; n < total && !testing::Test::HasFailure(); ++n) {
      FaultFs fs;
      History history;
      fs.fail_at(n, fault);
      work(fs, history);
      SCOPED_TRACE("operation " + std::to_string(n));
      for (const std::uint64_t choice : {FaultFs::kKeepEverything, FaultFs::kLoseEverything}) {
        const auto disk = fs.after_power_loss(choice);
        auto groups = open_groups(*disk);
        ASSERT_TRUE(groups) << groups.error().message;
        check_nothing_lost(**groups, history);
        if (choice == FaultFs::kKeepEverything) check_repeats_are_known(**groups, history);
      }
    }
  }
}

}  // namespace
}  // namespace sio::store
