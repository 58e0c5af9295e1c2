#include "server/group_dispatch.h"

#include "store/file_journal.h"
#include "support/fault_fs.h"
#include "unit/server/memory_fixture.h"

namespace sio::server {
namespace {

using test::FakeLink;
using test::sid_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class GroupDispatchTest : public test::MemoryFixture {
 protected:
  Socket& work(FakeLink& link, std::string_view name, proto::Hello hello = {}) {
    hello.group = "g";
    return connect(link, name, hello);
  }

  FakeLink a_, b_;
};

TEST_F(GroupDispatchTest, ANewGroupBeginsNow) {
  emit("before");
  work(a_, "a");
  emit("after");
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["after"])"));
}

TEST_F(GroupDispatchTest, SinceBeginsItInThePastAndMovesItLater) {
  emit("1");
  emit("2");
  Socket& a = work(a_, "a", {.since = "all"});
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["1"])", R"(421["2"])"));
  acknowledge(a, 0);
  acknowledge(a, 1);
  work(b_, "b", {.since = "#1"});
  EXPECT_THAT(a_.wire.take(), SizeIs(b_.wire.take().empty() ? 1u : 0u));
}

TEST_F(GroupDispatchTest, WhatIsNotAcknowledgedComesAgainWhenTheMemberLeaves) {
  Socket& a = work(a_, "a", {.meta = true});
  emit("1");
  EXPECT_THAT(a_.wire.take(),
              ElementsAre(R"(420["1",{"id":"#k3f9-1","time":1000,"group":"g","delivery":1}])"));
  hub_.disconnect(a);
  turn();
  work(b_, "b", {.meta = true});
  EXPECT_THAT(b_.wire.take(),
              ElementsAre(R"(420["1",{"id":"#k3f9-1","time":1000,"group":"g","delivery":2}])"));
}

TEST_F(GroupDispatchTest, WhatWasAcknowledgedDoesNotComeAgain) {
  Socket& a = work(a_, "a");
  emit("1");
  acknowledge(a, 0, R"("any answer")");
  hub_.disconnect(a);
  turn();
  work(b_, "b");
  EXPECT_THAT(b_.wire.take(), IsEmpty());
}

TEST_F(GroupDispatchTest, SilenceIsTakenForFailure) {
  work(a_, "a", {.ack_wait_ms = 5'000});
  emit("1");
  a_.wire.take();
  pass_time(4'999);
  EXPECT_THAT(a_.wire.take(), IsEmpty());
  pass_time(1);
  pass_time(100);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(421["1"])"));
}

TEST_F(GroupDispatchTest, SilenceFreesThePlaceInTheWindow) {
  work(a_, "a", {.ack_wait_ms = 5'000, .window = 1});
  emit("1");
  emit("2");
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["1"])"));
  pass_time(5'000);
  EXPECT_NE(waker_.deadline, kNever);
  pass_time(100);
  EXPECT_THAT(a_.wire.take(), SizeIs(1));
}

TEST_F(GroupDispatchTest, FailedWorkComesAgainAfterAPauseThatGrows) {
  Socket& a = work(a_, "a");
  emit("1");
  a_.wire.take();
  acknowledge(a, 0, R"({"error":"exit 3"})");
  EXPECT_THAT(a_.wire.take(), IsEmpty());
  pass_time(100);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(421["1"])"));
  acknowledge(a, 1, R"({"error":"exit 3"})");
  pass_time(199);
  EXPECT_THAT(a_.wire.take(), IsEmpty());
  pass_time(1);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(422["1"])"));
}

TEST_F(GroupDispatchTest, ARecordIsWithOneMemberAtATimeAndMembersTakeTurns) {
  work(a_, "a");
  work(b_, "b");
  for (const char* event : {"1", "2", "3", "4"}) emit(event);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["1"])", R"(422["3"])"));
  EXPECT_THAT(b_.wire.take(), ElementsAre(R"(421["2"])", R"(423["4"])"));
}

TEST_F(GroupDispatchTest, AWindowBoundsWhatAMemberHolds) {
  Socket& a = work(a_, "a", {.window = 2});
  for (const char* event : {"1", "2", "3"}) emit(event);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["1"])", R"(421["2"])"));
  acknowledge(a, 1);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(422["3"])"));
}

TEST_F(GroupDispatchTest, ALimitBoundsWhatAMemberEverGets) {
  Socket& a = work(a_, "a", {.limit = 1});
  emit("1");
  emit("2");
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["1"])"));
  acknowledge(a, 0);
  EXPECT_THAT(a_.wire.take(), IsEmpty());
}

TEST_F(GroupDispatchTest, AFullTransportIsNotFedFurther) {
  Socket& a = work(a_, "a");
  a_.wire.waiting = 2u << 20;
  emit("1");
  EXPECT_THAT(a_.wire.take(), IsEmpty());
  EXPECT_GT(a_.wire.drain_mark, 0u);
  a_.drain(hub_);
  turn();
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["1"])"));
  static_cast<void>(a);
}

TEST_F(GroupDispatchTest, OnlyWhatTheFilterOfTheCreatorNames) {
  work(a_, "a", {.rooms = {"mine"}, .events = {"job.*"}});
  emit("job.1");
  emit("job.2", {.rooms = {"mine"}});
  emit("job.3", {.rooms = {"theirs"}});
  emit("job.4", {.except = {"mine"}});
  emit("other");
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["job.1"])", R"(421["job.2"])"));
  work(b_, "b", {.events = {"other"}});
  emit("other");
  EXPECT_THAT(b_.wire.take(), IsEmpty());
}

TEST_F(GroupDispatchTest, WhatWasHandedOutTooOftenGoesToTheDeadLetters) {
  FakeLink c;
  connect(c, "c", {.meta = true, .rooms = {"dead:g"}});
  Socket& a = work(a_, "a", {.rooms = {"mine"}, .max_deliver = 2});
  emit("1", {.rooms = {"mine"}});
  acknowledge(a, 0, R"({"error":1})");
  pass_time(100);
  acknowledge(a, 1, R"({"error":1})");
  pass_time(200);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(420["1"])", R"(421["1"])"));
  EXPECT_THAT(c.wire.take(),
              ElementsAre(R"(42["1",{"id":"#k3f9-2","time":1300,"rooms":["dead:g"],"group":"g",)"
                          R"("dead_rooms":["mine"]}])"));
  EXPECT_EQ(groups_.find("g")->pending(), 0u);
}

TEST_F(GroupDispatchTest, DeadLettersAreSentThoughNobodyIsLeftInTheGroup) {
  FakeLink c;
  connect(c, "c", {.rooms = {"dead:g"}});
  Socket& a = work(a_, "a", {.max_deliver = 1, .window = 2});
  emit("1");
  emit("2");
  acknowledge(a, 0, R"({"error":1})");
  hub_.disconnect(a);
  turn();
  // What it still had was handed out as often as it may be; what it failed at has a pause first.
  EXPECT_THAT(c.wire.take(), ElementsAre(R"(42["1"])", R"(42["2"])", R"(42["2"])"));
  pass_time(100);
  EXPECT_THAT(c.wire.take(), ElementsAre(R"(42["1"])"));
  EXPECT_EQ(groups_.find("g")->pending(), 0u);
}

TEST_F(GroupDispatchTest, DeadLettersOfAnEarlierServerAreSentAtOnce) {
  Socket& a = work(a_, "a", {.max_deliver = 1});
  emit("1");
  groups_.drop_member("g", 1, clock_.now());
  static_cast<void>(a);
  FakeLink c;
  Hub next(frames_, &store_, clock_, waker_, {}, {.groups = &groups_, .sessions = &sessions_});
  next.connect(c, "/", sid_of("c"), {.rooms = {"dead:g"}});
  next.end_turn();
  EXPECT_THAT(c.wire.take(), ElementsAre(R"(42["1"])"));
}

TEST_F(GroupDispatchTest, WorkThatMayBeTriedAgainWaitsForAMember) {
  Socket& a = work(a_, "a", {.max_deliver = 2});
  emit("1");
  hub_.disconnect(a);
  turn();
  pass_time(60'000);
  work(b_, "b");
  EXPECT_THAT(b_.wire.take(), ElementsAre(R"(420["1"])"));
}

TEST_F(GroupDispatchTest, AMemberGetsNothingElse) {
  work(a_, "a", {.events = {"job"}});
  emit("other");
  emit_volatile("job");
  EXPECT_THAT(a_.wire.take(), IsEmpty());
}

TEST_F(GroupDispatchTest, AGroupStaysInItsNamespace) {
  work(a_, "a");
  const Status status = hub_.admit("/other", {.group = "g"});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "group g belongs to namespace /");
}

TEST_F(GroupDispatchTest, WithoutAStoreThereAreNoGroups) {
  Hub hub(frames_, nullptr, clock_, waker_);
  EXPECT_FALSE(hub.admit("/", {.group = "g"}));
  EXPECT_TRUE(hub.admit("/", {}));
}

TEST_F(GroupDispatchTest, WhatRetentionTookIsAGap) {
  store::MemoryStore small({.name = "k3f9", .max_bytes = 1u << 20});
  store::Groups groups;
  Hub hub(frames_, &small, clock_, waker_, {}, {.groups = &groups});
  ASSERT_TRUE(hub.admit("/", {.group = "g"}));
  Socket& gone = hub.connect(a_, "/", sid_of("a"), {.group = "g"});
  hub.disconnect(gone);
  const std::string items = "\"e\",\"" + std::string(100'000, 'x') + "\"";
  for (int i = 0; i < 60; ++i) {
    hub.publish({.ns = &hub.open_namespace("/"),
                 .event = "e",
                 .items = items,
                 .args = std::string_view(items).substr(4)});
    hub.end_turn();
  }
  ASSERT_GT(small.bounds().first, 1u);
  EXPECT_EQ(groups.find("g")->position(), small.bounds().first);
}

// --- with a journal

class JournalledGroupTest : public GroupDispatchTest {
 protected:
  JournalledGroupTest() { EXPECT_TRUE(fs_.create_directories("dir")); }

  // A hub on the journal, as after a restart; the records are still there.
  Hub& start() {
    second_.reset();
    store::FileJournals journals(fs_, nullptr, "dir", 7);
    journalled_ = *store::Groups::open(journals);
    second_.emplace(frames_, &store_, clock_, waker_, HubLimits(),
                    HubMemory{.groups = journalled_.get()});
    return *second_;
  }
  Socket& work_on(Hub& on, FakeLink& link, std::string_view name) {
    const proto::Hello hello{.meta = true, .group = "g"};
    EXPECT_TRUE(on.admit("/", hello));
    Socket& socket = on.connect(link, "/", sid_of(name), hello);
    on.end_turn();
    return socket;
  }
  void emit_on(Hub& on, const std::string& event) {
    on.publish({.ns = &on.open_namespace("/"), .event = event, .items = "\"" + event + "\""});
    on.end_turn();
  }

  sio::test::FaultFs fs_;
  std::unique_ptr<store::Groups> journalled_;
  std::optional<Hub> second_;
};

TEST_F(JournalledGroupTest, WhatWasHandedOutBeforeTheServerDiedSaysSo) {
  Hub& first = start();
  work_on(first, a_, "a");
  emit_on(first, "1");
  EXPECT_THAT(a_.wire.take(), ElementsAre(testing::HasSubstr(R"("delivery":1)")));
  FakeLink again;
  work_on(start(), again, "b");
  EXPECT_THAT(again.wire.take(), ElementsAre(testing::HasSubstr(R"("delivery":2)")));
}

TEST_F(JournalledGroupTest, NothingIsSentThatTheJournalDoesNotKnow) {
  Hub& on = start();
  work_on(on, a_, "a");
  fs_.fail_at(fs_.operations(), sio::test::FaultFs::Fault::keeps_failing);
  emit_on(on, "1");
  EXPECT_THAT(a_.wire.take(), IsEmpty());
  EXPECT_NE(waker_.deadline, kNever) << "it is tried again";
  emit_on(on, "2");
  EXPECT_THAT(a_.wire.take(), IsEmpty());
  fs_.heal();
  clock_.wall += 1'000;
  on.end_turn();
  EXPECT_THAT(a_.wire.take(), ElementsAre(testing::HasSubstr(R"(["1",{"id":"#k3f9-1")"),
                                          testing::HasSubstr(R"(["2",{"id":"#k3f9-2")")));
}

// --- with a journal that takes a while

// What is written to it is on its way until it lands or is lost.
class SlowJournal final : public store::Journal {
 public:
  Status flush() override {
    if (failed) return fail(Errc::unavailable, "away");
    if (!std::exchange(pending_, {}).empty()) on_its_way = true;
    return {};
  }
  bool is_written() const override { return !on_its_way && !failed; }
  bool has_failed() const override { return failed; }
  Status sync() override {
    SIO_TRY_STATUS(flush());
    on_its_way = false;
    return {};
  }
  void sync_later() override {}
  bool wants_snapshot() const override { return failed; }
  Status write_snapshot(std::string_view) override {
    if (away) return fail(Errc::unavailable, "away");
    pending_.clear();
    failed = false;
    on_its_way = true;
    return {};
  }
  void land() { on_its_way = false; }
  void lose() {
    on_its_way = false;
    failed = true;
  }

  bool on_its_way = false;
  bool failed = false;
  bool away = false;
};

class SlowJournals final : public store::Journals {
 public:
  Result<std::unique_ptr<store::Journal>> open(std::string_view, store::JournalReader&) override {
    auto journal = std::make_unique<SlowJournal>();
    opened = journal.get();
    return journal;
  }
  SlowJournal* opened = nullptr;
};

class SlowJournalTest : public GroupDispatchTest {
 protected:
  SlowJournalTest() {
    groups_on_slow_ = *store::Groups::open(journals_);
    second_.emplace(frames_, &store_, clock_, waker_, HubLimits(),
                    HubMemory{.groups = groups_on_slow_.get()});
    const proto::Hello hello{.meta = true, .group = "g"};
    EXPECT_TRUE(second_->admit("/", hello));
    second_->connect(a_, "/", sid_of("a"), hello);
    second_->end_turn();
  }
  SlowJournal& journal() { return *journals_.opened; }
  void emit_there(const std::string& event) {
    second_->publish(
        {.ns = &second_->open_namespace("/"), .event = event, .items = "\"" + event + "\""});
    second_->end_turn();
  }

  SlowJournals journals_;
  std::unique_ptr<store::Groups> groups_on_slow_;
  std::optional<Hub> second_;
};

TEST_F(SlowJournalTest, NothingIsSentBeforeItIsWritten) {
  emit_there("1");
  emit_there("2");
  EXPECT_THAT(a_.wire.take(), IsEmpty());
  journal().land();
  second_->end_turn();
  EXPECT_THAT(a_.wire.take(), ElementsAre(testing::HasSubstr(R"(["1",)")));
  EXPECT_FALSE(journal().is_written()) << "the second is on its way";
  journal().land();
  second_->end_turn();
  EXPECT_THAT(a_.wire.take(), ElementsAre(testing::HasSubstr(R"(["2",)")));
}

TEST_F(SlowJournalTest, WhatItLostIsWrittenAgainAndOnlyThenSent) {
  emit_there("1");
  journal().lose();
  journal().away = true;
  second_->end_turn();
  EXPECT_THAT(a_.wire.take(), IsEmpty());
  EXPECT_NE(waker_.deadline, kNever) << "it is tried again";
  journal().away = false;
  clock_.wall += 1'000;
  second_->end_turn();
  EXPECT_THAT(a_.wire.take(), IsEmpty()) << "not before it has landed";
  journal().land();
  second_->end_turn();
  EXPECT_THAT(a_.wire.take(), ElementsAre(testing::HasSubstr(R"(["1",)")));
}

}  // namespace
}  // namespace sio::server
