#include "cli/progress.h"

#include <gtest/gtest.h>

namespace sio::cli {
namespace {

using std::chrono::seconds;

TEST(Progress, SaysHowManyAndHowFast) {
  EXPECT_EQ(describe({.count = 12'345}, seconds(5), 2469.4), "12,345 events  2,469/s");
  EXPECT_EQ(describe({.count = 1, .things = "records", .bytes = 1500}, seconds(5), 0),
            "1 records  0/s  1.50 kB");
}

TEST(Progress, SaysWhatIsLeftWhereTheEndIsKnown) {
  EXPECT_EQ(describe({.count = 50, .share = 0.5}, seconds(65), 1),
            "50 events  1/s  50 %  1:05 left");
  EXPECT_EQ(describe({.count = 1, .share = 0.001}, seconds(10), 1),
            "1 events  1/s  0 %  2:46:30 left");
}

TEST(Progress, DoesNotGuessWhatCannotBeKnown) {
  EXPECT_EQ(describe({.count = 0, .share = 0.0}, seconds(5), 0), "0 events  0/s  0 %");
  EXPECT_EQ(describe({.count = 9, .share = 1.5}, seconds(5), 2), "9 events  2/s  100 %");
  EXPECT_EQ(describe({.count = 1, .share = 1e-9}, seconds(10), 1), "1 events  1/s  0 %");
}

TEST(Progress, EndsWithARemark) {
  EXPECT_EQ(describe({.count = 3, .remark = "waiting"}, seconds(5), 1), "3 events  1/s  waiting");
}

}  // namespace
}  // namespace sio::cli
