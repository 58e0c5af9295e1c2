#include "proto/packet_assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::proto {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PacketAssemblerTest : public testing::Test {
 protected:
  const CompletePacket* text(std::string_view message) {
    return yielded(assembler_.add_text(message));
  }
  const CompletePacket* binary(std::string_view bytes) {
    return yielded(assembler_.add_binary(bytes));
  }

  PacketDecoder decoder_;
  PacketAssembler assembler_{decoder_, 100};

 private:
  static const CompletePacket* yielded(const Result<const CompletePacket*>& result) {
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result.value_or(nullptr);
  }
};

std::string error_of(const Result<const CompletePacket*>& result) {
  return result ? "" : result.error().message;
}

TEST_F(PacketAssemblerTest, YieldsAPlainPacketAtOnce) {
  const CompletePacket* complete = text(R"(2["a",1])");
  ASSERT_NE(complete, nullptr);
  EXPECT_EQ(complete->packet.event, "a");
  EXPECT_EQ(complete->packet.args, "1");
  EXPECT_EQ(complete->attachments, nullptr);
}

TEST_F(PacketAssemblerTest, WaitsForEveryAttachment) {
  EXPECT_EQ(text(R"(52-/n,7["a",{"_placeholder":true,"num":1}])"), nullptr);
  EXPECT_TRUE(assembler_.waits_for_attachments());
  EXPECT_EQ(binary("one"), nullptr);
  const CompletePacket* complete = binary("two");
  ASSERT_NE(complete, nullptr);
  EXPECT_FALSE(assembler_.waits_for_attachments());
  EXPECT_EQ(complete->packet.ns, "/n");
  EXPECT_EQ(complete->packet.ack_id, 7u);
  EXPECT_EQ(complete->packet.event, "a");
  EXPECT_THAT(*complete->attachments, ElementsAre("one", "two"));
}

TEST_F(PacketAssemblerTest, OwnsWhatItWaitsWith) {
  {
    std::string message = R"(51-["a\n",{"_placeholder":true,"num":0}])";
    EXPECT_EQ(text(message), nullptr);
    message.assign(message.size(), 'x');
  }
  ASSERT_TRUE(decoder_.decode(R"(2["another\n"])"));  // a connection that shares the decoder
  const CompletePacket* complete = binary("");
  ASSERT_NE(complete, nullptr);
  EXPECT_EQ(complete->packet.event, "a\n");
}

TEST_F(PacketAssemblerTest, TakesTheNextPacketAfterABinaryOne) {
  EXPECT_EQ(text(R"(61-1[{"_placeholder":true,"num":0}])"), nullptr);
  EXPECT_NE(binary("x"), nullptr);
  ASSERT_NE(text("2[\"b\"]"), nullptr);
  EXPECT_EQ(text("51-[\"c\"]"), nullptr);
  const CompletePacket* complete = binary("only");
  ASSERT_NE(complete, nullptr);
  EXPECT_THAT(*complete->attachments, ElementsAre("only"));
}

TEST_F(PacketAssemblerTest, RefusesAPacketInsteadOfAnAttachment) {
  EXPECT_EQ(text("51-[\"a\"]"), nullptr);
  EXPECT_THAT(error_of(assembler_.add_text("2[\"b\"]")), HasSubstr("an attachment was awaited"));
}

TEST_F(PacketAssemblerTest, RefusesAnAttachmentThatNobodyAwaits) {
  EXPECT_THAT(error_of(assembler_.add_binary("x")), HasSubstr("a packet was awaited"));
}

TEST_F(PacketAssemblerTest, RefusesAPlaceholderWithoutAttachment) {
  EXPECT_EQ(text(R"(51-["a",{"_placeholder":true,"num":1}])"), nullptr);
  EXPECT_EQ(error_of(assembler_.add_binary("x")),
            "a placeholder that names none of the 1 attachments");
}

TEST_F(PacketAssemblerTest, CompletesABinaryPacketWithoutAPayload) {
  EXPECT_EQ(text("51-"), nullptr);
  const CompletePacket* complete = binary("x");
  ASSERT_NE(complete, nullptr);
  EXPECT_TRUE(complete->packet.payload.empty());
}

TEST_F(PacketAssemblerTest, RefusesEverythingAfterAnError) {
  EXPECT_FALSE(assembler_.add_text("2[nope]"));
  EXPECT_FALSE(assembler_.add_text("2[\"a\"]"));
  EXPECT_FALSE(assembler_.add_binary("x"));
}

TEST_F(PacketAssemblerTest, CountsTextAndAttachmentsAgainstOneLimit) {
  const std::string header = R"(52-["a"])";
  EXPECT_EQ(text(header), nullptr);
  EXPECT_EQ(binary(std::string(50, 'x')), nullptr);
  const auto result = assembler_.add_binary(std::string(100 - 50 - header.size() + 1, 'x'));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::too_large);
  EXPECT_FALSE(assembler_.add_text("2[\"a\"]"));
}

TEST_F(PacketAssemblerTest, TakesExactlyTheLimit) {
  const std::string header = R"(51-["a"])";
  EXPECT_EQ(text(header), nullptr);
  EXPECT_NE(binary(std::string(100 - header.size(), 'x')), nullptr);
  EXPECT_NE(text("2[\"" + std::string(100 - 5, 'e') + "\"]"), nullptr);
  EXPECT_FALSE(assembler_.add_text("2[\"" + std::string(100 - 4, 'e') + "\"]"));
}

}  // namespace
}  // namespace sio::proto
