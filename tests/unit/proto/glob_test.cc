#include "proto/glob.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sio::proto {
namespace {

TEST(Glob, MatchesTheWholeName) {
  EXPECT_TRUE(glob_match("order", "order"));
  EXPECT_FALSE(glob_match("order", "orders"));
  EXPECT_FALSE(glob_match("order", "an order"));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match("a", ""));
}

TEST(Glob, LetsAStarStandForAnyRun) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*", "a/b.c"));
  EXPECT_TRUE(glob_match("order.*", "order."));
  EXPECT_TRUE(glob_match("*.done", "build.done"));
  EXPECT_TRUE(glob_match("a*b*c", "a--b--b--c"));
  EXPECT_FALSE(glob_match("a*b*c", "a--c--b"));
  EXPECT_TRUE(glob_match("**a**", "xxaxx"));
}

TEST(Glob, LetsAQuestionMarkStandForOneCharacter) {
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_TRUE(glob_match("?", "é"));
  EXPECT_TRUE(glob_match("??", "日本"));
  EXPECT_FALSE(glob_match("??", "é"));
  EXPECT_FALSE(glob_match("?", ""));
  EXPECT_TRUE(glob_match("?", "\xff"));
}

TEST(Glob, MatchesSets) {
  EXPECT_TRUE(glob_match("v[0-9]", "v7"));
  EXPECT_FALSE(glob_match("v[0-9]", "vx"));
  EXPECT_TRUE(glob_match("[abc]x", "bx"));
  EXPECT_TRUE(glob_match("[!0-9]", "x"));
  EXPECT_FALSE(glob_match("[!0-9]", "7"));
  EXPECT_TRUE(glob_match("[а-я]", "ж"));
  EXPECT_TRUE(glob_match("[]a]", "]"));
  EXPECT_TRUE(glob_match("[!]a]", "b"));
  EXPECT_FALSE(glob_match("[!]a]", "]"));
  EXPECT_TRUE(glob_match("[a-]", "-"));
  EXPECT_TRUE(glob_match("[\\]]", "]"));
  EXPECT_TRUE(glob_match("[a\\-z]", "-"));
  EXPECT_FALSE(glob_match("[a\\-z]", "b"));
  EXPECT_TRUE(glob_match("[*]", "*"));
  EXPECT_FALSE(glob_match("[a]", ""));
}

TEST(Glob, TakesAnUnclosedSetAsItself) {
  EXPECT_TRUE(glob_match("[", "["));
  EXPECT_TRUE(glob_match("[abc", "[abc"));
  EXPECT_FALSE(glob_match("[abc", "a"));
  EXPECT_TRUE(glob_match("a[", "a["));
  EXPECT_TRUE(glob_match("[]", "[]"));
  EXPECT_TRUE(glob_match("x][", "x]["));
}

TEST(Glob, TakesTheCharacterBehindABackslashAsItIs) {
  EXPECT_TRUE(glob_match("\\*", "*"));
  EXPECT_FALSE(glob_match("\\*", "a"));
  EXPECT_TRUE(glob_match("a\\?", "a?"));
  EXPECT_TRUE(glob_match("\\\\", "\\"));
  EXPECT_TRUE(glob_match("a\\", "a\\"));
  EXPECT_TRUE(glob_match("\\é", "é"));
}

// The slow and obvious way, for patterns of letters, `*` and `?`.
bool slow_match(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*')
    return slow_match(pattern.substr(1), name) ||
           (!name.empty() && slow_match(pattern, name.substr(1)));
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         slow_match(pattern.substr(1), name.substr(1));
}

TEST(Glob, AgreesWithTheObviousAlgorithm) {
  std::mt19937 random(7);
  const auto text = [&](std::string_view alphabet, std::size_t most) {
    std::string out;
    for (std::size_t n = random() % (most + 1); n > 0; --n)
      out += alphabet[random() % alphabet.size()];
    return out;
  };
  for (int i = 0; i < 50'000; ++i) {
    const std::string pattern = text("ab*?", 8);
    const std::string name = text("ab", 8);
    EXPECT_EQ(glob_match(pattern, name), slow_match(pattern, name)) << pattern << " " << name;
  }
}

// With exponential or cubic work this would not end within the time a test has.
TEST(Glob, StaysBoundedOnHostilePatterns) {
  const std::string name(1024, 'a');
  std::string stars;
  for (int i = 0; i < 256; ++i) stars += "a*";
  EXPECT_FALSE(glob_match(stars + "b", name));
  EXPECT_FALSE(glob_match("*" + std::string(1023, '['), std::string(1024, '[') + "x"));
  EXPECT_FALSE(glob_match("*[" + std::string(500, 'b') + "]x", name));
}

}  // namespace
}  // namespace sio::proto
