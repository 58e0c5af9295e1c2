#include "server/catch_up.h"

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "server/hub.h"
#include "store/memory_store.h"
#include "unit/server/fakes.h"

namespace sio::server {
namespace {

using test::FakeLink;
using test::sid_of;
using testing::ElementsAre;
using testing::IsEmpty;

// Small limits, so that a few events fill a transport.
constexpr HubLimits kSmall{.backlog_per_reader = 200, .backlog_minimum = 200};

class CatchUpTest : public testing::Test {
 protected:
  struct To {
    std::vector<std::string_view> rooms;
    std::vector<std::string_view> except;
  };
  void emit(Socket& sender, const std::string& event, const To& to = {}) {
    const std::string items = "\"" + event + "\"";
    hub_.publish({.ns = &sender.ns,
                  .sender = &sender,
                  .event = event,
                  .items = items,
                  .rooms = to.rooms,
                  .except = to.except});
  }
  Socket& join(FakeLink& link, std::string_view name, const proto::Hello& hello = {}) {
    return hub_.connect(link, "/", sid_of(name), hello);
  }
  // Readers read until nobody waits.
  void serve() {
    for (int served = -1; served != waker_.wakes;) {
      served = waker_.wakes;
      hub_.serve_readers();
      hub_.end_turn();
    }
  }

  net::FrameArena frames_;
  test::FakeClock clock_;
  store::MemoryStore store_{{.name = "k3f9"}};
  test::FakeWaker waker_;
  Hub hub_{frames_, &store_, clock_, waker_, kSmall};
  FakeLink a_, b_;
};

TEST_F(CatchUpTest, ANameOfAnOldClientIsItsOwnRoomAlsoWhileItIsBehind) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  hub_.add_alias(b, "/x#old");
  b_.wire.stalled = true;
  while (!b.is_behind()) {
    emit(a, "fill");
    hub_.end_turn();
  }
  emit(a, "to it", {.rooms = {"/x#old"}});
  emit(a, "to another", {.rooms = {"/x#other"}});
  emit(a, "to all but it", {.except = {"/x#old"}});
  hub_.end_turn();
  b_.wire.take();
  b_.wire.stalled = false;
  b_.drain(hub_);
  serve();
  std::vector<std::string> got = b_.wire.take();
  std::erase(got, R"(42["fill"])");
  EXPECT_THAT(got, ElementsAre(R"(42["to it"])"));

  hub_.disconnect(b);
  EXPECT_EQ(hub_.find_sid("/x#old"), nullptr);
}

TEST_F(CatchUpTest, AReaderThatStallsGetsTheRestFromTheStore) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  b_.wire.stalled = true;
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    emit(a, std::to_string(i));
    hub_.end_turn();
    expected.push_back("42[\"" + std::to_string(i) + "\"]");
  }
  EXPECT_TRUE(b.is_behind());
  EXPECT_LT(b_.wire.sent.size(), 100u);
  EXPECT_LE(b_.wire.waiting, 300u) << "a slow reader costs no memory";

  b_.wire.stalled = false;
  b_.drain(hub_);
  serve();
  EXPECT_FALSE(b.is_behind());
  EXPECT_EQ(b_.wire.sent, expected);
}

TEST_F(CatchUpTest, EventsOfTheTurnInWhichItBecomesLiveAreNotDoubled) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  b_.wire.waiting = 1000;
  emit(a, "1");
  hub_.end_turn();
  emit(a, "2");  // not committed yet
  b_.drain(hub_);
  hub_.serve_readers();
  EXPECT_FALSE(b.is_behind());
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["1"])", R"(42["2"])"));
}

TEST_F(CatchUpTest, RoomsAreThoseOfTheTimeOfTheEvent) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  static_cast<void>(hub_.join(b, "old"));
  b_.wire.waiting = 1000;
  emit(a, "start");
  emit(a, "old 1", {.rooms = {"old"}});
  emit(a, "new 1", {.rooms = {"new"}});
  hub_.leave(b, "old");
  static_cast<void>(hub_.join(b, "new"));
  emit(a, "old 2", {.rooms = {"old"}});
  emit(a, "new 2", {.rooms = {"new"}});
  emit(a, "not for new", {.except = {"new"}});
  emit(a, "not for old", {.except = {"old"}});
  hub_.end_turn();
  b_.drain(hub_);
  serve();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["start"])", R"(42["old 1"])", R"(42["new 2"])",
                                        R"(42["not for old"])"));
}

TEST_F(CatchUpTest, OwnEventsAndForeignNamespacesAreSkipped) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  FakeLink c;
  Socket& stranger = hub_.connect(c, "/other", sid_of("c"));
  b_.wire.waiting = 1000;
  emit(a, "1");
  emit(b, "own");
  emit(stranger, "foreign");
  hub_.end_turn();
  b_.drain(hub_);
  serve();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["1"])"));
}

