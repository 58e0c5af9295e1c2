// Bit rot and lost ends anywhere in a stored directory: what is served is what was appended, what
// is missing is said to be missing, and the queue goes on.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "support/temp_queue.h"

namespace sio::store {
namespace {

using namespace sio::test;

constexpr int kRecords = 150;

class StoreDamage : public testing::TestWithParam<unsigned> {
 protected:
  // Syncs each record, so that all but the newest can be known to have been stored.
  void fill() {
    for (int i = 0; i < kRecords; ++i) {
      const std::string body = "record " + std::to_string(i) + std::string(random_() % 120, 'x');
      queue_.append(body);
      appended_[static_cast<Seq>(i) + 1] = body;
    }
    queue_.kill();
  }

  void damage(const std::string& path) {
    std::string content = queue_.fs().content(path);
    if (content.empty()) return;
    switch (random_() % 4) {
      case 0:
        content.resize(random_() % content.size());
        break;
      case 1:
        content.replace(random_() % content.size(), 30, std::string(30, '\0'));
        break;
      case 2:
        content.insert(random_() % content.size(), "inserted");
        break;
      default:
        content[random_() % content.size()] ^= static_cast<char>(1 << (random_() % 8));
    }
    queue_.fs().set_content(path, std::move(content));
  }

  void damage_something(std::string_view ending) {
    const auto names = queue_.fs().names(kQueueDirectory, ending);
    damage(std::string(kQueueDirectory) + "/" + names[random_() % names.size()]);
  }

  // Whether each record is shown, in a gap, or behind the end.
  void check() {
    queue_.open();
    const Collector found = read_all(queue_.store());
    std::map<Seq, int> told;
    for (std::size_t i = 0; i < found.seqs.size(); ++i) {
      ASSERT_EQ(found.records[i].body, appended_.at(found.seqs[i]));
      ++told[found.seqs[i]];
    }
    for (const auto& [first, next] : found.gaps) {
      for (Seq seq = first; seq < next; ++seq) ++told[seq];
    }
    const Seq end = found.seqs.empty() ? 0 : found.seqs.back();
    for (Seq seq = queue_.store().bounds().first; seq <= end; ++seq) {
      EXPECT_EQ(told[seq], 1) << "record " << seq;
    }
    EXPECT_GT(queue_.store().bounds().next, Seq{kRecords});
    queue_.append("after");
    EXPECT_EQ(queue_.reopened().bodies().back(), "after");
  }

  std::mt19937 random_{GetParam()};
  TempQueue queue_{{.segment_bytes = 2000, .cache_bytes = 0}};
  std::map<Seq, std::string> appended_;
};

TEST_P(StoreDamage, InSegmentsIsPassedOverAndTold) {
  fill();
  for (unsigned i = 0; i <= random_() % 3; ++i) damage_something(".log");
  check();
}

TEST_P(StoreDamage, InIndexesChangesNothing) {
  fill();
  for (unsigned i = 0; i <= random_() % 3; ++i) damage_something(".idx");
  check();
  EXPECT_EQ(queue_.bodies().size(), kRecords + 1u);
}

TEST_P(StoreDamage, EverywhereLeavesAQueueThatWorks) {
  fill();
  for (int i = 0; i < 6; ++i) damage_something(random_() % 2 == 0 ? ".log" : ".idx");
  if (random_() % 2 == 0) damage(manifest_path(kQueueDirectory));
  check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, StoreDamage, testing::Range(0u, 40u));

}  // namespace
}  // namespace sio::store
