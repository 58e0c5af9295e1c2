#include "proto/engine_packet.h"

#include <gtest/gtest.h>

namespace sio::proto {
namespace {

TEST(EnginePacket, IsAViewOfItsText) {
  std::string storage;
  const std::string text = "4hello";
  const auto packet = decode_engine_text(text, storage);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, EngineType::message);
  EXPECT_FALSE(packet->binary);
  EXPECT_EQ(packet->data.data(), text.data() + 1);
}

TEST(EnginePacket, DecodesBase64IntoTheStorage) {
  std::string storage = "old";
  const auto packet = decode_engine_text("bAAEC", storage);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, EngineType::message);
  EXPECT_TRUE(packet->binary);
  EXPECT_EQ(packet->data, std::string_view("\0\1\2", 3));
  EXPECT_EQ(packet->data.data(), storage.data());
}

TEST(EnginePacket, SaysWhatItCannotDecode) {
  std::string storage;
  EXPECT_EQ(decode_engine_text("", storage).error().message, "an empty Engine.IO packet");
  EXPECT_EQ(decode_engine_text("\xffz", storage).error().message,
            "Engine.IO packet of the unknown type 0xff");
  EXPECT_EQ(decode_engine_text("b=", storage).error().message,
            "base64: padding in the wrong place");
}

}  // namespace
}  // namespace sio::proto
