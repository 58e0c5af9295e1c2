#include "server/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TokenFile parsed(std::string_view text) {
  auto file = TokenFile::parse(text, "tokens");
  EXPECT_TRUE(file) << file.error().message;
  return file ? std::move(*file) : TokenFile();
}
std::string complaint(std::string_view text) {
  const auto file = TokenFile::parse(text, "tokens");
  return file ? "(none)" : file.error().message;
}

TEST(TokenFile, GrantsEverythingToATokenAlone) {
  const TokenFile file = parsed("secret\n");
  EXPECT_THAT(file.grants_of("secret"), ElementsAre(Grant{"*", "*", true, true}));
  EXPECT_THAT(file.grants_of("Secret"), IsEmpty());
  EXPECT_THAT(file.grants_of(""), IsEmpty());
}

TEST(TokenFile, ReadsNamespacesRoomsAndMode) {
  const TokenFile file = parsed("a /chat\nb /x* team-*\nc * * r\nd\t/\troom\tw");
  EXPECT_THAT(file.grants_of("a"), ElementsAre(Grant{"/chat", "*", true, true}));
  EXPECT_THAT(file.grants_of("b"), ElementsAre(Grant{"/x*", "team-*", true, true}));
  EXPECT_THAT(file.grants_of("c"), ElementsAre(Grant{"*", "*", true, false}));
  EXPECT_THAT(file.grants_of("d"), ElementsAre(Grant{"/", "room", false, true}));
}

TEST(TokenFile, SkipsCommentsAndBlankLinesAndTakesWindowsLineEnds) {
  const TokenFile file = parsed("# a\n\n   \n  # b\na / * r\r\n");
  EXPECT_EQ(file.size(), 1U);
  EXPECT_THAT(file.grants_of("a"), ElementsAre(Grant{"/", "*", true, false}));
  EXPECT_THAT(file.grants_of("#"), IsEmpty());
}

TEST(TokenFile, AddsUpTheLinesOfOneToken) {
  const TokenFile file = parsed("a / x r\nb\na /y * w\n");
  EXPECT_EQ(file.size(), 2U);
  EXPECT_THAT(file.grants_of("a"),
              ElementsAre(Grant{"/", "x", true, false}, Grant{"/y", "*", false, true}));
}

TEST(TokenFile, SaysWhereALineIsWrong) {
  EXPECT_EQ(complaint("ok\n\na / * rx\n"), "tokens:3: mode rx: expected rw, r or w");
  EXPECT_THAT(complaint("a / * rw more"), HasSubstr("tokens:1: expected at most"));
  EXPECT_THAT(complaint("a chat"), HasSubstr("namespaces chat: they begin with /"));
  EXPECT_THAT(complaint("a\xff"), HasSubstr("not text"));
  EXPECT_THAT(complaint(std::string(TokenFile::kMaxWord + 1, 'x')), HasSubstr("more than"));
}

TEST(TokenFile, HasBounds) {
  std::string many;
  for (std::size_t i = 0; i <= TokenFile::kMaxTokens; ++i) many += "t" + std::to_string(i) + "\n";
  EXPECT_THAT(complaint(many), HasSubstr("more than 10000 tokens"));
  std::string again;
  for (std::size_t i = 0; i <= TokenFile::kMaxGrants; ++i) again += "t\n";
  EXPECT_THAT(complaint(again), HasSubstr("lines for one token"));
}

}  // namespace
}  // namespace sio::server
