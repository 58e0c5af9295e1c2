#include "proto/packet_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proto/json_text.h"
#include "proto/limits.h"
#include "support/random_json.h"
#include "support/vector_file.h"

namespace sio::proto {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string described(const PacketView& packet) {
  std::string out = R"({"type":)" + std::to_string(static_cast<int>(packet.type)) + R"(,"ns":")" +
                    std::string(packet.ns) + '"';
  if (packet.attachments > 0) out += R"(,"attachments":)" + std::to_string(packet.attachments);
  if (packet.ack_id) out += R"(,"ack":)" + std::to_string(*packet.ack_id);
  if (!packet.event_json.empty()) out += R"(,"event":)" + std::string(packet.event_json);
  if (!packet.args.empty()) out += R"(,"args":[)" + std::string(packet.args) + ']';
  if (!packet.payload.empty() && !is_event(packet.type) && !is_ack(packet.type))
    out += R"(,"payload":)" + std::string(packet.payload);
  return out + "}";
}

class PacketCodec : public testing::Test {
 protected:
  PacketView decode(std::string_view message) {
    auto packet = decoder_.decode(message);
    EXPECT_TRUE(packet) << message << "\n" << (packet ? "" : packet.error().message);
    return packet.value_or(PacketView{});
  }
  std::string error(std::string_view message) {
    const auto packet = decoder_.decode(message);
    EXPECT_FALSE(packet) << message;
    return packet ? "" : packet.error().message;
  }

  PacketDecoder decoder_;
};

TEST_F(PacketCodec, AgreesWithTheGoldenWireForms) {
  for (const test::Vector& vector : test::read_vectors("packets.txt")) {
    const auto packet = decoder_.decode(vector.wire);
    const std::string meaning = packet ? described(*packet) : "! " + packet.error().message;
    EXPECT_EQ(meaning, vector.meaning) << vector.what;
    EXPECT_EQ(packet.has_value(), !vector.is_error()) << vector.what;
  }
}

TEST_F(PacketCodec, RefusesAnEmptyPacket) {
  EXPECT_EQ(error(""), "byte 1: the packet is empty");
}

TEST_F(PacketCodec, GivesTheNameUnescaped) {
  EXPECT_EQ(decode(R"(2["a\u0062\n\"é\ud83d\ude00"])").event, "ab\n\"é😀");
  EXPECT_EQ(decode(R"(2["plain"])").event, "plain");
  EXPECT_EQ(decode("2[-7]").event, "-7");
}

TEST_F(PacketCodec, KeepsThePayloadAsItWasSent) {
  EXPECT_EQ(decode("2/n,5[\"a\" ,\n1 ]\n").payload, "[\"a\" ,\n1 ]\n");
}

TEST_F(PacketCodec, TellsAnAbsentPayloadFromAnEmptyOne) {
  EXPECT_TRUE(decode("31").payload.empty());
  EXPECT_EQ(decode("31[]").payload, "[]");
}

TEST_F(PacketCodec, BoundsTheNamesOfEventsAndNamespaces) {
  const std::string event(kMaxEventName, 'e');
  EXPECT_EQ(decode("2[\"" + event + "\"]").event, event);
  EXPECT_THAT(error("2[\"" + event + "x\"]"), HasSubstr("an event name of at most 4096 bytes"));
  const std::string ns = "/" + std::string(kMaxNamespaceName - 1, 'n');
  EXPECT_EQ(decode("0" + ns).ns, ns);
  EXPECT_THAT(error("0" + ns + "x"), HasSubstr("a namespace of more than 512 bytes"));
}

std::string nested(std::size_t depth) {
  return "2" + std::string(1, '[') + "\"a\"," + std::string(depth - 1, '[') +
         std::string(depth - 1, ']') + "]";
}

TEST_F(PacketCodec, BoundsTheNestingWhateverTheSize) {
  EXPECT_EQ(decode(nested(kMaxJsonDepth)).event, "a");
  EXPECT_THAT(error(nested(kMaxJsonDepth + 1)), HasSubstr("nested too deeply"));
}

