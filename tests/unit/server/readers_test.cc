#include "server/readers.h"

#include "unit/server/memory_fixture.h"

namespace sio::server {
namespace {

using test::FakeLink;
using test::sid_of;
using testing::ElementsAre;
using testing::IsEmpty;

// A store in memory that cannot be read now and then, and shows few records at a time.
class FarStore final : public store::Store {
 public:
  explicit FarStore(store::MemoryStore& store) : store_(store) {}
  std::string_view name() const override { return store_.name(); }
  Result<store::Seq> append(std::span<const store::NewRecord> batch) override {
    return store_.append(batch);
  }
  Result<store::Seq> read(store::Seq from, const store::Filter& filter, std::size_t limit,
                          store::Visitor& visitor) override {
    if (is_away) return fail(Errc::unavailable, "away");
    return store_.read(from, filter, std::min<std::size_t>(limit, 2), visitor);
  }
  store::Seq find_time(std::int64_t time_ms) const override { return store_.find_time(time_ms); }
  std::optional<store::Seq> find_key(std::string_view key, std::int64_t now_ms) const override {
    return store_.find_key(key, now_ms);
  }
  store::Bounds bounds() const override { return store_.bounds(); }
  store::Seq durable() const override { return store_.durable(); }
  void set_durability_listener(store::DurabilityListener*) override {}
  Status trim(store::Seq before) override { return store_.trim(before); }
  Status close() override { return {}; }

  bool is_away = false;

 private:
  store::MemoryStore& store_;
};

class ReadersTest : public test::MemoryFixture {
 protected:
  std::vector<std::string> shown(const proto::Hello& hello) {
    FakeLink& link = links_.emplace_back();
    Socket& socket = connect(link, std::to_string(links_.size()), hello);
    std::vector<std::string> sent = link.wire.take();
    hub_.disconnect(socket);
    hub_.end_turn();
    return sent;
  }

