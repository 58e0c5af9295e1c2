#include "store/key_window.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace sio::store {
namespace {

using std::chrono::milliseconds;

TEST(KeyWindow, TheNewestRecordOfAKeyCounts) {
  KeyWindow keys(milliseconds(100));
  keys.add("a", 1, 0);
  keys.add("a", 2, 50);
  EXPECT_EQ(keys.find("a", 60), Seq{2});
  EXPECT_EQ(keys.find("a", 150), Seq{2});
  EXPECT_EQ(keys.find("a", 151), std::nullopt);
}

TEST(KeyWindow, DroppingAnOlderUseOfAKeyKeepsTheNewer) {
  KeyWindow keys(milliseconds(100));
  keys.add("a", 1, 0);
  keys.add("a", 2, 90);
  keys.add("b", 3, 120);
  EXPECT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys.find("a", 120), Seq{2});
}

TEST(KeyWindow, IsBoundedAndForgetsTheOldest) {
  KeyWindow keys(milliseconds(1000), 100);
  for (Seq seq = 1; seq <= 250; ++seq) keys.add(std::to_string(seq), seq, 0);
  EXPECT_EQ(keys.size(), 100u);
  EXPECT_EQ(keys.find("150", 0), std::nullopt);
  EXPECT_EQ(keys.find("151", 0), Seq{151});
}

TEST(KeyWindow, ForgetsLostRecords) {
  KeyWindow keys(milliseconds(1000));
  keys.add("a", 1, 0);
  keys.add("b", 2, 0);
  keys.add("c", 3, 0);
  keys.forget_from(2);
  EXPECT_EQ(keys.find("a", 0), Seq{1});
  EXPECT_EQ(keys.find("b", 0), std::nullopt);
  EXPECT_EQ(keys.find("c", 0), std::nullopt);
}

TEST(KeyWindow, AWindowOfZeroRemembersNothing) {
  KeyWindow keys(milliseconds(0));
  keys.add("a", 1, 0);
  EXPECT_EQ(keys.find("a", 0), std::nullopt);
}

TEST(KeyWindow, AgreesWithAPlainMapOverALongRandomRun) {
  std::mt19937 random(1);
  KeyWindow keys(milliseconds(500), 1000);
  std::map<std::string, std::pair<Seq, std::int64_t>> model;
  for (Seq seq = 1; seq <= 20'000; ++seq) {
    const std::string key = std::to_string(random() % 400);
    const auto now = static_cast<std::int64_t>(seq);
    keys.add(key, seq, now);
    model[key] = {seq, now};
    const std::string asked = std::to_string(random() % 450);
    const auto found = model.find(asked);
    const bool expected = found != model.end() && found->second.second >= now - 500;
    ASSERT_EQ(keys.find(asked, now), expected ? std::optional(found->second.first) : std::nullopt);
  }
}

}  // namespace
}  // namespace sio::store
