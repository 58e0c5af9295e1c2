#include "server/hub.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "proto/json_text.h"
#include "store/memory_store.h"
#include "unit/server/fakes.h"

namespace sio::server {
namespace {

using test::FakeLink;
using test::sid_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class HubTest : public testing::Test {
 protected:
  Socket& join(FakeLink& link, std::string_view name, const proto::Hello& hello = {},
               std::string_view ns = "/") {
    return hub_.connect(link, ns, sid_of(name), hello);
  }

  struct Options {
    std::vector<std::string_view> rooms;
    std::vector<std::string_view> except;
    std::optional<std::uint64_t> ack_id;
    bool is_volatile = false;
    std::string_view key;
  };

  void emit(Socket* sender, Namespace& ns, std::string_view event, std::string_view args,
            const Options& options) {
    std::string items = proto::json_string(event);
    if (!args.empty()) items += "," + std::string(args);
    hub_.publish({.ns = &ns,
                  .sender = sender,
                  .event = event,
                  .items = items,
                  .args = std::string_view(items).substr(items.size() - args.size()),
                  .rooms = options.rooms,
                  .except = options.except,
                  .key = options.key,
                  .is_volatile = options.is_volatile,
                  .ack_id = options.ack_id});
  }
  void emit(Socket& sender, std::string_view event, std::string_view args = "") {
    emit(&sender, sender.ns, event, args, {});
  }

  net::FrameArena frames_;
  test::FakeClock clock_;
  store::MemoryStore store_{{.name = "k3f9"}};
  test::FakeWaker waker_;
  Hub hub_{frames_, &store_, clock_, waker_};
  FakeLink a_, b_, c_;
};

TEST_F(HubTest, AnEventGoesToEverybodyElseOnce) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  join(c_, "c");
  emit(a, "hi", "1,{\"x\":2}");
  hub_.end_turn();
  EXPECT_THAT(a_.wire.sent, IsEmpty());
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["hi",1,{"x":2}])"));
  EXPECT_THAT(c_.wire.sent, ElementsAre(R"(42["hi",1,{"x":2}])"));
}

TEST_F(HubTest, NamespacesDoNotHearEachOther) {
  Socket& a = join(a_, "a", {}, "/x");
  join(b_, "b", {}, "/x");
  join(c_, "c", {}, "/y");
  emit(a, "hi");
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42/x,["hi"])"));
  EXPECT_THAT(c_.wire.sent, IsEmpty());
}

TEST_F(HubTest, AReaderIsTouchedOncePerRunNotPerEvent) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  for (int i = 0; i < 100; ++i) emit(a, "n", std::to_string(i));
  hub_.end_turn();
  EXPECT_EQ(b_.wire.sent.size(), 100u);
  EXPECT_EQ(b_.wire.sends, 1u);
}

TEST_F(HubTest, EventsOfSeveralSendersKeepTheirOrder) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  join(c_, "c");
  emit(a, "1");
  emit(b, "2");
  emit(a, "3");
  hub_.end_turn();
  EXPECT_THAT(c_.wire.sent, ElementsAre(R"(42["1"])", R"(42["2"])", R"(42["3"])"));
  EXPECT_THAT(a_.wire.sent, ElementsAre(R"(42["2"])"));
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["1"])", R"(42["3"])"));
}

TEST_F(HubTest, RoomsAreAUnionAndEachSocketGetsItOnce) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  Socket& c = join(c_, "c");
  static_cast<void>(hub_.join(b, "red"));
  static_cast<void>(hub_.join(b, "blue"));
  static_cast<void>(hub_.join(c, "blue"));
  emit(&a, a.ns, "hi", "", {.rooms = {"red", "blue", "nobody"}});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["hi"])"));
  EXPECT_THAT(c_.wire.sent, ElementsAre(R"(42["hi"])"));
}

TEST_F(HubTest, ASidIsARoom) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  join(c_, "c");
  const std::string b = sid_of("b");
  emit(&a, a.ns, "hi", "", {.rooms = {b}});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["hi"])"));
  EXPECT_THAT(c_.wire.sent, IsEmpty());
}

TEST_F(HubTest, ASidOfAnotherNamespaceIsNobody) {
  Socket& a = join(a_, "a");
  join(b_, "b", {}, "/other");
  const std::string b = sid_of("b");
  emit(&a, a.ns, "hi", "", {.rooms = {b}});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, IsEmpty());
}