  std::deque<FakeLink> links_;
};

TEST_F(ReadersTest, AllIsEverythingThatIsStored) {
  emit("1");
  emit("2");
  EXPECT_THAT(shown({.since = "all"}), ElementsAre(R"(42["1"])", R"(42["2"])"));
}

TEST_F(ReadersTest, NowIsNothingThatWas) {
  emit("1");
  EXPECT_THAT(shown({.since = "now"}), IsEmpty());
}

TEST_F(ReadersTest, ATimeIsWhatWasStoredFromThenOn) {
  emit("1");
  clock_.wall = 5'000;
  emit("2");
  EXPECT_THAT(shown({.since = "5000"}), ElementsAre(R"(42["2"])"));
  EXPECT_THAT(shown({.since = "1970-01-01T00:00:04Z"}), ElementsAre(R"(42["2"])"));
}

TEST_F(ReadersTest, AReaderOfThePastIsLiveAfterwards) {
  emit("1");
  FakeLink link;
  connect(link, "r", {.since = "all"});
  emit("2");
  EXPECT_THAT(link.wire.sent, ElementsAre(R"(42["1"])", R"(42["2"])"));
}

TEST_F(ReadersTest, UntilEndsWithAnEventOfItsOwn) {
  emit("1");
  emit("2");
  emit("3");
  EXPECT_THAT(shown({.until = "#k3f9-2"}),
              ElementsAre(R"(42["1"])", R"(42["2"])", R"(42["sio:end",{"last":"#k3f9-2"}])"));
  EXPECT_THAT(shown({.since = "#2", .until = "now"}),
              ElementsAre(R"(42["3"])", R"(42["sio:end",{"last":"#k3f9-3"}])"));
}

TEST_F(ReadersTest, UntilATimeCoversThatTime) {
  emit("1");
  clock_.wall = 5'000;
  emit("2");
  clock_.wall = 6'000;
  emit("3");
  EXPECT_THAT(shown({.since = "2000", .until = "5000"}),
              ElementsAre(R"(42["2"])", R"(42["sio:end",{"last":"#k3f9-2"}])"));
}

TEST_F(ReadersTest, AnEmptyStoreEndsAtOnce) {
  EXPECT_THAT(shown({.until = "now"}), ElementsAre(R"(42["sio:end",{"last":""}])"));
}

TEST_F(ReadersTest, WhoAskedForThePastOnlyGetsNothingLive) {
  emit("1");
  FakeLink link;
  connect(link, "r", {.until = "now"});
  link.wire.take();
  emit("2");
  emit_volatile("3");
  EXPECT_THAT(link.wire.sent, IsEmpty());
}

TEST_F(ReadersTest, TailIsTheNewestThatTheReaderWants) {
  for (const char* event : {"a", "b", "a", "b", "a"}) emit(event);
  emit("c", {.rooms = {"elsewhere"}});
  EXPECT_THAT(shown({.meta = false, .events = {"a"}, .until = "now", .tail = 2}),
              ElementsAre(R"(42["a"])", R"(42["a"])", R"(42["sio:end",{"last":"#k3f9-6"}])"));
  EXPECT_THAT(shown({.tail = 1}), ElementsAre(R"(42["a"])"));
  EXPECT_THAT(shown({.tail = 0}), IsEmpty());
  EXPECT_THAT(shown({.since = "#4", .tail = 100}), ElementsAre(R"(42["a"])"));
}

TEST_F(ReadersTest, WhatIsRareIsLookedForInStepsSoThatOthersHaveTheirTurn) {
  emit("rare");
  for (int i = 0; i < 60'000; ++i)
    hub_.publish({.ns = &hub_.open_namespace("/"), .event = "noise", .items = R"("noise")"});
  turn();
  for (const proto::Hello& hello : {proto::Hello{.events = {"rare"}, .since = "all"},
                                    proto::Hello{.events = {"rare"}, .tail = 1}}) {
    FakeLink link;
    Socket& reader = hub_.connect(link, "/", sid_of("r"), hello);
    hub_.start(reader, hello);
    int turns = 0;
    for (; reader.is_behind(); ++turns) {
      hub_.serve_readers();
      hub_.end_turn();
    }
    EXPECT_GE(turns, 3);
    EXPECT_THAT(link.wire.take(), ElementsAre(R"(42["rare"])"));
    hub_.disconnect(reader);
    turn();
  }
}

TEST_F(ReadersTest, RoomsAreThoseThatWereJoinedOrAll) {
  emit("everybody");
  emit("mine", {.rooms = {"mine"}});
  emit("theirs", {.rooms = {"theirs"}});
  emit("not mine", {.except = {"mine"}});
  EXPECT_THAT(shown({.rooms = {"mine"}, .since = "all"}),
              ElementsAre(R"(42["everybody"])", R"(42["mine"])"));
  EXPECT_THAT(shown({.until = "now", .all_rooms = true}),
              ElementsAre(R"(42["everybody"])", R"(42["mine"])", R"(42["theirs"])",
                          R"(42["not mine"])", R"(42["sio:end",{"last":"#k3f9-4"}])"));
}

TEST_F(ReadersTest, InspectingAGroupShowsWhatItHasNotFinishedAndTakesNothing) {
  FakeLink worker, looker;
  Socket& member = connect(worker, "w", {.events = {"job"}, .group = "g", .window = 2});
  for (const char* event : {"job", "job", "other", "job"}) emit(event);
  acknowledge(member, 0);
  connect(looker, "l", {.meta = true, .inspect = "g"});
  EXPECT_THAT(
      looker.wire.take(),
      ElementsAre(
          R"(42["job",{"id":"#k3f9-2","time":1000,"replay":true,"group":"g","delivery":1}])",
          R"(42["job",{"id":"#k3f9-4","time":1000,"replay":true,"group":"g","delivery":1}])",
          R"(42["sio:end",{"last":"#k3f9-4"}])"));
  EXPECT_EQ(groups_.find("g")->pending(), 2u);
}

TEST_F(ReadersTest, ThereIsNothingToInspectInAGroupThatIsNot) {
  const Status status = hub_.admit("/", {.inspect = "g"});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "there is no group g");
}

class FarReadersTest : public ReadersTest {
 protected:
  void settle() {
    for (int i = 0; i < 50; ++i) {
      far_hub_.end_turn();
      far_hub_.serve_readers();
    }
  }
  void read(const proto::Hello& hello) {
    Socket& socket = far_hub_.connect(link_, "/", sid_of("r"), hello);
    far_hub_.start(socket, hello);
    settle();
  }

  FakeLink link_;
  FarStore far_{store_};
  Hub far_hub_{frames_, &far_, clock_, waker_};
};

TEST_F(FarReadersTest, StandStillWhileTheStoreCannotBeRead) {
  emit("1");
  far_.is_away = true;
  read({.since = "all"});
  EXPECT_THAT(link_.wire.take(), IsEmpty());
  EXPECT_EQ(link_.kicked, "");
  EXPECT_NE(waker_.deadline, kNever) << "it is tried again";
  clock_.wall += 1'000;
  settle();
  EXPECT_THAT(link_.wire.take(), IsEmpty());
  far_.is_away = false;
  settle();
  EXPECT_THAT(link_.wire.take(), IsEmpty()) << "not before it is time";
  clock_.wall += 1'000;
  settle();
  EXPECT_THAT(link_.wire.take(), ElementsAre(R"(42["1"])"));
}

TEST_F(FarReadersTest, FindTheNewestThoughTheStoreShowsFewAtATime) {
  for (int i = 1; i <= 9; ++i) emit(std::to_string(i));
  read({.tail = 3});
  EXPECT_THAT(link_.wire.take(), ElementsAre(R"(42["7"])", R"(42["8"])", R"(42["9"])"));
}

}  // namespace
}  // namespace sio::server
