#include "proto/engine_payload.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "proto/limits.h"
#include "support/vector_file.h"

namespace sio::proto {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string described(const EnginePacket& packet) {
  static constexpr std::array<std::string_view, 7> kNames = {"open",    "close",   "ping", "pong",
                                                             "message", "upgrade", "noop"};
  const std::string name(kNames[static_cast<std::size_t>(packet.type) - '0']);
  return packet.binary ? name + ":[" + hex(packet.data) + "]"
                       : name + ":" + std::string(packet.data);
}

std::string walked(std::string_view payload) {
  std::string out;
  for (PayloadReader reader(payload); !reader.done();) {
    const auto packet = reader.next();
    if (!out.empty()) out += " | ";
    out += packet ? described(*packet) : "! " + packet.error().message;
  }
  return out;
}

TEST(EnginePayload, AgreesWithTheGoldenWireForms) {
  for (const test::Vector& vector : test::read_vectors("engine_payloads.txt"))
    EXPECT_EQ(walked(vector.wire), vector.meaning) << vector.what;
}

TEST(EnginePayload, RefusesAnEmptyBody) {
  EXPECT_EQ(walked(""), "! packet 1 of the payload: an empty Engine.IO packet");
}

TEST(EnginePayload, BoundsThePacketsItReads) {
  std::string body = "6";
  for (std::size_t i = 1; i < kMaxPacketsReceived; ++i)
    body +=
        "\x1e"
        "6";
  std::size_t count = 0;
  for (PayloadReader reader(body); !reader.done(); ++count) ASSERT_TRUE(reader.next());
  EXPECT_EQ(count, kMaxPacketsReceived);

  PayloadReader reader(body +=
                       "\x1e"
                       "6");
  for (std::size_t i = 0; i < kMaxPacketsReceived; ++i) ASSERT_TRUE(reader.next());
  const auto packet = reader.next();
  ASSERT_FALSE(packet);
  EXPECT_EQ(packet.error().code, Errc::too_large);
  EXPECT_TRUE(reader.done());
}

TEST(EnginePayload, WritesWhatItReads) {
  PayloadWriter writer(1000);
  EXPECT_TRUE(writer.empty());
  EXPECT_TRUE(writer.add_text("4a"));
  EXPECT_TRUE(writer.add_binary("\x01\x02"));
  EXPECT_TRUE(writer.add_text("2"));
  EXPECT_FALSE(writer.empty());
  EXPECT_EQ(writer.take(),
            "4a\x1e"
            "bAQI=\x1e"
            "2");
  EXPECT_TRUE(writer.empty());
}

TEST(EnginePayload, NeverPassesTheLimitExceptWithItsFirstPacket) {
  PayloadWriter writer(6);
  EXPECT_TRUE(writer.add_text("4aa"));
  EXPECT_FALSE(writer.add_text("4aa"));  // 3 + separator + 3
  EXPECT_TRUE(writer.add_text("4a"));
  EXPECT_FALSE(writer.add_text(""));
  EXPECT_EQ(writer.take(),
            "4aa\x1e"
            "4a");

  EXPECT_TRUE(writer.add_text("4 far beyond"));
  EXPECT_FALSE(writer.add_binary(""));
  EXPECT_EQ(writer.take(), "4 far beyond");
}

TEST(EnginePayload, CountsBinaryAsBase64) {
  PayloadWriter exact(2 + 1 + 5);
  EXPECT_TRUE(exact.add_text("4a"));
  EXPECT_TRUE(exact.add_binary("xyz"));  // b + 4 characters
  PayloadWriter tight(2 + 1 + 4);
  EXPECT_TRUE(tight.add_text("4a"));
  EXPECT_FALSE(tight.add_binary("xyz"));
}

TEST(EnginePayload, BoundsThePacketsItWrites) {
  PayloadWriter writer(1000);
  for (std::size_t i = 0; i < kMaxPacketsPerPayload; ++i) EXPECT_TRUE(writer.add_text("2"));
  EXPECT_FALSE(writer.add_text("2"));
}

}  // namespace
}  // namespace sio::proto
