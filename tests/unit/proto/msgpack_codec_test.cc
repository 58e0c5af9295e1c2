#include "proto/msgpack_codec.h"

#include <gmock/gmock.h>

#include "proto/limits.h"

namespace sio::proto {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// An event whose only argument is `value` in MessagePack.
std::string event_with(std::string_view value) {
  return "\x83\xa4type\x02\xa3nsp\xa1/\xa4"
         "data\x92\xa1"
         "e" +
         std::string(value);
}

std::string read(std::string_view value) {
  const auto packet = decode_msgpack(event_with(value));
  return packet ? packet->text : "! " + packet.error().message;
}

std::string write(std::string_view json) {
  MsgpackEncoder encoder;
  const auto packet = encoder.add_text("2[\"e\"," + std::string(json) + "]");
  if (!packet) return "(nothing)";
  const std::string head = event_with("");
  EXPECT_TRUE(packet->starts_with(head));
  return packet->substr(head.size());
}

struct Pair {
  std::string packed;
  std::string json;
};

class MsgpackValueTest : public testing::TestWithParam<Pair> {};

TEST_P(MsgpackValueTest, IsTheSameBothWays) {
  EXPECT_EQ(read(GetParam().packed), "2[\"e\"," + GetParam().json + "]");
  EXPECT_EQ(write(GetParam().json), GetParam().packed);
}

INSTANTIATE_TEST_SUITE_P(
    All, MsgpackValueTest,
    testing::Values(
        Pair{"\xc0", "null"}, Pair{"\xc2", "false"}, Pair{"\xc3", "true"}, Pair{"\0"s, "0"},
        Pair{"\x7f", "127"}, Pair{"\xcc\x80", "128"}, Pair{"\xcd\x01\x00"s, "256"},
        Pair{"\xce\x00\x01\x00\x00"s, "65536"},
        Pair{"\xcf\x00\x00\x00\x01\x00\x00\x00\x00"s, "4294967296"},
        Pair{"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"}, Pair{"\xff", "-1"},
        Pair{"\xe0", "-32"}, Pair{"\xd0\xdf", "-33"}, Pair{"\xd1\xff\x7f", "-129"},
        Pair{"\xd2\xff\xff\x7f\xff", "-32769"},
        Pair{"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"s, "-9223372036854775808"},
        Pair{"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"s, "1.5"},
        Pair{"\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"s, "1.0"},
        Pair{"\xcb\x44\x15\xaf\x1d\x78\xb5\x8c\x40", "1e+20"},
        Pair{"\xcb\x80\x00\x00\x00\x00\x00\x00\x00"s, "-0.0"}, Pair{"\xa2\xc3\xa9", "\"é\""},
        Pair{"\xa3\"\\\n", R"("\"\\\n")"},
        Pair{"\xd9\x20" + std::string(32, 'x'), '"' + std::string(32, 'x') + '"'},
        Pair{"\xda\x01\x00"s + std::string(256, 'x'), '"' + std::string(256, 'x') + '"'},
        Pair{"\x90", "[]"}, Pair{"\x92\x01\x91\x02", "[1,[2]]"}, Pair{"\x80", "{}"},
        Pair{"\x82\xa1"
             "b\x01\xa1"
             "a\x80",
             R"({"b":1,"a":{}})"},
        Pair{"\xdc\x00\x10"s + std::string(16, '\x01'), "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"},
        Pair{"\x81\xac_placeholder\xc3", R"({"_placeholder":true})"}));

TEST(MsgpackCodec, WritesLongContainersOfBothKinds) {
  std::string array = "[";
  std::string object = "{";
  for (int i = 0; i < 70'000; ++i) {
    array += "1,";
    object += "\"k\":1,";
  }
  array.back() = ']';
  object.back() = '}';
  EXPECT_TRUE(write(array).starts_with("\xdd\x00\x01\x11\x70"s));
  EXPECT_TRUE(write(object).starts_with("\xdf\x00\x01\x11\x70"s));
  EXPECT_EQ(read(write(array)), "2[\"e\"," + array + "]");
  EXPECT_EQ(read(write(object)), "2[\"e\"," + object + "]");
}

TEST(MsgpackCodec, ReadsWhatJsonDoesNotHaveAsJavaScriptWritesItIntoJson) {
  EXPECT_EQ(read("\x92\xd4\x00\x00\x01"s), R"(2["e",[null,1]])") << "undefined in an array";
  EXPECT_EQ(read("\x82\xa1"
                 "a\xd4\x00\x00\xa1"
                 "b\x01"s),
            R"(2["e",{"b":1}])")
      << "undefined as a member";
  EXPECT_EQ(read("\xd7\x00\x00\x00\x01\x77\x4a\x56\x3b\xbb"s),
            R"(2["e","2021-01-28T18:51:41.371Z"])");
  EXPECT_EQ(read("\xd7\x00\xff\xff\xff\xff\xff\xff\xff\xff"s),
            R"(2["e","1969-12-31T23:59:59.999Z"])");
  EXPECT_EQ(read("\xd7\x00\x7f\xff\xff\xff\xff\xff\xff\xff"s), R"(2["e",null])");
  EXPECT_EQ(read("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"s), R"(2["e",null])") << "NaN";
  EXPECT_EQ(read("\xca\x3f\x80\x00\x00"s), R"(2["e",1.0])") << "float32";
  EXPECT_EQ(read("\x81\x07\x01"), R"(2["e",{"7":1}])") << "a number for a key";
  EXPECT_EQ(read("\xa1\xff"), "2[\"e\",\"\xef\xbf\xbd\"]") << "not UTF-8";
}

TEST(MsgpackCodec, WritesWhatMessagePackDoesNotHave) {
  EXPECT_EQ(read(write("123456789012345678901234567890")), R"(2["e",1.2345678901234568e+29])");
  EXPECT_EQ(read(write(R"("\ud800")")), "2[\"e\",\"\xef\xbf\xbd\"]");
  EXPECT_EQ(read(write("-0")), R"(2["e",-0.0])");
  EXPECT_EQ(read(write(" [ 1 , { \"a\" : 2 } ] ")), R"(2["e",[1,{"a":2}]])");
}

TEST(MsgpackCodec, BinaryOfEveryKindIsAnAttachment) {
  const auto packet =
      decode_msgpack(event_with("\x93\xc4\x02hi\xc7\x08\x00"
                                "12345678\xc8\x00\x01\x00x"s));
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->text, R"(53-["e",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},)"
                          R"({"_placeholder":true,"num":2}]])");
  EXPECT_THAT(packet->attachments, ElementsAre("hi", "12345678", "x"));
}