TEST_F(CatchUpTest, FiltersAndAttachmentsAndNumericNamesAreAsLive) {
  Socket& a = join(a_, "a");
  join(b_, "b", {.events = {"7", "bin"}});
  b_.wire.waiting = 1000;
  const std::vector<std::string> attachments{"xyz"};
  hub_.publish({.ns = &a.ns,
                .sender = &a,
                .event = "bin",
                .items = R"("bin",{"_placeholder":true,"num":0})",
                .args = std::string_view(R"("bin",{"_placeholder":true,"num":0})").substr(6),
                .attachments = &attachments});
  hub_.publish({.ns = &a.ns, .sender = &a, .event = "7", .items = "7", .numeric_name = true});
  emit(a, "other");
  hub_.end_turn();
  b_.drain(hub_);
  serve();
  EXPECT_THAT(b_.wire.sent,
              ElementsAre(R"(451-["bin",{"_placeholder":true,"num":0}])", "binary:xyz", "42[7]"));
}

TEST_F(CatchUpTest, VolatileEventsAreDroppedForAReaderThatIsBehind) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  b_.wire.waiting = 1000;
  emit(a, "1");
  hub_.publish({.ns = &a.ns, .sender = &a, .event = "v", .items = "\"v\"", .is_volatile = true});
  hub_.end_turn();
  b_.drain(hub_);
  serve();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["1"])"));
}

TEST_F(CatchUpTest, WhatTheStoreNoLongerHoldsIsSaidToThoseWhoUnderstand) {
  Socket& a = join(a_, "a");
  join(b_, "b", {.meta = true});
  b_.wire.waiting = 1000;
  // Until the first chunks have been dropped.
  const std::string big(100'000, 'x');
  store::MemoryStore small({.name = "k3f9", .max_bytes = 1u << 20});
  Hub hub(frames_, &small, clock_, waker_, kSmall);
  FakeLink wire_a, wire_b;
  Socket& sender = hub.connect(wire_a, "/", sid_of("a"));
  hub.connect(wire_b, "/", sid_of("b"), {.meta = true});
  wire_b.wire.waiting = 1000;
  for (int i = 0; i < 60; ++i) {
    const std::string items = "\"big\",\"" + big + "\"";
    hub.publish({.ns = &sender.ns,
                 .sender = &sender,
                 .event = "big",
                 .items = items,
                 .args = std::string_view(items).substr(6)});
    hub.end_turn();
  }
  ASSERT_GT(small.bounds().first, 1u);
  wire_b.drain(hub);
  for (int i = 0; i < 100; ++i) hub.serve_readers();
  const std::string first = std::to_string(small.bounds().first);
  ASSERT_FALSE(wire_b.wire.sent.empty());
  EXPECT_EQ(wire_b.wire.sent.front(), R"(42["sio:gap",{"after":"#k3f9-0","before":"#k3f9-)" +
                                          first + R"(","reason":"retention"}])");
  EXPECT_EQ(wire_b.wire.sent.size(), 1 + small.bounds().next - small.bounds().first);
  static_cast<void>(a);
}

class ResumeTest : public CatchUpTest {
 protected:
  std::vector<std::string> resume(const proto::RecordId& since) {
    Socket& b = join(b_, "b", {.meta = true});
    hub_.resume(b, since);
    serve();
    return b_.wire.take();
  }
  void store_three() {
    Socket& a = join(a_, "a");
    for (const char* event : {"1", "2", "3"}) emit(a, event);
    hub_.end_turn();
  }
  static std::string meta(int seq) {
    return R"(,{"id":"#k3f9-)" + std::to_string(seq) +
           R"(","time":1000,"from":"a...................","replay":true}])";
  }
};

TEST_F(ResumeTest, StartsBehindTheRecordThatWasSeenLast) {
  store_three();
  EXPECT_THAT(resume({"k3f9", 1}), ElementsAre(R"(42["2")" + meta(2), R"(42["3")" + meta(3)));
}

TEST_F(ResumeTest, TheShortFormMeansThisStore) {
  store_three();
  EXPECT_THAT(resume({"", 2}), ElementsAre(R"(42["3")" + meta(3)));
}

TEST_F(ResumeTest, TheNewestRecordMeansNothingWasMissed) {
  store_three();
  EXPECT_THAT(resume({"k3f9", 3}), IsEmpty());
  EXPECT_FALSE(hub_.find_sid(sid_of("b"))->is_behind());
}

