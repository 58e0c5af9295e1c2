#include "store/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/records.h"

namespace sio::store {
namespace {

using namespace sio::test;
using ::testing::ElementsAre;

TEST(MemoryStore, IsDurableAtOnce) {
  MemoryStore store;
  ASSERT_TRUE(append_bodies(store, {"one", "two"}));
  EXPECT_EQ(store.durable(), 2u);
}

TEST(MemoryStore, NeverHoldsMoreMemoryThanItMay) {
  MemoryStore store({.max_bytes = 100'000});
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(append_bodies(store, {std::string(static_cast<std::size_t>(i % 200), 'x')}));
    ASSERT_LE(store.bytes(), 100'000u);
  }
  EXPECT_EQ(store.bounds().next, 10'001u);
}

TEST(MemoryStore, KeepsARecordLargerThanItsLimitUntilTheNext) {
  MemoryStore store({.max_bytes = 10'000});
  const std::string large(1'000'000, 'x');
  ASSERT_TRUE(append_bodies(store, {"before", large}));
  EXPECT_THAT(bodies_of(store), ElementsAre(large));
  ASSERT_TRUE(append_bodies(store, {"after"}));
  EXPECT_THAT(bodies_of(store), ElementsAre("after"));
}

TEST(MemoryStore, DropsWhatIsOlderThanItsAge) {
  MemoryStore store({.max_bytes = 1u << 20, .max_age = std::chrono::milliseconds(1000)});
  const std::string body(100'000, 'x');
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(append(store, {{.body = body, .time_ms = 0}}));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(store, {{.body = body, .time_ms = 5000}}));
  EXPECT_THAT(read_all(store).seqs, ElementsAre(9u, 10u, 11u));
}

}  // namespace
}  // namespace sio::store
