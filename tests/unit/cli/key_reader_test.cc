#include "cli/key_reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace sio::cli {
namespace {

std::vector<std::wstring> keys_in(KeyReader& reader, std::string_view bytes) {
  reader.feed(bytes);
  std::vector<std::wstring> keys;
  while (auto key = reader.next()) keys.push_back(*key);
  return keys;
}

std::vector<std::wstring> keys_in(std::string_view bytes) {
  KeyReader reader;
  return keys_in(reader, bytes);
}

using Keys = std::vector<std::wstring>;

TEST(KeyReader, DecodesUtf8) {
  EXPECT_EQ(keys_in("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n"),
            (Keys{L"a", L"é", L"€", L"\U0001f600", L"\n"}));
}

TEST(KeyReader, WaitsForTheRestOfACharacter) {
  KeyReader reader;
  EXPECT_TRUE(keys_in(reader, "\xe2\x82").empty());
  EXPECT_TRUE(reader.waits());
  EXPECT_EQ(keys_in(reader, "\xac"), (Keys{L"€"}));
  EXPECT_FALSE(reader.waits());
}

TEST(KeyReader, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(keys_in("\xff\xc3x"), (Keys{L"\xfffd", L"\xfffd", L"x"}));
}

TEST(KeyReader, KnowsTheArrowsInBothSpellings) {
  EXPECT_EQ(keys_in("\x1b[A\x1bOB\x1b[C\x1bOD"), (Keys{L"\x10", L"\x0e", L"\x06", L"\x02"}));
}

TEST(KeyReader, PutsASequenceTogetherFromPieces) {
  KeyReader reader;
  EXPECT_TRUE(keys_in(reader, "\x1b").empty());
  EXPECT_TRUE(keys_in(reader, "[3").empty());
  EXPECT_EQ(keys_in(reader, "~x"), (Keys{{kDeleteKey}, L"x"}));
}

TEST(KeyReader, DropsSequencesThatNobodyKnowsWhole) {
  EXPECT_EQ(keys_in("a\x1b[20;3~b\x1bOPc\x1bzd"), (Keys{L"a", L"b", L"c", L"d"}));
}

TEST(KeyReader, ForgetsAKeyThatWasBrokenOff) {
  KeyReader reader;
  EXPECT_TRUE(keys_in(reader, "\x1b").empty());
  reader.drop();
  EXPECT_FALSE(reader.waits());
  EXPECT_EQ(keys_in(reader, "x"), (Keys{L"x"}));
}

TEST(KeyReader, GivesUpASequenceThatIsTooLong) {
  KeyReader reader;
  EXPECT_EQ(keys_in(reader, "\x1b[" + std::string(100, '0')).size(), 70U);
  EXPECT_FALSE(reader.waits());
}

TEST(KeyReader, KeepsTheEditorsOwnKeysFromTheKeyboard) {
  EXPECT_EQ(keys_in("a\x1c\x1d\x1e\x1f"
                    "b"),
            (Keys{L"a", L"b"}));
}

}  // namespace
}  // namespace sio::cli
