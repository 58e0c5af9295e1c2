#include "cli/json_path.h"

#include <gmock/gmock.h>

namespace sio::cli {
namespace {

using testing::HasSubstr;
using testing::Optional;

constexpr std::string_view kArgs =
    R"({"user":{"name":"Ada","tags":["a","b"]},"1":"one"} , [10,[20]], "text", 12345678901234567890)";

std::optional<std::string_view> find(std::string_view path) {
  return JsonPath::parse(path).value().find(kArgs);
}

TEST(JsonPath, BeginsWithTheNumberOfAnArgument) {
  EXPECT_THAT(find("2"), Optional(std::string_view(R"("text")")));
  EXPECT_THAT(find("3"), Optional(std::string_view("12345678901234567890")));
}

TEST(JsonPath, WalksObjectsByNameAndArraysByNumber) {
  EXPECT_THAT(find("0.user.name"), Optional(std::string_view(R"("Ada")")));
  EXPECT_THAT(find("0.user.tags.1"), Optional(std::string_view(R"("b")")));
  EXPECT_THAT(find("1.1.0"), Optional(std::string_view("20")));
  EXPECT_THAT(find("0.1"), Optional(std::string_view(R"("one")")));
}

TEST(JsonPath, LeadsNowhereWhereThereIsNothing) {
  EXPECT_EQ(find("4"), std::nullopt);
  EXPECT_EQ(find("0.nobody"), std::nullopt);
  EXPECT_EQ(find("1.2"), std::nullopt);
  EXPECT_EQ(find("1.x"), std::nullopt);
  EXPECT_EQ(find("2.0"), std::nullopt);
  EXPECT_EQ(JsonPath::parse("0").value().find(""), std::nullopt);
}

TEST(JsonPath, RefusesWhatIsNoPath) {
  for (const char* const text : {"", ".", "0.", ".0", "0..a", "name", "-1", "0x"})
    EXPECT_FALSE(JsonPath::parse(text)) << text;
  EXPECT_THAT(JsonPath::parse("user.name").error().message, HasSubstr("number of an argument"));
}

TEST(PlainText, ShowsStringsAsTheyAreAndOthersAsJson) {
  EXPECT_EQ(plain_text(R"("a\n\u00e9")"), "a\n\xc3\xa9");
  EXPECT_EQ(plain_text(R"({"a": 1})"), R"({"a": 1})");
  EXPECT_EQ(plain_text("null"), "null");
}

}  // namespace
}  // namespace sio::cli