TEST(MsgpackCodec, AttachmentsGoWhereTheirPlaceholdersAre) {
  MsgpackEncoder encoder;
  EXPECT_FALSE(encoder.add_text(
      R"(52-/a,7["e",{"_placeholder":true,"num":1},{"x":{"num":0,"_placeholder":true}}])"));
  EXPECT_FALSE(encoder.add_binary("one"));
  const auto packet = encoder.add_binary(std::string(300, 'y'));
  ASSERT_TRUE(packet);
  const auto read = decode_msgpack(*packet);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text,
            R"(52-/a,7["e",{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}])");
  EXPECT_THAT(read->attachments, ElementsAre(std::string(300, 'y'), "one"));
}

TEST(MsgpackCodec, EveryKindOfPacketIsTheSameAfterBothWays) {
  for (const std::string text : {"0", R"(0{"token":"x"})", "0/admin", R"(0/admin,{"a":1})", "1",
                                 "1/admin", R"(2["a",1])", R"(2/admin,12["a"])", "3/admin,0[]",
                                 R"(31["x"])", R"(4{"message":"no"})", R"(4/admin,"no")"}) {
    MsgpackEncoder encoder;
    const auto packet = encoder.add_text(text);
    ASSERT_TRUE(packet);
    const auto read = decode_msgpack(*packet);
    ASSERT_TRUE(read) << text << ": " << read.error().message;
    const bool bare = text.ends_with("/admin");
    EXPECT_EQ(read->text, bare ? text + "," : text);
    EXPECT_THAT(read->attachments, IsEmpty());
  }
}

