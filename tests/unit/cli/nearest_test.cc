#include "cli/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sio::cli {
namespace {

constexpr std::array<std::string_view, 7> kCommands = {"serve",  "emit", "listen", "join",
                                                       "replay", "ping", "bench"};

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("emti", kCommands), "emit");
  EXPECT_EQ(nearest("lisen", kCommands), "listen");
  EXPECT_EQ(nearest("listenn", kCommands), "listen");
  EXPECT_EQ(nearest("SERVE", kCommands), "serve");
  EXPECT_EQ(nearest("server", kCommands), "serve");
  EXPECT_EQ(nearest("bunch", kCommands), "bench");
  EXPECT_EQ(nearest("pong", kCommands), "ping");
}

TEST(Nearest, FindsTheNameItself) {
  EXPECT_EQ(nearest("join", kCommands), "join");
}

TEST(Nearest, PrefersFewerMistakes) {
  constexpr std::array<std::string_view, 3> names = {"--retries", "--rate", "--ratee"};
  EXPECT_EQ(nearest("--rat", names), "--rate");
}

TEST(Nearest, SaysNothingRatherThanNonsense) {
  EXPECT_EQ(nearest("", kCommands), std::nullopt);
  EXPECT_EQ(nearest("x", kCommands), std::nullopt);
  EXPECT_EQ(nearest("kubernetes", kCommands), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'e'), kCommands), std::nullopt);
  EXPECT_EQ(nearest("emit", {}), std::nullopt);
}

}  // namespace
}  // namespace sio::cli