TEST_F(HubTest, ExceptTakesOutRoomsAndSids) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  join(c_, "c");
  static_cast<void>(hub_.join(b, "red"));
  emit(&a, a.ns, "1", "", {.except = {"red"}});
  const std::string c = sid_of("c");
  emit(&a, a.ns, "2", "", {.except = {c}});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["2"])"));
  EXPECT_THAT(c_.wire.sent, ElementsAre(R"(42["1"])"));
}

TEST_F(HubTest, NobodyJoinsTheRoomOfAnothersSid) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  EXPECT_EQ(hub_.join(a, sid_of("b")).error().code, Errc::refused);
  EXPECT_TRUE(hub_.join(a, sid_of("a")).has_value());
  EXPECT_FALSE(hub_.join(a, "").has_value());
  EXPECT_FALSE(hub_.join(a, std::string(513, 'x')).has_value());
}

TEST_F(HubTest, ChangesOfRoomsTakeEffectBetweenEvents) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  emit(&a, a.ns, "before", "", {.rooms = {"red"}});
  static_cast<void>(hub_.join(b, "red"));
  emit(&a, a.ns, "inside", "", {.rooms = {"red"}});
  hub_.leave(b, "red");
  emit(&a, a.ns, "after", "", {.rooms = {"red"}});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["inside"])"));
}

TEST_F(HubTest, ASenderThatLeavesIsStillHeard) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  emit(a, "bye");
  hub_.disconnect(a);
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["bye"])"));
}

TEST_F(HubTest, WhatIsSentDirectlyComesBehindWhatWasPublished) {
  Socket& a = join(a_, "a");
  Socket& b = join(b_, "b");
  emit(a, "published");
  hub_.send_event(b, {.items = R"("direct")"});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["published"])", R"(42["direct"])"));
}

TEST_F(HubTest, AttachmentsFollowTheirPacket) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  const std::vector<std::string> attachments{"\x01\x02", ""};
  const std::string_view items =
      R"("bin",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1})";
  hub_.publish({.ns = &a.ns,
                .sender = &a,
                .event = "bin",
                .items = items,
                .args = items.substr(6),
                .attachments = &attachments});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent,
              ElementsAre("452-[" + std::string(items) + "]", "binary:\x01\x02", "binary:"));
}

