// What every store that keeps records promises, whatever it is made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/posix_fs.h"
#include "store/file_store.h"
#include "store/memory_store.h"
#include "store/redis_store.h"
#include "support/fault_fs.h"
#include "support/queue_executor.h"
#include "support/records.h"
#include "support/redis_server.h"

namespace sio::store {
namespace {

using namespace sio::test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

// How one kind of store is made for a test, small enough that trimming shows.
class StoreMaker {
 public:
  virtual ~StoreMaker() = default;
  virtual std::unique_ptr<Store> make() = 0;
  // Lets everything appended become durable.
  virtual void settle(Store&) {}
};

class MemoryMaker final : public StoreMaker {
 public:
  std::unique_ptr<Store> make() override {
    return std::make_unique<MemoryStore>(MemoryStoreOptions{.max_bytes = 1u << 20});
  }
};

// On a disk in memory, without a thread.
class FileMaker final : public StoreMaker {
 public:
  std::unique_ptr<Store> make() override {
    return *FileStore::open(
        fs_, nullptr,
        {.directory = "/queue", .retention = {.max_bytes = 1u << 20}, .cache_bytes = 0});
  }
  void settle(Store& store) override { EXPECT_TRUE(static_cast<FileStore&>(store).sync()); }

 private:
  FaultFs fs_;
};

// On the machine's disk, with its thread.
class ThreadedFileMaker final : public StoreMaker {
 public:
  ThreadedFileMaker() {
    std::string pattern = testing::TempDir() + "sio-contract-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~ThreadedFileMaker() override { std::filesystem::remove_all(directory_); }
  ThreadedFileMaker(const ThreadedFileMaker&) = delete;
  ThreadedFileMaker& operator=(const ThreadedFileMaker&) = delete;

  std::unique_ptr<Store> make() override {
    return *FileStore::open(fs_, &executor_,
                            {.directory = directory_, .retention = {.max_bytes = 1u << 20}});
  }
  void settle(Store& store) override { EXPECT_TRUE(static_cast<FileStore&>(store).sync()); }

 private:
  PosixFs fs_;
  QueueExecutor executor_;
  std::string directory_;
};

// On a Redis server that the tests share; each store has keys of its own.
class RedisMaker final : public StoreMaker {
 public:
  std::unique_ptr<Store> make() override {
    static RedisServer server({"--appendonly", "yes", "--appendfsync", "no"});
    static int count = 0;
    return *RedisStore::open(executor_, {.url = server.url(),
                                         .key = "queue" + std::to_string(++count),
                                         .retention = {.max_bytes = 1u << 20},
                                         .cache_bytes = 0});
  }
  void settle(Store& store) override { EXPECT_TRUE(static_cast<RedisStore&>(store).sync()); }

