#include "proto/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "proto/limits.h"
#include "support/random_json.h"

namespace sio::proto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string problem(std::string_view text) {
  const auto kind = check_json(text);
  return kind ? "" : kind.error().message;
}

TEST(JsonText, SaysWhatKindOfValueItIs) {
  EXPECT_EQ(check_json(" {} "), JsonKind::object);
  EXPECT_EQ(check_json("\t[]\r\n"), JsonKind::array);
  EXPECT_EQ(check_json("\"\""), JsonKind::string);
  EXPECT_EQ(check_json("-0"), JsonKind::number);
  EXPECT_EQ(check_json("true"), JsonKind::boolean);
  EXPECT_EQ(check_json("false"), JsonKind::boolean);
  EXPECT_EQ(check_json("null"), JsonKind::null);
}

TEST(JsonText, AcceptsWhatJavaScriptAccepts) {
  for (const std::string_view text :
       {"1e999", "-1E-999", "123456789012345678901234567890", R"("\ud800")", R"("\udc00\ud800")",
        R"({"a":1,"a":2})", "\"\x7f\"", "\"\xe2\x80\xa8\"", "[[],{},[{}]]"})
    EXPECT_EQ(problem(text), "") << text;
}

TEST(JsonText, RefusesWhatJavaScriptRefuses) {
  EXPECT_EQ(problem(""), "byte 1: expected a value, but the text ends");
  EXPECT_EQ(problem("  "), "byte 3: expected a value, but the text ends");
  EXPECT_EQ(problem("[1,]"), "byte 4: expected a value");
  EXPECT_EQ(problem("[1 2]"), "byte 4: expected ',' or ']'");
  EXPECT_EQ(problem("{\"a\":1 \"b\":2}"), "byte 8: expected ',' or '}'");
  EXPECT_EQ(problem("{\"a\" 1}"), "byte 6: expected ':'");
  EXPECT_EQ(problem("{,}"), "byte 2: expected a member name in quotes");
  EXPECT_EQ(problem("{\"a\":1,}"), "byte 8: expected a member name in quotes");
  EXPECT_EQ(problem("01"), "byte 2: text behind the end of the value");
  EXPECT_EQ(problem("+1"), "byte 1: expected a value");
  EXPECT_EQ(problem("-"), "byte 2: expected a digit, but the text ends");
  EXPECT_EQ(problem("1.e1"), "byte 3: expected a digit");
  EXPECT_EQ(problem(".5"), "byte 1: expected a value");
  EXPECT_EQ(problem("1e"), "byte 3: expected a digit, but the text ends");
  EXPECT_EQ(problem("NaN"), "byte 1: expected a value");
  EXPECT_EQ(problem("Infinity"), "byte 1: expected a value");
  EXPECT_EQ(problem("nulll"), "byte 5: text behind the end of the value");
  EXPECT_EQ(problem("\"a"), "byte 3: expected the closing quote of a string, but the text ends");
  EXPECT_EQ(problem("\"\t\""), "byte 2: control character in a string");
  EXPECT_EQ(problem("\"\\'\""), "byte 3: no such escape in a string");
  EXPECT_EQ(problem("\"\\u00\""), "byte 6: expected four hexadecimal digits");
  EXPECT_EQ(problem("\"\\"), "byte 3: no such escape in a string, but the text ends");
  EXPECT_EQ(problem("[1] x"), "byte 5: text behind the end of the value");
  EXPECT_EQ(problem("/**/1"), "byte 1: expected a value");
  EXPECT_EQ(problem("\xef\xbb\xbf{}"), "byte 1: expected a value");  // a byte order mark
  EXPECT_EQ(problem(std::string_view("1\0", 2)), "byte 2: text behind the end of the value");
  EXPECT_EQ(problem(std::string_view("\"\0\"", 3)), "byte 2: control character in a string");
}

