#include "proto/attachments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proto/json_text.h"
#include "proto/limits.h"
#include "support/random_json.h"
#include "support/vector_file.h"

namespace sio::proto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string error_of(const Status& status) {
  return status ? "" : status.error().message;
}
std::string error_of(const Result<WireArgs>& result) {
  return result ? "" : result.error().message;
}

TEST(Attachments, BecomeBinaryInNdjson) {
  const std::vector<std::string> attachments = {"one", "two", "\xff"};
  for (const test::Vector& vector : test::read_vectors("attachments.txt"))
    EXPECT_EQ(to_ndjson_args(vector.wire, attachments), vector.meaning) << vector.what;
}

TEST(Attachments, LeavePlaceholdersOfPlainPacketsAlone) {
  const std::string args = R"({"_placeholder":true,"num":0})";
  EXPECT_EQ(to_ndjson_args(args, {}), args);
  EXPECT_EQ(to_ndjson_args(args + R"(,{"$binary":1})", {}), args + R"(,{"$$binary":1})");
}

TEST(Attachments, AreTakenOutInDepthFirstOrder) {
  const auto wire =
      to_wire_args(R"([{"a":{"$binary":"b25l"}},{"$binary":"dHdv"}],2,{"$binary":""})");
  ASSERT_TRUE(wire) << wire.error().message;
  EXPECT_EQ(wire->args, R"([{"a":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}],2,)"
                        R"({"_placeholder":true,"num":2})");
  EXPECT_THAT(wire->attachments, ElementsAre("one", "two", ""));
}

TEST(Attachments, LoseTheirExtraDollarOnTheWayIn) {
  const auto wire = to_wire_args(R"({"$$binary":"b25l"},{"$$$binary":{"$$binary":1}})");
  ASSERT_TRUE(wire);
  EXPECT_EQ(wire->args, R"({"$binary":"b25l"},{"$$binary":{"$binary":1}})");
  EXPECT_THAT(wire->attachments, IsEmpty());
}

TEST(Attachments, LeaveEverythingElseAlone) {
  for (const std::string_view args :
       {"", "1", R"( [ 1 , {"a" : "$binary" } ] )", R"({"$binary":"b25l","x":1})",
        R"("{\"$binary\":\"b25l\"}")", R"({"binary":"$$"})", R"({"\u0041":"\ud800"})"}) {
    const auto wire = to_wire_args(args);
    ASSERT_TRUE(wire) << args;
    EXPECT_EQ(wire->args, args);
    EXPECT_THAT(wire->attachments, IsEmpty());
  }
}

TEST(Attachments, AcceptBase64WithEscapesAndWithoutPadding) {
  const auto wire = to_wire_args(R"({"$binary":"\/w"})");
  ASSERT_TRUE(wire);
  EXPECT_THAT(wire->attachments, ElementsAre("\xff"));
}

TEST(Attachments, RefuseWhatIsNotBase64) {
  EXPECT_EQ(error_of(to_wire_args(R"({"$binary":5})")), "\"$binary\" is not a string");
  EXPECT_EQ(error_of(to_wire_args(R"({"$binary":{"$binary":""}})")), "\"$binary\" is not a string");
  EXPECT_EQ(error_of(to_wire_args(R"({"$binary":"a*=="})")),
            "\"$binary\": base64: character outside the alphabet");
}

TEST(Attachments, AreBoundedInNumber) {
  std::string args;
  for (std::size_t i = 0; i < kMaxAttachments; ++i)
    args += std::string(i > 0 ? "," : "") + R"({"$binary":""})";
  EXPECT_TRUE(to_wire_args(args));
  EXPECT_EQ(error_of(to_wire_args(args + R"(,{"$binary":""})")),
            "more than 10 binary values in one event");
}

TEST(Attachments, CannotStandBesideAnObjectThatLooksLikeAPlaceholder) {
  const std::string lookalike = R"({"_placeholder":true,"num":0})";
  EXPECT_EQ(to_wire_args(lookalike)->args, lookalike);
  EXPECT_THAT(error_of(to_wire_args(lookalike + R"(,{"$binary":""})")),
              HasSubstr("\"_placeholder\":true"));
}

TEST(Attachments, MustBeNamedByNumbersInRange) {
  EXPECT_EQ(error_of(check_placeholders(R"(["a",{"_placeholder":true,"num":1}])", 2)), "");
  EXPECT_EQ(error_of(check_placeholders(R"(["a"])", 1)), "");
  EXPECT_EQ(error_of(check_placeholders("", 1)), "");
  for (const std::string_view bad :
       {R"([{"_placeholder":true,"num":2}])", R"([{"_placeholder":true,"num":-1}])",
        R"([{"_placeholder":true,"num":0.5}])", R"([{"_placeholder":true,"num":"0"}])",
        R"([{"_placeholder":true}])", R"([{"_placeholder":true,"num":1e999}])",
        R"([{"a":[[{"b":{"_placeholder":true,"num":null}}]]}])",
        R"([{"\u005fplaceholder":true,"num":3}])",
        R"([{"_placeholder":false,"_placeholder":true,"num":9}])",
        R"([{"_placeholder":true,"num":5},{"_placeholder":true,"num":0}])"})
    EXPECT_EQ(error_of(check_placeholders(bad, 2)),
              "a placeholder that names none of the 2 attachments")
        << bad;
}

TEST(Attachments, AreNotLookedForInsideAPlaceholder) {
  const std::string args = R"([{"_placeholder":true,"x":{"_placeholder":true,"num":9},"num":0}])";
  EXPECT_EQ(error_of(check_placeholders(args, 1)), "");
  EXPECT_EQ(to_ndjson_args(args, {"one"}), R"([{"$binary":"b25l"}])");
}

// JSON text without white space and with its escapes resolved, to compare meanings.
std::string canonical(const std::string& args) {
  return nlohmann::json::parse("[" + args + "]").dump();
}

bool other_parser_takes(const std::string& args) {
  return nlohmann::json::accept("[" + args + "]");
}

TEST(Attachments, RoundTripFromNdjson) {
  test::RandomJson random(5);
  int with_attachments = 0;
  for (int i = 0; i < 5'000; ++i) {
    const std::string ndjson = random.values(5);
    const auto wire = to_wire_args(ndjson);
    if (!wire) continue;  // a `$binary` that is no base64, or too many
    with_attachments += wire->attachments.empty() ? 0 : 1;
    EXPECT_TRUE(check_json("[" + wire->args + "]"));
    EXPECT_TRUE(check_placeholders("[" + wire->args + "]", wire->attachments.size()));
    const std::string back = to_ndjson_args(wire->args, wire->attachments);
    const auto again = to_wire_args(back);
    ASSERT_TRUE(again) << ndjson;
    EXPECT_EQ(again->attachments, wire->attachments) << ndjson;
    if (!other_parser_takes(ndjson)) continue;
    EXPECT_EQ(canonical(back), canonical(ndjson)) << ndjson;
  }
  EXPECT_GT(with_attachments, 1000);
}

TEST(Attachments, RoundTripFromTheWire) {
  test::RandomJson random(6);
  random.without_binaries();
  for (int i = 0; i < 5'000; ++i) {
    const std::string wire = random.values(5);
    const auto back = to_wire_args(to_ndjson_args(wire, {}));
    ASSERT_TRUE(back) << wire;
    EXPECT_THAT(back->attachments, IsEmpty()) << wire;
    if (!other_parser_takes(wire)) continue;
    EXPECT_EQ(canonical(back->args), canonical(wire)) << wire;
  }
}

}  // namespace
}  // namespace sio::proto
