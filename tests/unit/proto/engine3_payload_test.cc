#include "proto/engine3_payload.h"

#include <gtest/gtest.h>

#include "proto/engine_payload.h"
#include "proto/limits.h"

namespace sio::proto {
namespace {

using namespace std::string_view_literals;

std::string walked(std::string_view body, bool binary = false) {
  std::string out;
  for (Payload3Reader reader(body, binary); !reader.done();) {
    const auto packet = reader.next();
    if (!out.empty()) out += " | ";
    if (!packet) return out + "! " + packet.error().message;
    out += (packet->binary ? "binary:" : "") + std::string(packet->bytes);
  }
  return out;
}

std::string written(PayloadForm form, std::string_view text, std::string_view bytes) {
  PayloadWriter writer(1000, form);
  EXPECT_TRUE(writer.add_text(text));
  EXPECT_TRUE(writer.add_binary(bytes));
  return writer.take();
}

TEST(Engine3Payload, CountsAsJavaScriptDoes) {
  EXPECT_EQ(utf16_length("aé€"), 3u);
  EXPECT_EQ(utf16_length("😀"), 2u);
  EXPECT_EQ(utf16_length("\xff\x80"), 2u);
}

TEST(Engine3Payload, WritesTextWithItsLengthAndBinaryAsBase64) {
  EXPECT_EQ(written(PayloadForm::v3_text, "42[\"é😀\"]", "hi"), "9:42[\"é😀\"]6:b4aGk=");
}

TEST(Engine3Payload, WritesTheBinaryForm) {
  EXPECT_EQ(written(PayloadForm::v3_binary, "4é", "0123456789"),
            "\x00\x03\xff"
            "4é"
            "\x01\x01\x01\xff\x04"
            "0123456789"sv);
}

TEST(Engine3Payload, ReadsWhatItWrites) {
  EXPECT_EQ(walked(written(PayloadForm::v3_text, "4😀é", "hi")), "4😀é | b4aGk=");
  EXPECT_EQ(walked(written(PayloadForm::v3_binary, "4😀é", "hi"), true), "4😀é | binary:\x04hi");
}

TEST(Engine3Payload, StaysWithinTheBoundUnlessThePacketIsAlone) {
  PayloadWriter writer(10, PayloadForm::v3_text);
  EXPECT_TRUE(writer.add_text("4more than ten"));
  EXPECT_FALSE(writer.add_text("4"));
  writer.take();
  EXPECT_TRUE(writer.add_text("4abc"));
  EXPECT_TRUE(writer.add_text("4a"));
  EXPECT_FALSE(writer.add_text("4"));
  EXPECT_EQ(writer.take(), "4:4abc2:4a");
}

TEST(Engine3Payload, SaysWhatIsWrongWithAText) {
  EXPECT_EQ(walked("2:4a4"), "4a | ! packet 2 of the payload: expected its length and ':'");
  EXPECT_EQ(walked(":4"), "! packet 1 of the payload: expected its length and ':'");
  EXPECT_EQ(walked("3:4a"), "! packet 1 of the payload: it is shorter than its length says");
  EXPECT_EQ(walked("2:4😀"), "! packet 1 of the payload: it is shorter than its length says")
      << "half a character";
  EXPECT_EQ(walked("99999999999:4"), "! packet 1 of the payload: its length has too many digits");
}

TEST(Engine3Payload, SaysWhatIsWrongWithABinaryBody) {
  EXPECT_EQ(walked("\x02\x01\xff"
                   "4",
                   true),
            "! packet 1 of the payload: it is neither text nor binary");
  EXPECT_EQ(walked("\x01\x01"sv, true), "! packet 1 of the payload: expected its length and ff");
  EXPECT_EQ(walked("\x01\xff"sv, true), "! packet 1 of the payload: expected its length and ff");
  EXPECT_EQ(walked("\x01\x02\xff\x04"sv, true),
            "! packet 1 of the payload: it is shorter than its length says");
  EXPECT_EQ(walked(std::string(1, '\x01') + std::string(20, '\x09') + "\xff", true),
            "! packet 1 of the payload: its length has too many digits");
}

TEST(Engine3Payload, BoundsThePacketsItReads) {
  std::string body;
  for (std::size_t i = 0; i <= kMaxPacketsReceived; ++i) body += "1:6";
  std::size_t count = 0;
  Payload3Reader reader(body, false);
  while (reader.next()) ++count;
  EXPECT_EQ(count, kMaxPacketsReceived);
  EXPECT_TRUE(reader.done());
}

}  // namespace
}  // namespace sio::proto