TEST(JsonText, RefusesWhatIsNotUtf8) {
  for (const std::string_view bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xf0\x9f\x98", "\xc3"})
    for (const std::size_t before : {0u, 3u, 8u, 9u})
      EXPECT_EQ(problem('"' + std::string(before, 'a') + std::string(bad) + '"'),
                "byte " + std::to_string(before + 2) + ": not UTF-8");
}

TEST(JsonText, BoundsTheNesting) {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += i % 2 == 0 ? "[" : "{\"a\":";
    text += depth % 2 == 0 ? "1" : "";
    for (std::size_t i = depth; i-- > 0;) text += i % 2 == 0 ? "]" : "}";
    return text;
  };
  EXPECT_EQ(problem(nested(kMaxJsonDepth)), "");
  EXPECT_THAT(problem(nested(kMaxJsonDepth + 1)), testing::HasSubstr("nested too deeply"));
  EXPECT_THAT(problem(std::string(1'000'000, '[')), testing::HasSubstr("nested too deeply"));
}

// A special character at every distance from the start and from the end of a word of eight bytes.
TEST(JsonText, FindsSpecialCharactersAtEveryOffset) {
  for (const char special : {'\0', '\x1f', '"', '\\', '\x80', '\xff'})
    for (std::size_t before = 0; before < 20; ++before)
      for (std::size_t after = 0; after < 20; ++after) {
        const std::string text =
            std::string(before, ' ') + special + std::string(after, '\x7f') + special;
        EXPECT_EQ(find_special(text.data(), text.data() + text.size()) - text.data(),
                  static_cast<std::ptrdiff_t>(before));
      }
  const std::string plain = "!#[]~\x7f no special one here !#[]~";
  EXPECT_EQ(find_special(plain.data(), plain.data() + plain.size()), plain.data() + plain.size());
}

TEST(JsonText, AgreesWithAnotherParserOnMutatedTexts) {
  test::RandomJson random(3);
  constexpr std::string_view kBytes = "{}[]\",:\\u0e-+. \ntfn1\x80\xc3";
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = random.value(3);
    text[random.below(text.size())] = kBytes[random.below(kBytes.size())];
    // It takes neither lone surrogates nor numbers out of a double's range.
    if (text.find("\\u") != std::string::npos || text.find('e') != std::string::npos ||
        text.find('E') != std::string::npos)
      continue;
    const bool theirs = nlohmann::json::accept(text);
    EXPECT_EQ(check_json(text).has_value(), theirs) << text;
    accepted += theirs ? 1 : 0;
  }
  EXPECT_GT(accepted, 500);
}

TEST(JsonText, GivesElementsAsTheyAreWritten) {
  EXPECT_THAT(array_elements(" [ ] "), IsEmpty());
  EXPECT_THAT(array_elements("[1, \"a,]\" ,[2 , 3],{\"b\":[]} ]"),
              ElementsAre("1", "\"a,]\"", "[2 , 3]", "{\"b\":[]}"));
}

TEST(JsonText, GivesMembersAsTheyAreWritten) {
  const auto members = object_members(R"( {"a":1, "b\u0062" : {"c":2} } )");
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[0].key, "a");
  EXPECT_EQ(members[0].value, "1");
  EXPECT_EQ(members[1].key, "bb");
  EXPECT_EQ(members[1].value, R"({"c":2})");
  EXPECT_THAT(object_members("{}"), IsEmpty());
}

TEST(JsonText, KeepsTheLastOfSeveralMembers) {
  EXPECT_EQ(object_member(R"({"a":1,"\u0061":2,"b":3})", "a"), "2");
  EXPECT_EQ(object_member(R"({"a":{"b":1}})", "b"), std::nullopt);
}

