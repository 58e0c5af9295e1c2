#include "store/null_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/records.h"

namespace sio::store {
namespace {

using namespace sio::test;
using ::testing::IsEmpty;

TEST(NullStore, NumbersRecordsAndKeepsNone) {
  NullStore store;
  EXPECT_EQ(*append_bodies(store, {"one", "two"}), 1u);
  EXPECT_EQ(*append_bodies(store, {"three"}), 3u);
  EXPECT_EQ(store.bounds().first, 4u);
  EXPECT_EQ(store.bounds().next, 4u);
  EXPECT_EQ(store.durable(), 3u);
  EXPECT_THAT(bodies_of(store), IsEmpty());
  EXPECT_EQ(store.find_time(0), 4u);
}

}  // namespace
}  // namespace sio::store
