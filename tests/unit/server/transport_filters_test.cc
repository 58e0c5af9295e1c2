#include "server/transport_filters.h"

#include <gmock/gmock.h>

namespace sio::server {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// Remembers what it was given, and where that lay.
class Wire final : public net::Transport {
 public:
  void send(const net::FrameRun& run) override {
    for (const net::Frame& frame : run.frames) {
      sent.push_back((frame.binary ? "binary:" : "") + std::string(frame.payload()));
      places.push_back(frame.data);
    }
  }
  std::size_t backlog() const override { return 0; }
  void set_drain_mark(std::size_t) override {}
  bool writable() const override { return true; }
  void pause_reading() override {}
  void resume_reading() override {}
  void close(std::uint16_t) override {}
  void abort() override {}
  void set_events(net::TransportEvents&) override {}
  std::string_view name() const override { return "websocket"; }

  std::vector<std::string> sent;
  std::vector<const char*> places;
};

class TransportFiltersTest : public testing::Test {
 protected:
  // An event with an attachment; both frames lie in the arena, perhaps in different blocks.
  std::vector<net::Frame> binary_event() {
    return {frames_.text({R"(451-["a",{"_placeholder":true,"num":0}])"}), frames_.binary("hi")};
  }
  static void send(net::Transport& transport, const std::vector<net::Frame>& frames) {
    for (const net::Frame& frame : frames) transport.send(frame);
  }
  static std::string packed(std::string_view text) {
    return "binary:" + proto::MsgpackEncoder().add_text(text).value_or("(nothing)");
  }

  net::FrameArena frames_;
  DerivedFrames derived_{frames_};
  Wire one_;
  Wire two_;
};

TEST_F(TransportFiltersTest, MsgpackMakesOneMessageOfAPacket) {
  MsgpackTransport filter(one_, derived_);
  send(filter, binary_event());
  send(filter, {frames_.text({R"(42["b"])"})});
  ASSERT_THAT(one_.sent, SizeIs(2));
  const auto packet = proto::decode_msgpack(std::string_view(one_.sent[0]).substr(7));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->text, R"(51-["a",{"_placeholder":true,"num":0}])");
  EXPECT_THAT(packet->attachments, ElementsAre("hi"));
  EXPECT_EQ(one_.sent[1], packed(R"(2["b"])"));
}

TEST_F(TransportFiltersTest, MsgpackLeavesWhatIsNoPacketAlone) {
  MsgpackTransport filter(one_, derived_);
  send(filter, {frames_.text({"2"}), frames_.text({R"(0{"sid":"x"})"})});
  EXPECT_THAT(one_.sent, ElementsAre("2", R"(0{"sid":"x"})"));
}

TEST_F(TransportFiltersTest, MsgpackConvertsOnceForAllReadersOfATurn) {
  MsgpackTransport first(one_, derived_);
  MsgpackTransport second(two_, derived_);
  const auto event = binary_event();
  const std::vector<net::Frame> plain{frames_.text({R"(42["b"])"})};
  for (net::Transport* filter :
       {static_cast<net::Transport*>(&first), static_cast<net::Transport*>(&second)}) {
    send(*filter, event);
    send(*filter, plain);
    send(*filter, event);
  }
  EXPECT_THAT(one_.sent, SizeIs(3));
  EXPECT_EQ(one_.places, two_.places);
}

TEST_F(TransportFiltersTest, ANewTurnBeginsAnew) {
  MsgpackTransport filter(one_, derived_);
  send(filter, {frames_.text({R"(42["a"])"})});
  frames_.reset();
  send(filter, {frames_.text({R"(42["b"])"})});
  EXPECT_THAT(one_.sent, ElementsAre(packed(R"(2["a"])"), packed(R"(2["b"])")));
}

TEST_F(TransportFiltersTest, Engine3PutsATypeInFrontOfBinaryOnceForAll) {
  Engine3Transport first(one_, derived_);
  Engine3Transport second(two_, derived_);
  const auto event = binary_event();
  send(first, event);
  send(second, event);
  EXPECT_THAT(one_.sent,
              ElementsAre(R"(451-["a",{"_placeholder":true,"num":0}])", "binary:\x04hi"));
  EXPECT_EQ(one_.places, two_.places);
  EXPECT_EQ(one_.places[0], event[0].data) << "text is the same";
}

}  // namespace
}  // namespace sio::server