TEST_F(ResumeTest, LiveEventsFollowAndAreNotReplays) {
  store_three();
  resume({"k3f9", 1});
  emit(*hub_.find_sid(sid_of("a")), "4");
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent,
              ElementsAre(R"(42["4",{"id":"#k3f9-4","time":1000,"from":"a..................."}])"));
}

TEST_F(ResumeTest, AnotherStoresRecordIsAGapAndEverythingHereFollows) {
  store_three();
  const auto sent = resume({"x111", 40});
  ASSERT_EQ(sent.size(), 4u);
  EXPECT_EQ(sent[0], R"(42["sio:gap",{"after":"#x111-40","before":"#k3f9-1","reason":"store"}])");
  EXPECT_EQ(sent[1], R"(42["1")" + meta(1));
}

TEST_F(ResumeTest, ARecordThatNeverWasIsAGap) {
  store_three();
  EXPECT_THAT(
      resume({"k3f9", 99}),
      ElementsAre(R"(42["sio:gap",{"after":"#k3f9-99","before":"#k3f9-4","reason":"unknown"}])"));
}

TEST_F(ResumeTest, AForgottenRecordIsAGapAndTheRestFollows) {
  store_three();
  FakeLink wide;
  store::MemoryStore small({.name = "k3f9", .max_bytes = 1u << 20});
  Hub hub(frames_, &small, clock_, waker_);
  Socket& sender = hub.connect(wide, "/", sid_of("x"));
  const std::string items = "\"e\",\"" + std::string(100'000, 'x') + "\"";
  for (int i = 0; i < 60; ++i) {
    hub.publish({.ns = &sender.ns,
                 .sender = &sender,
                 .event = "e",
                 .items = items,
                 .args = std::string_view(items).substr(4)});
    hub.end_turn();
  }
  const store::Bounds bounds = small.bounds();
  ASSERT_GT(bounds.first, 2u);
  FakeLink reader;
  hub.resume(hub.connect(reader, "/", sid_of("b"), {.meta = true}), {"k3f9", 1});
  for (int i = 0; i < 100; ++i) hub.serve_readers();
  EXPECT_EQ(reader.wire.sent.size(), 1 + bounds.next - bounds.first);
  EXPECT_THAT(reader.wire.sent.front(), testing::HasSubstr(R"("reason":"retention")"));
}

// Whatever readers do, each gets exactly what it would have got with an endless transport.
TEST(CatchUpModel, NothingIsLostNothingDoubledAndOrderIsKept) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t n) {
      return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    net::FrameArena frames;
    test::FakeClock clock;
    store::MemoryStore store({.name = "k3f9"});
    test::FakeWaker waker;
    Hub hub(frames, &store, clock, waker, kSmall);
    constexpr std::size_t kSockets = 6;
    const std::vector<std::string> room_names{"r0", "r1", "r2"};
    std::deque<FakeLink> links(kSockets);
    std::vector<Socket*> sockets;
    std::vector<std::set<std::string>> rooms(kSockets);
    std::vector<std::vector<std::string>> expected(kSockets);
    for (std::size_t i = 0; i < kSockets; ++i)
      sockets.push_back(&hub.connect(links[i], "/", sid_of(std::to_string(i))));

    for (int step = 0; step < 3'000; ++step) {
      const std::size_t who = pick(kSockets);
      const std::size_t action = pick(100);
      if (action < 60) {
        const std::string event = "e" + std::to_string(step);
        std::vector<std::string_view> to;
        std::vector<std::string_view> except;
        if (pick(2) == 0) to.push_back(room_names[pick(3)]);
        if (!to.empty() && pick(3) == 0) to.push_back(sockets[pick(kSockets)]->sid());
        if (pick(4) == 0) except.push_back(room_names[pick(3)]);
        const std::string items = "\"" + event + "\"";
        hub.publish({.ns = &sockets[who]->ns,
                     .sender = sockets[who],
                     .event = event,
                     .items = items,
                     .rooms = to,
                     .except = except});
        for (std::size_t i = 0; i < kSockets; ++i) {
          const auto in = [&](std::string_view room) {
            return room == sockets[i]->sid() || rooms[i].contains(std::string(room));
          };
          const bool addressed = to.empty() || std::ranges::any_of(to, in);
          if (i != who && addressed && std::ranges::none_of(except, in))
            expected[i].push_back("42[" + items + "]");
        }
      } else if (action < 70) {
        const std::string& room = room_names[pick(3)];
        if (rooms[who].insert(room).second) {
          ASSERT_TRUE(hub.join(*sockets[who], room).has_value());
        } else {
          hub.leave(*sockets[who], room);
          rooms[who].erase(room);
        }
      } else if (action < 80) {
        links[who].wire.stalled = !links[who].wire.stalled;
      } else if (action < 90) {
        links[who].drain(hub);
      } else if (action < 95) {
        hub.serve_readers(100);
      } else {
        hub.end_turn();
      }
    }
    hub.end_turn();
    for (int round = 0; round < 1'000; ++round) {
      for (FakeLink& link : links) {
        link.wire.stalled = false;
        link.drain(hub);
      }
      hub.serve_readers();
    }
    for (std::size_t i = 0; i < kSockets; ++i) {
      EXPECT_FALSE(sockets[i]->is_behind());
      ASSERT_EQ(links[i].wire.sent, expected[i]) << "seed " << seed << ", socket " << i;
    }
  }
}

}  // namespace
}  // namespace sio::server