TEST(MsgpackCodec, ReadsWhatTheOfficialClientWrites) {
  // CONNECT without auth, with its `options`.
  const auto packet = decode_msgpack(
      "\x84\xa4type\x00\xa4"
      "data\xd4\x00\x00\xa7options\x81\xa8"
      "compress\xc3\xa3nsp\xa1/"s);
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->text, "0");
}

TEST(MsgpackCodec, OldTypesOfBinaryPacketsAreTakenForWhatTheyAre) {
  const std::string rest =
      "\xa3nsp\xa1/\xa4"
      "data\x92\xa1"
      "e";
  const auto binary = decode_msgpack("\x83\xa4type\x05" + rest + "\xc4\x01x");
  ASSERT_TRUE(binary);
  EXPECT_EQ(binary->text, R"(51-["e",{"_placeholder":true,"num":0}])");
  const auto plain = decode_msgpack("\x83\xa4type\x06" + rest + "\x01");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->text, R"(3["e",1])");
}

struct Bad {
  std::string bytes;
  std::string says;
};
class BadMsgpackTest : public testing::TestWithParam<Bad> {};

TEST_P(BadMsgpackTest, IsRefusedWithItsReason) {
  const auto packet = decode_msgpack(GetParam().bytes);
  ASSERT_FALSE(packet) << packet->text;
  EXPECT_THAT(packet.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadMsgpackTest,
    testing::Values(
        Bad{"", "it ends too early"}, Bad{"2[\"a\"]", "expected a map"},
        Bad{"\x80", "type is not 0 to 6"}, Bad{"\x81\xa4type\x07", "type is not 0 to 6"},
        Bad{"\x81\xa4type\x02", "nsp is not a namespace"},
        Bad{"\x82\xa4type\x02\xa3nsp\xa1x", "nsp is not a namespace"},
        Bad{"\x82\xa4type\x02\xa3nsp\xa3/a,", "a namespace with a comma"},
        Bad{"\x83\xa4type\x02\xa3nsp\xa1/\xa2id\xff", "id is not a whole number"},
        Bad{event_with("\x01") + "\x01", "bytes behind the packet"},
        Bad{event_with("\x92\x01"), "it ends too early"},
        Bad{event_with("\xc6\xff\xff\xff\xff"), "it ends too early"},
        Bad{event_with("\xdd\xff\xff\xff\xff"), "it ends too early"},
        Bad{event_with("\xdf\xff\xff\xff\xff"), "it ends too early"},
        Bad{event_with("\xc1"), "no value begins with c1"},
        Bad{event_with("\xd4\x01\x00"s), "an extension of a type that is not 0"},
        Bad{event_with("\xc7\x01\x05x"), "an extension of a type that is not 0"},
        Bad{event_with("\xd5\x00xx"s), "neither undefined nor a date"},
        Bad{event_with("\x81\xc0\x01"), "a key that is not a string"},
        Bad{"\x83\xa4type\x02\xa3nsp\xa1/\xc4\x02hi\x01", "a key that is not a string"},
        Bad{event_with("\x81\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\x01"s),
            "a key that is not a string"},
        Bad{event_with("\x92\x81\xac_placeholder\xc3\xc4\x00"s), "beside binary"},
        Bad{event_with("\x9b" + std::string("\xc4\x00\xc4\x00\xc4\x00\xc4\x00\xc4\x00\xc4\x00\xc4"
                                            "\x00\xc4\x00\xc4\x00\xc4\x00\xc4\x00",
                                            22)),
            "more than 10 binary values"},
        Bad{"\x83\xa4type\x00\xa3nsp\xa1/\xa4"
            "data\xc4\x01x"s,
            "neither event nor ack"},
        Bad{event_with(std::string(kMaxJsonDepth + 1, '\x91')), "nested too deeply"}));

}  // namespace
}  // namespace sio::proto
