#include "cli/json_color.h"

#include <gtest/gtest.h>

#include <regex>

namespace sio::cli {
namespace {

std::string colored(std::string_view json) {
  std::string out;
  append_colored_json(out, json);
  return out;
}

// The colours, by a letter each: k(ey) s(tring) n(ull) o(ther) b(racket).
std::string letters(std::string text) {
  const std::pair<const char*, const char*> kNames[] = {{"\x1b\\[34;1m", "k"}, {"\x1b\\[32m", "s"},
                                                        {"\x1b\\[90m", "n"},   {"\x1b\\[39m", "o"},
                                                        {"\x1b\\[1;39m", "b"}, {"\x1b\\[0m", ""}};
  for (const auto& [code, letter] : kNames)
    text = std::regex_replace(text, std::regex(code), letter);
  return text;
}

TEST(JsonColor, TellsKeysFromStrings) {
  EXPECT_EQ(letters(colored(R"({"a":"b","c\"":["d",1,-2e3,true,null]})")),
            R"(b{k"a"b:s"b"b,k"c\""b:b[s"d"b,o1b,o-2e3b,otrueb,nnullb]b})");
}

TEST(JsonColor, LeavesTheTextAsItWas) {
  for (const std::string text :
       {R"({"type":"event","args":[{"a":[]},"é\\","{\":x"]})", "[1]\n", "", "\"", "\"\\", "nul"})
    EXPECT_EQ(std::regex_replace(colored(text), std::regex("\x1b\\[[0-9;]*m"), ""), text);
}

TEST(JsonColor, EndsEveryColourInFrontOfTheLinesEnd) {
  EXPECT_TRUE(colored("[1]\n").ends_with("\x1b[0m\n"));
}

}  // namespace
}  // namespace sio::cli
