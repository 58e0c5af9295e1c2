#include "client/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace sio::client {
namespace {

using testing::ElementsAre;

std::vector<int> take(ClientTurns& turns, int count) {
  std::vector<int> taken;
  for (int i = 0; i < count; ++i) {
    const auto client = turns.take();
    taken.push_back(client ? static_cast<int>(*client) : -1);
  }
  return taken;
}

TEST(ClientTurns, GoRoundWithoutEndIfThereIsNoWindow) {
  ClientTurns turns;
  turns.prepare(3, 0);
  EXPECT_THAT(take(turns, 7), ElementsAre(0, 1, 2, 0, 1, 2, 0));
}

TEST(ClientTurns, EachHasItsWindowAndThenWaits) {
  ClientTurns turns;
  turns.prepare(2, 2);
  EXPECT_THAT(take(turns, 5), ElementsAre(0, 1, 0, 1, -1));
  turns.give_back(1);
  EXPECT_THAT(take(turns, 2), ElementsAre(1, -1));
}

TEST(ClientTurns, WhoIsGoneHasNoMoreTurns) {
  for (const std::size_t window : {0u, 2u}) {
    ClientTurns turns;
    turns.prepare(2, window);
    turns.remove(0);
    turns.remove(0);
    EXPECT_THAT(take(turns, 2), ElementsAre(1, 1)) << window;
    turns.give_back(0);
    EXPECT_FALSE(turns.nobody_left());
    turns.remove(1);
    EXPECT_TRUE(turns.nobody_left());
    EXPECT_FALSE(turns.take());
  }
}

}  // namespace
}  // namespace sio::client