TEST(JsonText, ComparesStringsHoweverTheyAreEscaped) {
  EXPECT_TRUE(json_string_is(R"("name")", "name"));
  EXPECT_TRUE(json_string_is(R"("n\u0061me")", "name"));
  EXPECT_TRUE(json_string_is(R"("a\\n")", "a\\n"));
  EXPECT_FALSE(json_string_is(R"("a\n")", "a\\n"));
  EXPECT_FALSE(json_string_is(R"("nam")", "name"));
  EXPECT_FALSE(json_string_is(R"("names")", "name"));
  EXPECT_TRUE(json_string_is(R"("")", ""));
}

TEST(JsonText, DiesRatherThanWalkSomethingElse) {
  EXPECT_DEATH(array_elements("{}"), "does not hold");
  EXPECT_DEATH(object_members("[]"), "does not hold");
}

TEST(JsonText, UnescapesStrings) {
  EXPECT_EQ(json_unescape(R"("")"), "");
  EXPECT_EQ(json_unescape(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(json_unescape(R"("\u0041\u00e9\u20AC\ud83D\uDe00")"), "Aé€😀");
  EXPECT_EQ(json_unescape(R"("a\u0000b")"), std::string("a\0b", 3));
}

TEST(JsonText, ReplacesSurrogatesWithoutAPartner) {
  EXPECT_EQ(json_unescape(R"("\ud800")"), "\uFFFD");
  EXPECT_EQ(json_unescape(R"("\ud800x")"), "\uFFFDx");
  EXPECT_EQ(json_unescape(R"("\udc00\ud800")"), "\uFFFD\uFFFD");
  EXPECT_EQ(json_unescape(R"("\ud800\ud83d\ude00")"), "\uFFFD😀");
  EXPECT_EQ(json_unescape(R"("\ud800\n")"), "\uFFFD\n");
  EXPECT_EQ(json_unescape(R"("\ud800\u0041")"), "\uFFFDA");
}

TEST(JsonText, EscapesWhatMustBe) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("\"\\/\b\f\n\r\t"), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(json_string(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(json_string("é€😀"), "\"é€😀\"");
}

TEST(JsonText, ReplacesBytesThatAreNotUtf8AndSaysSo) {
  bool replaced = false;
  std::string out;
  append_json_string(out, "good é", &replaced);
  EXPECT_FALSE(replaced);
  append_json_string(out, "a\xff\xe2\x82z\xed\xa0", &replaced);
  EXPECT_TRUE(replaced);
  EXPECT_EQ(out, "\"good é\"\"a\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD\"");
}

TEST(JsonText, KeepsUnpairedSurrogatesInNames) {
  for (const std::string_view literal :
       {R"("\ud800")", R"("a\udfffb")", R"("\udc00\ud800")", R"("\ud83d😀\ude00")", R"("plain é")"})
    EXPECT_EQ(json_string(json_name(literal)), literal);
  EXPECT_EQ(json_string(json_name(R"("\uD83D\uDE00")")), "\"😀\"") << "a pair is a character";
  EXPECT_NE(json_name(R"("\ud800")"), json_name(R"("\ud801")"));
  EXPECT_EQ(json_name(R"("\ud800")").size(), json_unescape(R"("\ud800")").size());
}

TEST(JsonText, UnescapesWhatItEscaped) {
  std::mt19937 random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::size_t n = random() % 40; n > 0; --n) {
      const std::uint32_t kind = random() % 4;
      if (kind == 0) text += static_cast<char>(random() % 128);
      if (kind == 1) text += "é";
      if (kind == 2) text += "日本";
      if (kind == 3) text += "😀 \"\\";
    }
    EXPECT_EQ(json_unescape(json_string(text)), text);
    EXPECT_EQ(problem(json_string(text)), "");
  }
}

TEST(JsonText, ReadsNumbers) {
  EXPECT_EQ(json_number("-1.5e3"), -1500);
  EXPECT_EQ(json_number("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(json_number("1e-400"), 0);
  EXPECT_EQ(json_number("9007199254740993"), 9007199254740992.0);
}

}  // namespace
}  // namespace sio::proto
