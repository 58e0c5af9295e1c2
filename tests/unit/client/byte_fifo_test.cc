#include "client/byte_fifo.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace sio::client {
namespace {

TEST(ByteFifo, KeepsWhatWasPushedUntilItIsPopped) {
  ByteFifo fifo;
  const std::string_view one = fifo.push("one");
  const std::string_view two = fifo.push("two");
  EXPECT_EQ(fifo.size(), 6U);
  fifo.pop(one.size());
  EXPECT_EQ(two, "two");
  EXPECT_EQ(fifo.size(), 3U);
  fifo.pop(two.size());
  EXPECT_EQ(fifo.size(), 0U);
}

TEST(ByteFifo, TakesStringsOfAnySize) {
  ByteFifo fifo;
  const std::string large(3'000'000, 'x');
  fifo.push("a");
  const std::string_view kept = fifo.push(large);
  const std::string_view last = fifo.push("z");
  fifo.pop(1);
  EXPECT_EQ(kept, large);
  fifo.pop(large.size());
  EXPECT_EQ(last, "z");
}

TEST(ByteFifo, BehavesLikeAQueueOfStrings) {
  std::mt19937 random(1);
  ByteFifo fifo;
  std::deque<std::pair<std::string, std::string_view>> model;
  for (int step = 0; step < 20'000; ++step) {
    if (model.empty() || random() % 100 < 52) {
      std::string bytes(random() % 2000, static_cast<char>('a' + random() % 26));
      if (random() % 500 == 0) bytes.resize(400'000, 'L');
      const std::string_view kept = fifo.push(bytes);
      model.emplace_back(std::move(bytes), kept);
    } else {
      ASSERT_EQ(model.front().first, model.front().second);
      fifo.pop(model.front().first.size());
      model.pop_front();
    }
  }
  for (const auto& [bytes, kept] : model) EXPECT_EQ(bytes, kept);
}

}  // namespace
}  // namespace sio::client