 private:
  QueueExecutor executor_;
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<StoreMaker>()> maker;
};

class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<StoreMaker> maker_ = GetParam().maker();
  std::unique_ptr<Store> store_ = maker_->make();
};

TEST_P(StoreContract, HasAShortNameThatPeopleCanType) {
  EXPECT_THAT(std::string(store_->name()), MatchesRegex("[a-z0-9]{4,8}"));
}

TEST_P(StoreContract, IsEmptyAtFirst) {
  EXPECT_EQ(store_->bounds().first, store_->bounds().next);
  EXPECT_THAT(bodies_of(*store_), IsEmpty());
}

TEST_P(StoreContract, NumbersRecordsWithoutGaps) {
  const Seq first = *append_bodies(*store_, {"one", "two"});
  EXPECT_EQ(*append_bodies(*store_, {"three"}), first + 2);
  EXPECT_THAT(read_all(*store_, first).seqs, ElementsAre(first, first + 1, first + 2));
  EXPECT_EQ(store_->bounds().first, first);
  EXPECT_EQ(store_->bounds().next, first + 3);
}

TEST_P(StoreContract, ShowsARecordAtOnceAndWhole) {
  const TestRecord record{.body = std::string("body\0with zero", 14),
                          .event = "order.placed",
                          .ns = "/shop",
                          .rooms = {"a", "", "a room with spaces"},
                          .key = "k-17",
                          .time_ms = 1'769'868'306'123};
  ASSERT_TRUE(append(*store_, {record}));
  EXPECT_THAT(read_all(*store_).records, ElementsAre(record));
}

TEST_P(StoreContract, KeepsEmptyAndLargeBodies) {
  const std::string large(300'000, 'x');
  ASSERT_TRUE(append_bodies(*store_, {"", large, ""}));
  EXPECT_THAT(bodies_of(*store_), ElementsAre("", large, ""));
}

TEST_P(StoreContract, ReadsFromAnyRecordOn) {
  std::vector<std::string> bodies;
  for (int i = 0; i < 1000; ++i) bodies.push_back(std::to_string(i));
  const Seq first = *append_bodies(*store_, bodies);
  for (std::size_t i = 0; i < bodies.size(); i += 37) {
    EXPECT_THAT(
        bodies_of(*store_, first + i),
        testing::ElementsAreArray(bodies.begin() + static_cast<std::ptrdiff_t>(i), bodies.end()));
  }
}

TEST_P(StoreContract, StartsAtTheOldestWhenAskedForOlder) {
  ASSERT_TRUE(append_bodies(*store_, {"one", "two"}));
  EXPECT_THAT(bodies_of(*store_, 0), ElementsAre("one", "two"));
}

TEST_P(StoreContract, ReadsNothingFromTheEndOrBeyond) {
  ASSERT_TRUE(append_bodies(*store_, {"one"}));
  const Seq next = store_->bounds().next;
  EXPECT_THAT(bodies_of(*store_, next), IsEmpty());
  EXPECT_THAT(bodies_of(*store_, next + 100), IsEmpty());
}

TEST_P(StoreContract, StopsAtTheLimitAndSaysWhereToGoOn) {
  const Seq first = *append_bodies(*store_, {"one", "two", "three"});
  Collector collector;
  EXPECT_EQ(*store_->read(first, kEverything, 2, collector), first + 2);
  EXPECT_THAT(collector.bodies(), ElementsAre("one", "two"));
  EXPECT_EQ(*store_->read(first + 2, kEverything, 2, collector), first + 3);
  EXPECT_THAT(collector.bodies(), ElementsAre("one", "two", "three"));
}

TEST_P(StoreContract, ARefusedRecordCountsAsNotRead) {
  const Seq first = *append_bodies(*store_, {"one", "two", "three"});
  Collector collector;
  collector.stop_after = 1;
  EXPECT_EQ(*store_->read(first, kEverything, kNoLimit, collector), first + 1);
  EXPECT_THAT(collector.bodies(), ElementsAre("one"));
}

TEST_P(StoreContract, ReadPassesOverWhatTheFilterLeavesOutBehindTheLastMatch) {
  const Seq first = *append(*store_, {{.body = "one", .ns = "/a"}, {.body = "two", .ns = "/b"}});
  Collector collector;
  EXPECT_EQ(*store_->read(first, {.ns = "/a", .all_rooms = true}, kNoLimit, collector), first + 2);
  EXPECT_THAT(collector.bodies(), ElementsAre("one"));
}

TEST_P(StoreContract, PatienceEndsAReadThatCanGoOnFromThere) {
  std::vector<TestRecord> records;
  for (int i = 0; i < 1000; ++i)
    records.push_back({.body = std::to_string(i), .event = i % 100 == 50 ? "rare" : "noise"});
  ASSERT_TRUE(append(*store_, records));
  const std::string_view events[] = {"rare"};
  const Filter filter{.all_rooms = true, .events = events, .max_skipped = 30};
  Collector collector;
  Seq next = store_->bounds().first;
  int reads = 0;
  for (; next < store_->bounds().next; ++reads) {
    const Seq went_on = *store_->read(next, filter, 1000, collector);
    ASSERT_GT(went_on, next);
    EXPECT_LE(went_on, next + 30 + 10);
    next = went_on;
  }
  EXPECT_GE(reads, 25);
  EXPECT_THAT(collector.bodies(),
              ElementsAre("50", "150", "250", "350", "450", "550", "650", "750", "850", "950"));
}

TEST_P(StoreContract, FiltersByNamespace) {
  ASSERT_TRUE(append(*store_, {{.body = "one", .ns = "/a"}, {.body = "two", .ns = "/b"}}));
  EXPECT_THAT(bodies_of(*store_, 1, {.ns = "/b", .all_rooms = true}), ElementsAre("two"));
  EXPECT_THAT(bodies_of(*store_, 1, {.ns = "/c", .all_rooms = true}), IsEmpty());
}

TEST_P(StoreContract, FiltersByRoom) {
  ASSERT_TRUE(append(*store_, {{.body = "everybody"},
                               {.body = "in a", .rooms = {"a"}},
                               {.body = "in a and b", .rooms = {"a", "b"}},
                               {.body = "in c", .rooms = {"c"}}}));
  const std::vector<std::string_view> b_and_d = {"d", "b"};
  EXPECT_THAT(bodies_of(*store_, 1, {}), ElementsAre("everybody"));
  EXPECT_THAT(bodies_of(*store_, 1, {.rooms = b_and_d}), ElementsAre("everybody", "in a and b"));
  EXPECT_THAT(bodies_of(*store_, 1, {.all_rooms = true}), SizeIs(4));
}

TEST_P(StoreContract, FiltersByEvent) {
  ASSERT_TRUE(append(*store_, {{.body = "one", .event = "a"},
                               {.body = "two", .event = "b"},
                               {.body = "three", .event = "c"}}));
  const std::vector<std::string_view> a_and_c = {"c", "a"};
  EXPECT_THAT(bodies_of(*store_, 1, {.all_rooms = true, .events = a_and_c}),
              ElementsAre("one", "three"));
}

TEST_P(StoreContract, ReadsTheSameBeforeAndAfterRecordsBecameDurable) {
  std::vector<std::string> bodies;
  for (int i = 0; i < 3000; ++i) {
    bodies.push_back(std::string(static_cast<std::size_t>(i % 100), 'x') + std::to_string(i));
    ASSERT_TRUE(append_bodies(*store_, {bodies.back()}));
    if (i == 1000) maker_->settle(*store_);
  }
  EXPECT_THAT(bodies_of(*store_), testing::ElementsAreArray(bodies));
  maker_->settle(*store_);
  EXPECT_THAT(bodies_of(*store_), testing::ElementsAreArray(bodies));
}

TEST_P(StoreContract, FindsTheFirstRecordAtOrAfterATime) {
  const Seq first = *append(*store_, {{.body = "one", .time_ms = 100},
                                      {.body = "two", .time_ms = 200},
                                      {.body = "three", .time_ms = 150},
                                      {.body = "four", .time_ms = 300}});
  EXPECT_EQ(store_->find_time(0), first);
  EXPECT_EQ(store_->find_time(100), first);
  EXPECT_EQ(store_->find_time(101), first + 1);
  EXPECT_EQ(store_->find_time(201), first + 3);
  EXPECT_EQ(store_->find_time(301), store_->bounds().next);
}

TEST_P(StoreContract, KnowsAKeyForAWhile) {
  const Seq first = *append(*store_, {{.body = "one", .key = "k1", .time_ms = 1000},
                                      {.body = "two", .key = "k2", .time_ms = 1000}});
  EXPECT_EQ(store_->find_key("k2", 2000), first + 1);
  EXPECT_EQ(store_->find_key("k3", 2000), std::nullopt);
  EXPECT_EQ(store_->find_key("", 2000), std::nullopt);
  EXPECT_EQ(store_->find_key("k2", 1000 + 120'000), first + 1);
  EXPECT_EQ(store_->find_key("k2", 1001 + 120'000), std::nullopt);
}

TEST_P(StoreContract, BecomesDurableUpToTheLastRecord) {
  ASSERT_TRUE(append_bodies(*store_, {"one", "two"}));
  maker_->settle(*store_);
  EXPECT_EQ(store_->durable(), store_->bounds().next - 1);
}

TEST_P(StoreContract, NeverTrimsMoreThanAsked) {
  const Seq first = *append_bodies(*store_, {"one", "two", "three"});
  ASSERT_TRUE(store_->trim(first + 1));
  EXPECT_LE(store_->bounds().first, first + 1);
  EXPECT_THAT(bodies_of(*store_, first + 1), ElementsAre("two", "three"));
}

TEST_P(StoreContract, TrimmingForgetsOldRecordsAndKeepsNumbers) {
  const std::string body(50'000, 'x');
  Seq next = 0;
  for (int i = 0; i < 40; ++i) next = *append_bodies(*store_, {body}) + 1;
  maker_->settle(*store_);
  ASSERT_TRUE(store_->trim(next - 1));
  EXPECT_GT(store_->bounds().first, next - 40);
  EXPECT_EQ(store_->bounds().next, next);
  EXPECT_EQ(*append_bodies(*store_, {"after"}), next);
  EXPECT_EQ(bodies_of(*store_).back(), "after");
}

TEST_P(StoreContract, StaysWithinItsSizeByDroppingTheOldest) {
  const std::string body(10'000, 'x');
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(append_bodies(*store_, {std::to_string(i) + body}));
    if (i % 5 == 0) maker_->settle(*store_);
  }
  const std::vector<std::string> kept = bodies_of(*store_);
  EXPECT_LT(kept.size(), 110u);
  EXPECT_GT(kept.size(), 50u);
  EXPECT_EQ(kept.back(), "999" + body);
}

TEST_P(StoreContract, TwoStoresHaveTwoNames) {
  const std::unique_ptr<StoreMaker> other = GetParam().maker();
  EXPECT_NE(std::string(other->make()->name()), std::string(store_->name()));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(Kind{"Memory", [] { return std::make_unique<MemoryMaker>(); }},
                    Kind{"File", [] { return std::make_unique<FileMaker>(); }},
                    Kind{"ThreadedFile", [] { return std::make_unique<ThreadedFileMaker>(); }},
                    Kind{"Redis", [] { return std::make_unique<RedisMaker>(); }}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace sio::store
