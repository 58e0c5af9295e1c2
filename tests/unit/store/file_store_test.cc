#include "store/file_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "support/queue_executor.h"
#include "support/temp_queue.h"

namespace sio::store {
namespace {

using namespace sio::test;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// Many small segments.
FileStoreOptions small_segments() {
  return {.segment_bytes = 1000, .cache_bytes = 0};
}

std::vector<std::string> numbered(int from, int to) {
  std::vector<std::string> bodies;
  for (int i = from; i < to; ++i) bodies.push_back("record " + std::to_string(i));
  return bodies;
}

class Listener final : public DurabilityListener {
 public:
  void on_durable(Seq seq) override { durable = seq; }
  void on_failed(Seq seq, const Error& error) override {
    failed_after = seq;
    message = error.message;
  }
  Seq durable = 0;
  std::optional<Seq> failed_after;
  std::string message;
};

TEST(FileStore, KeepsRecordsNameAndNumbersOverAnOrderlyEnd) {
  TempQueue queue;
  queue.append("one", "two");
  const std::string name(queue.store().name());
  ASSERT_TRUE(queue.store().close());
  EXPECT_THAT(queue.reopened().bodies(), ElementsAre("one", "two"));
  EXPECT_EQ(queue.store().name(), name);
  EXPECT_EQ(queue.store().bounds().next, 3u);
  EXPECT_THAT(queue.store().notes(), IsEmpty());
}

TEST(FileStore, AfterAKillNumbersGoOnBehindAllThatWereGivenOut) {
  TempQueue queue;
  queue.append("one");
  const Seq seen_live = *append_bodies(queue.store(), {"never synced"});
  queue.lose_power(FaultFs::kLoseEverything);
  queue.open();
  EXPECT_THAT(queue.bodies(), ElementsAre("one"));
  queue.append("two");
  EXPECT_GT(read_all(queue.store()).seqs.back(), seen_live);
  EXPECT_THAT(read_all(queue.store()).gaps, IsEmpty());
}

TEST(FileStore, ASecondServerIsRefused) {
  TempQueue queue;
  const auto second = FileStore::open(queue.fs(), nullptr, {.directory = kQueueDirectory});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::unavailable);
}

TEST(FileStore, ReadsOverManySegments) {
  TempQueue queue(small_segments());
  std::vector<std::string> bodies = numbered(0, 300);
  for (const std::string& body : bodies) queue.append(body);
  EXPECT_GT(queue.segments().size(), 10u);
  EXPECT_THAT(queue.bodies(), ElementsAreArray(bodies));
  EXPECT_THAT(queue.reopened().bodies(), ElementsAreArray(bodies));
  EXPECT_THAT(bodies_of(queue.store(), 200), ElementsAreArray(numbered(199, 300)));
}

// Blocks of a megabyte: three to a segment. The newest two are in memory, the older of them the
// last of a segment that is not the newest.
TEST(FileStore, GoesOnInMemoryWhereverInASegmentThatBegins) {
  TempQueue queue({.segment_bytes = 3u << 20, .cache_bytes = 5u << 19});
  std::vector<std::string> bodies;
  for (int i = 0; i < 13; ++i) {
    bodies.push_back(std::to_string(i) + std::string(300'000, '.'));
    queue.append(bodies.back());
  }
  ASSERT_EQ(queue.segments().size(), 2u);
  EXPECT_EQ(queue.bodies(), bodies);
}

TEST(FileStore, ReadsInSmallStepsWhatItReadsAtOnce) {
  TempQueue queue(small_segments());
  for (const std::string& body : numbered(0, 100)) queue.append(body);
  ASSERT_TRUE(append_bodies(queue.store(), numbered(100, 150)));
  Collector collector;
  for (Seq from = 1; from < queue.store().bounds().next;) {
    from = *queue.store().read(from, kEverything, 3, collector);
  }
  EXPECT_THAT(collector.bodies(), ElementsAreArray(numbered(0, 150)));
}

TEST(FileStore, CutsATornTailAndKeepsEverythingBeforeIt) {
  TempQueue queue;
  queue.append("one", "two");
  queue.kill();
  queue.chop_last_bytes(3);
  queue.open();
  EXPECT_THAT(queue.bodies(), ElementsAre("one"));
  EXPECT_THAT(queue.store().notes(), ElementsAre(HasSubstr("cut")));
  EXPECT_EQ(queue.fs().content(queue.segment_path(0)).size(), queue.store().bytes());
  queue.append("three");
  EXPECT_THAT(queue.reopened().bodies(), ElementsAre("one", "three"));
}

TEST(FileStore, ADamagedRecordThatWasSyncedIsPassedOverAndReported) {
  TempQueue queue;
  queue.append("one");
  queue.append("two");
  queue.append("three");
  queue.kill();
  queue.flip_bit(0, queue.find(0, "two"));
  queue.open();
  const Collector found = read_all(queue.store());
  EXPECT_THAT(found.bodies(), ElementsAre("one", "three"));
  EXPECT_THAT(found.gaps, ElementsAre(Pair(2u, 3u)));
}

TEST(FileStore, AHoleInWhatWasNeverSyncedEndsTheQueueThere) {
  TempQueue queue;
  queue.append("one");
  ASSERT_TRUE(append_bodies(queue.store(), {"two", std::string(2000, 'x'), "four"}));
  ASSERT_TRUE(queue.store().sync());
  queue.kill();
  queue.flip_bit(0, queue.find(0, "two"));
  queue.open();
  EXPECT_THAT(queue.bodies(), ElementsAre("one"));
}

TEST(FileStore, DamageInAnOldSegmentIsAGapAndNothingElse) {
  TempQueue queue(small_segments());
  for (const std::string& body : numbered(0, 100)) queue.append(body);
  queue.kill();
  queue.flip_bit(1, queue.find(1, "record 25"));
  queue.open();
  const Collector found = read_all(queue.store());
  std::vector<std::string> expected = numbered(0, 100);
  expected.erase(expected.begin() + 25);
  EXPECT_THAT(found.bodies(), ElementsAreArray(expected));
  EXPECT_THAT(found.gaps, ElementsAre(Pair(26u, 27u)));
}

TEST(FileStore, ATruncatedOldSegmentIsAGap) {
  TempQueue queue(small_segments());
  for (const std::string& body : numbered(0, 60)) queue.append(body);
  queue.kill();
  const std::string path = queue.segment_path(1);
  queue.fs().set_content(path, queue.fs().content(path).substr(0, 200));
  queue.open();
  const Collector found = read_all(queue.store());
  EXPECT_THAT(found.gaps, SizeIs(1));
  EXPECT_EQ(found.records.size() + (found.gaps[0].second - found.gaps[0].first), 60u);
}

TEST(FileStore, AMissingSegmentIsAGap) {
  TempQueue queue(small_segments());
  for (const std::string& body : numbered(0, 60)) queue.append(body);
  queue.kill();
  ASSERT_TRUE(queue.fs().remove(queue.segment_path(1)));
  queue.open();
  const Collector found = read_all(queue.store());
  EXPECT_THAT(found.gaps, SizeIs(1));
  EXPECT_EQ(found.records.size() + (found.gaps[0].second - found.gaps[0].first), 60u);
}

TEST(FileStore, ADamagedSegmentHeaderCostsNothing) {
  TempQueue queue(small_segments());
  for (const std::string& body : numbered(0, 60)) queue.append(body);
  queue.kill();
  for (std::size_t i = 0; i < queue.segments().size(); ++i) queue.flip_bit(i, 20);
  queue.open();
  EXPECT_THAT(queue.bodies(), ElementsAreArray(numbered(0, 60)));
  queue.append("record 60");
  EXPECT_THAT(queue.reopened().bodies(), ElementsAreArray(numbered(0, 61)));
}

TEST(FileStore, MissingAndDamagedIndexesAreMadeAgain) {
  TempQueue queue(small_segments());
  for (const std::string& body : numbered(0, 60)) queue.append(body);
  queue.kill();
  const std::vector<std::string> indexes = queue.fs().names(kQueueDirectory, ".idx");
  ASSERT_GE(indexes.size(), 3u);
  ASSERT_TRUE(queue.fs().remove(std::string(kQueueDirectory) + "/" + indexes[0]));
  queue.fs().set_content(std::string(kQueueDirectory) + "/" + indexes[1], "sioindex nonsense");
  EXPECT_THAT(queue.reopened().bodies(), ElementsAreArray(numbered(0, 60)));
}

TEST(FileStore, AnIndexOfTheSegmentBeforeItGrewIsNotBelieved) {
  TempQueue queue(small_segments());
  ASSERT_TRUE(
      append(queue.store(), {{.body = "common", .ns = "/"}, {.body = "rare", .ns = "/rare"}}));
  for (const std::string& body : numbered(0, 60)) queue.append(body);
  queue.kill();
  SegmentIndex early(1);
  early.add(kSegmentHeaderSize, 50, {.seq = 1, .ns = "/"});
  const Manifest manifest = *read_manifest(queue.fs(), kQueueDirectory);
  queue.fs().set_content(std::string(kQueueDirectory) + "/" + index_name(1),
                         early.encode(RecordSeal(manifest.seed)));
  queue.open();
  EXPECT_THAT(bodies_of(queue.store(), 1, {.ns = "/rare", .all_rooms = true}), ElementsAre("rare"));
}

TEST(FileStore, WithoutAnIndexFilteredReadersAreToldOfDamageToo) {
  TempQueue queue(small_segments());
  queue.append("common");
  ASSERT_TRUE(append(queue.store(), {{.body = std::string(800, 'r'), .ns = "/rare"}}));
  for (const std::string& body : numbered(0, 60)) queue.append(body);
  queue.kill();
  ASSERT_TRUE(queue.fs().remove(std::string(kQueueDirectory) + "/" + index_name(1)));
  queue.flip_bit(0, queue.find(0, "/rare"));
  queue.open();
  EXPECT_THAT(read_all(queue.store(), 1, {.ns = "/rare", .all_rooms = true}).gaps,
              ElementsAre(Pair(2u, 3u)));
}

TEST(FileStore, WhatAKilledProcessHadWrittenIsSyncedBeforeItCountsAsDurable) {
  TempQueue queue;
  queue.append("one");
  ASSERT_TRUE(append_bodies(queue.store(), {"two"}));
  queue.die_at(1);
  EXPECT_FALSE(queue.store().sync());
  queue.restart();
  ASSERT_THAT(queue.bodies(), ElementsAre("one", "two"));
  EXPECT_GE(queue.store().durable(), 2u);
  queue.lose_power(FaultFs::kLoseEverything);
  queue.open();
  EXPECT_THAT(queue.bodies(), ElementsAre("one", "two"));
}

TEST(FileStore, AFailureBehindAJumpOfNumbersMakesNoGap) {
  TempQueue queue;
  queue.append("one");
  queue.restart();
  ASSERT_TRUE(append_bodies(queue.store(), {"lost"}));
  queue.fs().fail_at(queue.fs().operations() + 1, FaultFs::Fault::error);
  EXPECT_FALSE(queue.store().sync());
  queue.append("two");
  for (int i = 0; i < 2; ++i) {
    const Collector found = read_all(queue.store());
    EXPECT_THAT(found.bodies(), ElementsAre("one", "two"));
    EXPECT_THAT(found.gaps, IsEmpty());
    queue.restart();
  }
}

TEST(FileStore, NothingIsDroppedBeforeItWasWritten) {
  FileStoreOptions options = small_segments();
  options.retention.max_bytes = 5000;
  TempQueue queue(options);
  ASSERT_TRUE(append_bodies(queue.store(), numbered(0, 300)));
  EXPECT_EQ(queue.store().bounds().first, 1u);
  EXPECT_THAT(queue.bodies(), ElementsAreArray(numbered(0, 300)));
  ASSERT_TRUE(queue.store().sync());
  for (const std::string& body : numbered(300, 320)) queue.append(body);
  EXPECT_LE(queue.store().bytes(), 5000u);
}

TEST(FileStore, SegmentsThatGoTogetherLeaveNoHoleWhenThePowerGoes) {
  for (std::uint64_t operation = 0; operation < 20; ++operation) {
    TempQueue queue(small_segments());
    for (const std::string& body : numbered(0, 100)) queue.append(body);
    queue.die_at(operation);
    ASSERT_TRUE(queue.store().trim(90));
    static_cast<void>(queue.store().sync());
    for (std::uint64_t choice = 0; choice < 16; ++choice) {
      const auto disk = queue.fs().after_power_loss(choice);
      auto store = *FileStore::open(*disk, nullptr, {.directory = kQueueDirectory});
      const Collector found = read_all(*store);
      EXPECT_THAT(found.gaps, IsEmpty()) << operation << " " << choice;
      EXPECT_EQ(found.records.back().body, "record 99");
    }
  }
}

TEST(FileStore, WithoutItsManifestTheQueueIsReadAndHasANewName) {
  TempQueue queue;
  queue.append("one");
  const std::string name(queue.store().name());
  queue.kill();
  queue.fs().set_content(manifest_path(kQueueDirectory), "sio-queue 1\nname zzzz\n");
  queue.open();
  EXPECT_THAT(queue.bodies(), ElementsAre("one"));
  EXPECT_NE(queue.store().name(), name);
  EXPECT_THAT(queue.store().notes(), ElementsAre(HasSubstr("manifest")));
}

TEST(FileStore, ANewerFormatIsRefusedByName) {
  TempQueue queue;
  queue.kill();
  queue.fs().set_content(manifest_path(kQueueDirectory), "sio-queue 2\nwhatever\n");
  const auto opened = FileStore::open(queue.fs(), nullptr, {.directory = kQueueDirectory});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("format 2"));
}

TEST(FileStore, AFilteredReadOpensOnlySegmentsThatMayMatch) {
  TempQueue queue(small_segments());
  for (int i = 0; i < 60; ++i) {
    const std::string ns = i == 30 ? "/rare" : "/";
    ASSERT_TRUE(append(queue.store(), {{.body = "record " + std::to_string(i), .ns = ns}}));
    ASSERT_TRUE(queue.store().sync());
  }
  queue.reopened();
  // Segments that cannot hold what is asked for are not looked at: so their damage is not found.
  for (std::size_t i = 0; i < queue.segments().size() - 1; ++i) {
    if (queue.fs().content(queue.segment_path(i)).find("/rare") == std::string::npos) {
      queue.flip_bit(i, 110);
    }
  }
  const Collector found = read_all(queue.store(), 1, {.ns = "/rare", .all_rooms = true});
  EXPECT_THAT(found.bodies(), ElementsAre("record 30"));
  EXPECT_THAT(found.gaps, IsEmpty());
}

TEST(FileStore, KeysOutliveARestart) {
  TempQueue queue(small_segments());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(
        append(queue.store(), {{.body = "b", .key = "k" + std::to_string(i), .time_ms = i}}));
  }
  ASSERT_TRUE(queue.store().sync());
  queue.reopened();
  EXPECT_EQ(queue.store().find_key("k0", 100), Seq{1});
  EXPECT_EQ(queue.store().find_key("k99", 100), Seq{100});
}

TEST(FileStore, KeysOfLostRecordsAreForgotten) {
  TempQueue queue;
  queue.append("one");
  ASSERT_TRUE(append(queue.store(), {{.body = "lost", .key = "k"}}));
  queue.fs().fail_at(queue.fs().operations(), FaultFs::Fault::error);
  EXPECT_FALSE(queue.store().sync());
  EXPECT_EQ(queue.store().find_key("k", 1000), std::nullopt);
}

TEST(FileStore, AfterAFailedSyncWhatWasNotDurableIsLostAndSaidToBe) {
  TempQueue queue;
  Listener listener;
  queue.store().set_durability_listener(&listener);
  queue.append("one");
  const Seq lost = *append_bodies(queue.store(), {"lost"});
  queue.fs().fail_at(queue.fs().operations() + 1, FaultFs::Fault::error);
  EXPECT_FALSE(queue.store().sync());
  EXPECT_EQ(listener.failed_after, Seq{1});
  EXPECT_THAT(listener.message, HasSubstr("made to fail"));
  EXPECT_THAT(queue.bodies(), ElementsAre("one"));

  const Seq next = *append_bodies(queue.store(), {"after"});
  EXPECT_GT(next, lost);
  ASSERT_TRUE(queue.store().sync());
  EXPECT_EQ(listener.durable, next);
  EXPECT_THAT(queue.bodies(), ElementsAre("one", "after"));
  EXPECT_THAT(queue.reopened().bodies(), ElementsAre("one", "after"));
}

TEST(FileStore, ALostRecordDoesNotComeBackAfterPowerLoss) {
  TempQueue queue;
  queue.append("one");
  ASSERT_TRUE(append_bodies(queue.store(), {"lost"}));
  queue.fs().fail_at(queue.fs().operations() + 1, FaultFs::Fault::error);
  EXPECT_FALSE(queue.store().sync());
  ASSERT_TRUE(append_bodies(queue.store(), {"after"}));
  ASSERT_TRUE(queue.store().sync());
  for (std::uint64_t choice = 0; choice < 8; ++choice) {
    const auto disk = queue.fs().after_power_loss(choice);
    auto store = *FileStore::open(*disk, nullptr, {.directory = kQueueDirectory});
    EXPECT_THAT(bodies_of(*store), ElementsAre("one", "after")) << choice;
  }
}

TEST(FileStore, RefusesWhileTheDiskIsFullAndAcceptsAgainWhenItIsNot) {
  TempQueue queue;
  queue.append("one");
  queue.fs().set_space(500);
  ASSERT_TRUE(append_bodies(queue.store(), {std::string(5000, 'x')}));
  EXPECT_FALSE(queue.store().sync());
  const auto refused = append_bodies(queue.store(), {"two"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::full);
  EXPECT_THAT(refused.error().message, HasSubstr("no space left"));
  EXPECT_THAT(queue.bodies(), ElementsAre("one"));
  queue.fs().set_space({});
  queue.append("three");
  EXPECT_THAT(queue.bodies(), ElementsAre("one", "three"));
}

TEST(FileStore, OldSegmentsGoByAgeUnlessSomebodyNeedsThem) {
  FileStoreOptions options = small_segments();
  options.retention.max_age = std::chrono::milliseconds(1000);
  TempQueue queue(options);
  const auto append_at = [&](std::int64_t time_ms) {
    for (int i = 0; i < 60; ++i) {
      ASSERT_TRUE(append(queue.store(), {{.body = "record", .time_ms = time_ms}}));
      ASSERT_TRUE(queue.store().sync());
    }
  };
  queue.store().set_keep_from(30);
  append_at(100);
  append_at(5000);
  EXPECT_LE(queue.store().bounds().first, 30u);
  EXPECT_GT(queue.store().bounds().first, 1u);
  queue.store().set_keep_from(1000);
  append_at(5000);
  EXPECT_GT(queue.store().bounds().first, 40u);
}

TEST(FileStore, SizeIsEnforcedEvenAgainstGroups) {
  FileStoreOptions options = small_segments();
  options.retention.max_bytes = 5000;
  TempQueue queue(options);
  queue.store().set_keep_from(1);
  for (const std::string& body : numbered(0, 300)) queue.append(body);
  EXPECT_LE(queue.store().bytes(), 5000u);
  EXPECT_GT(queue.store().bounds().first, 200u);
  EXPECT_EQ(queue.bodies().back(), "record 299");
}

TEST(FileStore, RemovedSegmentsAreGoneFromTheDisk) {
  TempQueue queue(small_segments());
  for (const std::string& body : numbered(0, 100)) queue.append(body);
  ASSERT_TRUE(queue.store().trim(60));
  ASSERT_TRUE(queue.store().sync());
  const Seq first = queue.store().bounds().first;
  EXPECT_GT(first, 40u);
  EXPECT_EQ(queue.fs().names(kQueueDirectory, ".log").front(), segment_name(first));
  EXPECT_EQ(queue.fs().names(kQueueDirectory, ".idx").front(), index_name(first));
  EXPECT_EQ(queue.reopened().store().bounds().first, first);
}

TEST(FileStore, GivesOutMoreNumbersThanItReservedAtFirst) {
  TempQueue queue;
  const std::vector<std::string> batch(10'000, "x");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append_bodies(queue.store(), batch));
  EXPECT_EQ(queue.store().bounds().next, 100'001u);
  queue.lose_power(FaultFs::kLoseEverything);
  queue.open();
  EXPECT_GT(queue.store().bounds().next, 100'000u);
}

TEST(FileStore, RefusesRatherThanFallBehindWithoutEnd) {
  TempQueue queue({.max_unwritten_bytes = 10'000});
  const std::string body(4000, 'x');
  ASSERT_TRUE(append_bodies(queue.store(), {body, body}));
  const auto refused = append_bodies(queue.store(), {body});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("behind"));
  ASSERT_TRUE(queue.store().sync());
  EXPECT_TRUE(append_bodies(queue.store(), {body}));
}

TEST(FileStore, WithAThreadRecordsBecomeDurableByThemselves) {
  FaultFs fs;
  QueueExecutor executor;
  Listener listener;
  auto store = *FileStore::open(fs, &executor, {.directory = kQueueDirectory});
  store->set_durability_listener(&listener);
  for (Seq i = 1; i <= 200; ++i) {
    ASSERT_TRUE(append_bodies(*store, {"record"}));
    executor.run_until([&] { return listener.durable == i; });
  }
  ASSERT_TRUE(store->close());
}

TEST(FileStore, WithAThreadAFailureIsToldAndPasses) {
  FaultFs fs;
  QueueExecutor executor;
  Listener listener;
  auto store = *FileStore::open(fs, &executor, {.directory = kQueueDirectory});
  store->set_durability_listener(&listener);
  ASSERT_TRUE(append_bodies(*store, {"one"}));
  executor.run_until([&] { return listener.durable == 1; });
  fs.fail_at(fs.operations(), FaultFs::Fault::error);
  ASSERT_TRUE(append_bodies(*store, {"lost"}));
  executor.run_until([&] { return listener.failed_after.has_value(); });
  executor.run_until([&] { return !store->failure(); });
  ASSERT_TRUE(append_bodies(*store, {"two"}));
  executor.run_until([&] { return listener.durable > 2; });
  EXPECT_THAT(bodies_of(*store), ElementsAre("one", "two"));
  ASSERT_TRUE(store->close());
}

}  // namespace
}  // namespace sio::store
