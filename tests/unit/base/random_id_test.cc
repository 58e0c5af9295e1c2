#include "base/random_id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace sio {
namespace {

TEST(RandomId, HasTheShapeOfTheOfficialOnes) {
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_id();
    EXPECT_EQ(id.size(), 20u);
    EXPECT_TRUE(std::ranges::all_of(id, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_';
    })) << id;
  }
}

TEST(RandomId, IsNeverTheSame) {
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(random_id());
  EXPECT_EQ(ids.size(), 10'000u);
}

TEST(RandomId, UsesItsWholeAlphabet) {
  std::set<char> used;
  for (int i = 0; i < 1000; ++i)
    for (const char c : random_id()) used.insert(c);
  EXPECT_EQ(used.size(), 64u);
}

TEST(RandomName, IsWhatPeopleCanType) {
  std::set<char> used;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = random_name(4);
    EXPECT_EQ(name.size(), 4u);
    for (const char c : name) used.insert(c);
  }
  EXPECT_EQ(used.size(), 36u);
  EXPECT_EQ(random_name(0), "");
}

}  // namespace
}  // namespace sio