TEST_F(HubTest, ReceiptsHoldTheRecordsId) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  emit(&a, a.ns, "1", "", {.ack_id = 7});
  emit(&a, a.ns, "2", "", {});
  emit(&a, a.ns, "3", "", {.ack_id = 8});
  hub_.end_turn();
  EXPECT_THAT(a_.wire.sent, ElementsAre(R"(437[{"id":"#k3f9-1"}])", R"(438[{"id":"#k3f9-3"}])"));
}

TEST_F(HubTest, ReceiptsOfANamespaceSayItsName) {
  Socket& a = join(a_, "a", {}, "/x");
  emit(&a, a.ns, "1", "", {.ack_id = 0});
  hub_.end_turn();
  EXPECT_THAT(a_.wire.sent, ElementsAre(R"(43/x,0[{"id":"#k3f9-1"}])"));
}

TEST_F(HubTest, AVolatileEventIsNotStoredAndDroppedWhereItWouldWait) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  join(c_, "c");
  c_.wire.unwritable = true;
  emit(&a, a.ns, "now", "", {.ack_id = 1, .is_volatile = true});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["now"])"));
  EXPECT_THAT(c_.wire.sent, IsEmpty());
  EXPECT_THAT(a_.wire.sent, ElementsAre(R"(431[{"id":null}])"));
  EXPECT_EQ(store_.bounds().next, 1u);
}

TEST_F(HubTest, AKeyIsPublishedOnce) {
  Socket& a = join(a_, "a");
  join(b_, "b");
  emit(&a, a.ns, "e", "1", {.ack_id = 1, .key = "k"});
  emit(&a, a.ns, "e", "1", {.ack_id = 2, .key = "k"});
  hub_.end_turn();
  emit(&a, a.ns, "e", "1", {.ack_id = 3, .key = "k"});
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["e",1])"));
  EXPECT_THAT(a_.wire.sent, ElementsAre(R"(431[{"id":"#k3f9-1"}])", R"(432[{"id":"#k3f9-1"}])",
                                        R"(433[{"id":"#k3f9-1"}])"));
}

TEST_F(HubTest, MetaReadersGetOneMoreArgument) {
  Socket& a = join(a_, "a");
  join(b_, "b", {.meta = true});
  join(c_, "c");
  clock_.wall = 1769868306123;
  static_cast<void>(hub_.join(*hub_.find_sid(sid_of("b")), "red"));
  emit(a, "plain");
  emit(&a, a.ns, "roomy", "[1]", {.rooms = {"red"}});
  hub_.end_turn();
  EXPECT_THAT(
      b_.wire.sent,
      ElementsAre(
          R"(42["plain",{"id":"#k3f9-1","time":1769868306123,"from":"a..................."}])",
          R"(42["roomy",[1],{"id":"#k3f9-2","time":1769868306123,"rooms":["red"],"from":"a..................."}])"));
  EXPECT_THAT(c_.wire.sent, ElementsAre(R"(42["plain"])"));
}

TEST_F(HubTest, FiltersChooseByName) {
  Socket& a = join(a_, "a");
  join(b_, "b", {.events = {"order.*"}});
  for (const char* event : {"order.new", "other", "order.old", "order.x"}) emit(a, event);
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent,
              ElementsAre(R"(42["order.new"])", R"(42["order.old"])", R"(42["order.x"])"));
  EXPECT_EQ(b_.wire.sends, 2u);
}

TEST_F(HubTest, SendsAnEventWithoutANameToThoseWhoAskForJustThat) {
  Socket& sender = join(a_, "a", {.events = {""}});
  join(b_, "b", {.events = {""}});
  join(c_, "c");
  emit(sender, "named");
  emit(sender, "");
  hub_.end_turn();
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42[""])"));
  EXPECT_THAT(c_.wire.sent, ElementsAre(R"(42["named"])", R"(42[""])"));
}

TEST_F(HubTest, ASocketThatIsGoneIsNotFoundByItsOldName) {
  Socket& a = join(a_, "a");
  const SocketRef ref = a.ref;
  EXPECT_EQ(hub_.find(ref), &a);
  hub_.disconnect(a);
  EXPECT_EQ(hub_.find(ref), nullptr);
  hub_.end_turn();
  Socket& b = join(b_, "b");
  EXPECT_EQ(b.ref.slot, ref.slot);
  EXPECT_EQ(hub_.find(ref), nullptr);
  EXPECT_EQ(hub_.find_sid(sid_of("a")), nullptr);
}

TEST_F(HubTest, AReaderOfNothingButRepliesIsNotReadFrom) {
  Socket& a = join(a_, "a");
  a_.wire.stalled = true;
  const std::string big(600'000, 'x');
  for (int i = 0; i < 2; ++i) hub_.send_ack(a, 1, "\"" + big + "\"");
  EXPECT_TRUE(a_.wire.paused);
  a_.drain(hub_);
  EXPECT_FALSE(a_.wire.paused);
}

TEST_F(HubTest, AClientThatTakesNoRepliesAtAllIsClosed) {
  Socket& a = join(a_, "a");
  a_.wire.stalled = true;
  const std::string big(1'000'000, 'x');
  for (int i = 0; i < 20; ++i) hub_.send_ack(a, 1, "\"" + big + "\"");
  EXPECT_NE(a_.kicked, "");
}

TEST_F(HubTest, WithoutAStoreASlowReaderIsClosed) {
  Hub hub(frames_, nullptr, clock_, waker_);
  Socket& a = hub.connect(a_, "/", sid_of("a"));
  hub.connect(b_, "/", sid_of("b"));
  b_.wire.waiting = 2u << 20;
  hub.publish({.ns = &a.ns, .sender = &a, .event = "e", .items = "\"e\"", .ack_id = 4});
  hub.end_turn();
  EXPECT_NE(b_.kicked, "");
  EXPECT_THAT(a_.wire.sent, ElementsAre(R"(434[{"id":null}])"));
}

TEST_F(HubTest, TheBacklogLimitShrinksWithTheNumberOfReaders) {
  const std::size_t alone = hub_.backlog_limit();
  std::vector<std::unique_ptr<FakeLink>> links;
  for (int i = 0; i < 2'000; ++i) {
    links.push_back(std::make_unique<FakeLink>());
    hub_.connect(*links.back(), "/", sid_of(std::to_string(i)));
  }
  EXPECT_LT(hub_.backlog_limit(), alone);
  EXPECT_GE(hub_.backlog_limit(), HubLimits().backlog_minimum);
}

TEST_F(HubTest, AFailedAppendRefusesTheReceiptsAndRelaysAllTheSame) {
  class FailingStore final : public store::Store {
   public:
    std::string_view name() const override { return "bad"; }
    Result<store::Seq> append(std::span<const store::NewRecord>) override {
      return fail(Errc::io, "append: No space left on device");
    }
    Result<store::Seq> read(store::Seq, const store::Filter&, std::size_t,
                            store::Visitor&) override {
      return 1;
    }
    store::Seq find_time(std::int64_t) const override { return 1; }
    std::optional<store::Seq> find_key(std::string_view, std::int64_t) const override { return {}; }
    store::Bounds bounds() const override { return {}; }
    store::Seq durable() const override { return 0; }
    void set_durability_listener(store::DurabilityListener*) override {}
    Status trim(store::Seq) override { return {}; }
    Status close() override { return {}; }
  } failing;
  Hub hub(frames_, &failing, clock_, waker_);
  Socket& a = hub.connect(a_, "/", sid_of("a"));
  hub.connect(b_, "/", sid_of("b"), {.meta = true});
  hub.publish({.ns = &a.ns, .sender = &a, .event = "e", .items = "\"e\"", .ack_id = 4});
  hub.end_turn();
  EXPECT_THAT(
      a_.wire.sent,
      ElementsAre(
          R"(434[{"error":{"code":"unavailable","message":"append: No space left on device"}}])"));
  EXPECT_THAT(b_.wire.sent, ElementsAre(R"(42["e",{"time":1000,"from":"a..................."}])"));
}

// A store whose records become durable when the test says so.
class SlowStore final : public store::Store {
 public:
  std::string_view name() const override { return inner_.name(); }
  Result<store::Seq> append(std::span<const store::NewRecord> batch) override {
    return inner_.append(batch);
  }
  Result<store::Seq> read(store::Seq from, const store::Filter& filter, std::size_t limit,
                          store::Visitor& visitor) override {
    return inner_.read(from, filter, limit, visitor);
  }
  store::Seq find_time(std::int64_t time_ms) const override { return inner_.find_time(time_ms); }
  std::optional<store::Seq> find_key(std::string_view key, std::int64_t now_ms) const override {
    return inner_.find_key(key, now_ms);
  }
  store::Bounds bounds() const override { return inner_.bounds(); }
  store::Seq durable() const override { return durable_; }
  void set_durability_listener(store::DurabilityListener* listener) override {
    listener_ = listener;
  }
  Status trim(store::Seq before) override { return inner_.trim(before); }
  Status close() override { return inner_.close(); }

  void sync(store::Seq seq) {
    durable_ = seq;
    listener_->on_durable(seq);
  }
  void lose_after(store::Seq seq) { listener_->on_failed(seq, {Errc::io, "sync: EIO"}); }

 private:
  store::MemoryStore inner_{{.name = "slow"}};
  store::Seq durable_ = 0;
  store::DurabilityListener* listener_ = nullptr;
};

class DurabilityTest : public HubTest {
 protected:
  void emit_with_ack(Socket& sender, std::uint64_t ack_id) {
    slow_hub_.publish(
        {.ns = &sender.ns, .sender = &sender, .event = "e", .items = "\"e\"", .ack_id = ack_id});
    slow_hub_.end_turn();
  }
  SlowStore slow_;
  Hub slow_hub_{frames_, &slow_, clock_, waker_};
};

TEST_F(DurabilityTest, AReceiptWaitsForItsRecord) {
  Socket& a = slow_hub_.connect(a_, "/", sid_of("a"));
  slow_hub_.connect(b_, "/", sid_of("b"));
  for (std::uint64_t id = 1; id <= 3; ++id) emit_with_ack(a, id);
  EXPECT_EQ(b_.wire.sent.size(), 3u) << "live readers do not wait";
  EXPECT_THAT(a_.wire.sent, IsEmpty());
  slow_.sync(2);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(431[{"id":"#slow-1"}])", R"(432[{"id":"#slow-2"}])"));
  slow_.sync(3);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(433[{"id":"#slow-3"}])"));
}

TEST_F(DurabilityTest, WhatIsLostIsRefused) {
  Socket& a = slow_hub_.connect(a_, "/", sid_of("a"));
  for (std::uint64_t id = 1; id <= 2; ++id) emit_with_ack(a, id);
  slow_.lose_after(1);
  EXPECT_THAT(a_.wire.take(),
              ElementsAre(R"(432[{"error":{"code":"unavailable","message":"sync: EIO"}}])"));
  slow_.sync(1);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(431[{"id":"#slow-1"}])"));
}

TEST_F(DurabilityTest, AReceiptForSomebodyWhoLeftIsDropped) {
  Socket& a = slow_hub_.connect(a_, "/", sid_of("a"));
  emit_with_ack(a, 1);
  slow_hub_.disconnect(a);
  slow_hub_.end_turn();
  slow_hub_.connect(b_, "/", sid_of("b"));
  slow_.sync(1);
  EXPECT_THAT(a_.wire.sent, IsEmpty());
  EXPECT_THAT(b_.wire.sent, IsEmpty());
}

}  // namespace
}  // namespace sio::server
