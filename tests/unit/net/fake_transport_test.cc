#include "support/fake_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::test {
namespace {

using ::testing::ElementsAre;

class Echo : public net::TransportEvents {
 public:
  void on_open(net::Transport& transport) override { transport_ = &transport; }
  void on_message(net::MessageKind, std::string_view bytes) override {
    seen.emplace_back(bytes);
    if (seen.size() < 3) transport_->send(arena_.text({bytes, "!"}));
  }
  void on_drained() override { seen.emplace_back("drained"); }
  void on_closed(const net::TransportClosed& closed) override {
    seen.push_back("closed " + std::to_string(static_cast<int>(closed.reason)));
  }
  std::vector<std::string> seen;

 private:
  net::Transport* transport_ = nullptr;
  net::FrameArena arena_;
};

TEST(FakeTransport, ShowsWhatWasSent) {
  Echo echo;
  FakeTransport transport(echo);
  transport.open();
  transport.receive_text("a");
  EXPECT_THAT(transport.take_texts(), ElementsAre("a!"));
  EXPECT_TRUE(transport.take_texts().empty());
}

TEST(FakeTransport, CarriesMessagesBetweenTwoEnds) {
  Echo left, right;
  FakeTransport a(left), b(right);
  a.open();
  b.open();
  a.receive_text("x");
  exchange_messages(a, b);
  EXPECT_THAT(left.seen, ElementsAre("x", "x!!", "x!!!!"));
  EXPECT_THAT(right.seen, ElementsAre("x!", "x!!!"));
}

TEST(FakeTransport, TellsOfTheEndOnceAndNotInsideTheCall) {
  Echo echo;
  FakeTransport transport(echo);
  transport.open();
  transport.close(0);
  EXPECT_TRUE(echo.seen.empty());
  transport.finish_closing();
  transport.lose();
  EXPECT_THAT(echo.seen, ElementsAre("closed 0"));
}

TEST(FakeTransport, KeepsABacklogWhileBlocked) {
  Echo echo;
  FakeTransport transport(echo);
  transport.open();
  transport.block();
  transport.receive_text("ab");
  EXPECT_EQ(transport.backlog(), 5u);
  transport.set_drain_mark(0);
  transport.unblock();
  EXPECT_THAT(echo.seen, ElementsAre("ab", "drained"));
}

}  // namespace
}  // namespace sio::test
