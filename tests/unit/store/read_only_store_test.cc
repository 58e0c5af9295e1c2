#include "store/read_only_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_queue.h"

namespace sio::store {
namespace {

using namespace sio::test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ReadOnlyStore, ReadsWhileAServerWrites) {
  TempQueue queue({.segment_bytes = 500, .cache_bytes = 0});
  for (int i = 0; i < 50; ++i) queue.append("record " + std::to_string(i));
  auto reader = *ReadOnlyStore::open(queue.fs(), kQueueDirectory);
  EXPECT_EQ(reader->name(), queue.store().name());
  EXPECT_EQ(bodies_of(*reader), queue.bodies());
  queue.append("later");
  EXPECT_THAT(bodies_of(*reader), SizeIs(50));
}

TEST(ReadOnlyStore, ChangesNothing) {
  TempQueue queue;
  queue.append("one", "two");
  queue.kill();
  queue.chop_last_bytes(3);
  const std::uint64_t before = queue.fs().operations();
  auto reader = *ReadOnlyStore::open(queue.fs(), kQueueDirectory);
  EXPECT_THAT(bodies_of(*reader), ElementsAre("one"));
  EXPECT_EQ(queue.fs().operations(), before);
}

TEST(ReadOnlyStore, ASegmentDroppedMeanwhileIsAGap) {
  TempQueue queue({.segment_bytes = 500, .cache_bytes = 0});
  for (int i = 0; i < 50; ++i) queue.append("record " + std::to_string(i));
  auto reader = *ReadOnlyStore::open(queue.fs(), kQueueDirectory);
  ASSERT_TRUE(queue.store().trim(20));
  ASSERT_TRUE(queue.store().sync());
  const Collector found = read_all(*reader);
  ASSERT_THAT(found.gaps, ::testing::Not(IsEmpty()));
  EXPECT_EQ(found.gaps.front().first, 1u);
  EXPECT_EQ(found.seqs.front(), found.gaps.back().second);
  EXPECT_EQ(found.records.back().body, "record 49");
}

TEST(ReadOnlyStore, RefusesToWrite) {
  TempQueue queue;
  auto reader = *ReadOnlyStore::open(queue.fs(), kQueueDirectory);
  EXPECT_FALSE(append_bodies(*reader, {"one"}));
  EXPECT_FALSE(reader->trim(1));
}

TEST(ReadOnlyStore, SaysWhatIsNotThere) {
  FaultFs fs;
  const auto reader = ReadOnlyStore::open(fs, "/nowhere");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::not_found);
  EXPECT_THAT(reader.error().message, HasSubstr("/nowhere"));
}

}  // namespace
}  // namespace sio::store