// Payloads of every size around the one where simdjson takes over.
TEST_F(PacketCodec, DecidesAlikeAtEverySize) {
  for (std::size_t size = 1; size < 700; ++size) {
    const std::string text(size, 'x');
    EXPECT_EQ(decode("2[\"a\",\"" + text + "\"]").args, '"' + text + '"');
    EXPECT_THAT(error("2[\"a\",\"" + text + "\"}"), HasSubstr("expected ',' or ']'"));
    EXPECT_THAT(error("2[\"a\",\"" + text + "\xff\"]"), HasSubstr("not UTF-8"));
    EXPECT_EQ(decode("2[1e400,\"" + text + R"(\ud800",123456789012345678901])").event, "1e400");
  }
}

TEST_F(PacketCodec, DecodesPayloadsTooLargeForTheScratch) {
  const std::string text(3 << 20, 'x');
  EXPECT_EQ(decode("2[\"a\",\"" + text + "\"]").args.size(), text.size() + 2);
}

TEST_F(PacketCodec, SaysWhereALargePayloadIsBroken) {
  const std::string text(1000, 'x');
  EXPECT_THAT(error("2/ns,7[\"a\",\"" + text + "\",nul]"), StartsWith("byte 1015: "));
}

TEST_F(PacketCodec, TakesTheArgumentsOfAnyJsonVerbatim) {
  test::RandomJson random(1);
  for (int i = 0; i < 3000; ++i) {
    const std::string args = random.values(5);
    const std::string message = "2/n,1[\"e\"" + (args.empty() ? "" : "," + args) + "]";
    const PacketView packet = decode(message);
    EXPECT_EQ(packet.args, args);
    EXPECT_EQ(packet.event, "e");
  }
}

// Cutting a packet anywhere inside its JSON leaves something that is not JSON.
TEST_F(PacketCodec, RefusesEveryTruncation) {
  test::RandomJson random(2);
  for (int i = 0; i < 200; ++i) {
    const std::string packet = "2[\"e\"," + random.value(4) + "]";
    for (std::size_t size = 2; size < packet.size(); ++size)
      EXPECT_FALSE(decoder_.decode(packet.substr(0, size))) << packet.substr(0, size);
  }
}

TEST_F(PacketCodec, WritesWhatItReads) {
  EXPECT_EQ(encode_event("/", "hello", "1,2"), R"(2["hello",1,2])");
  EXPECT_EQ(encode_event("/", "a \"b\"", ""), R"(2["a \"b\""])");
  EXPECT_EQ(encode_event("/admin", "a", "", 0), R"(2/admin,0["a"])");
  EXPECT_EQ(encode_event("/admin", "a", "{}", 12, 2), R"(52-/admin,12["a",{}])");
  EXPECT_EQ(encode_ack("/", 7, "\"ok\""), R"(37["ok"])");
  EXPECT_EQ(encode_ack("/n", 18446744073709551615u, "", 1), R"(61-/n,18446744073709551615[])");
  EXPECT_EQ(encode_connect("/"), "0");
  EXPECT_EQ(encode_connect("/n", R"({"token":"x"})"), R"(0/n,{"token":"x"})");
  EXPECT_EQ(encode_connect_error("/n", "Invalid namespace"),
            R"(4/n,{"message":"Invalid namespace"})");
  EXPECT_EQ(encode_connect_error("/", "no", "{\"code\":1}"),
            R"(4{"message":"no","data":{"code":1}})");
  EXPECT_EQ(encode_disconnect("/"), "1");
  EXPECT_EQ(encode_disconnect("/n"), "1/n,");
}

TEST_F(PacketCodec, KnowsTheReservedNames) {
  EXPECT_TRUE(is_reserved_event("connect"));
  EXPECT_TRUE(is_reserved_event("removeListener"));
  EXPECT_FALSE(is_reserved_event("connection"));
  EXPECT_FALSE(is_reserved_event(""));
}

}  // namespace
}  // namespace sio::proto
