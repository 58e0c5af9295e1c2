#include "store/retention.h"

#include <gtest/gtest.h>

namespace sio::store {
namespace {

const RetentionLimits kLimits{.max_bytes = 1000, .max_age = std::chrono::milliseconds(100)};

TEST(Retention, SizeCountsWhateverIsNeeded) {
  EXPECT_FALSE(too_large(kLimits, 1000));
  EXPECT_TRUE(too_large(kLimits, 1001));
}

TEST(Retention, AgeCountsFromTheNewestRecord) {
  EXPECT_FALSE(too_old(kLimits, {.next = 10, .newest_ms = 900}, 1000, 99));
  EXPECT_TRUE(too_old(kLimits, {.next = 10, .newest_ms = 899}, 1000, 99));
}

TEST(Retention, AgeSparesWhatIsNeeded) {
  EXPECT_TRUE(too_old(kLimits, {.next = 10, .newest_ms = 0}, 1000, 10));
  EXPECT_FALSE(too_old(kLimits, {.next = 10, .newest_ms = 0}, 1000, 9));
}

TEST(Retention, ZeroIsNoLimitOfAge) {
  EXPECT_FALSE(too_old({.max_age = std::chrono::milliseconds(0)}, {.next = 10, .newest_ms = 0},
                       1'000'000'000, 99));
}

}  // namespace
}  // namespace sio::store
