#include "store/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/file_journal.h"
#include "support/fault_fs.h"

namespace sio::store {
namespace {

using sio::test::FaultFs;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TimePoint kStart{seconds(1000)};
constexpr MemberId kAnn = 1;

MATCHER_P2(IsPending, seq, delivered, "") {
  return arg.seq == static_cast<Seq>(seq) && arg.delivered == static_cast<unsigned>(delivered);
}

class GroupsTest : public testing::Test {
 protected:
  std::unique_ptr<Groups> open() {
    FileJournals journals(*fs_, nullptr, "/queue", 5);
    auto opened = Groups::open(journals);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  void kill() { fs_ = fs_->after_power_loss(FaultFs::kKeepEverything); }
  std::string journal() const { return "/queue/" + fs_->names("/queue", ".journal").at(0); }

  std::unique_ptr<FaultFs> fs_ = std::make_unique<FaultFs>();
};

TEST_F(GroupsTest, RememberEverythingOverAKill) {
  auto groups = open();
  ASSERT_TRUE(
      groups->create("workers", {.filter = "f", .max_deliver = 7, .ack_wait = seconds(3)}, 10));
  groups->hand_out("workers", 10, kAnn, kStart);
  groups->hand_out("workers", 12, kAnn, kStart);
  groups->hand_out("workers", 13, kAnn, kStart);
  groups->fail("workers", 12, kStart);
  groups->hand_out("workers", 12, kAnn, kStart + seconds(1));
  groups->acknowledge("workers", 10);
  ASSERT_TRUE(groups->flush(kStart));
  kill();

  groups = open();
  const Group* const group = groups->find("workers");
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->settings().filter, "f");
  EXPECT_EQ(group->settings().max_deliver, 7u);
  EXPECT_EQ(group->settings().ack_wait, seconds(3));
  EXPECT_EQ(group->position(), 14u);
  EXPECT_THAT(group->view(), ElementsAre(IsPending(12, 2), IsPending(13, 1)));
  EXPECT_EQ(group->next_due(kStart)->seq, 12u);
  EXPECT_EQ(groups->hand_out("workers", 12, kAnn, kStart), 3u);
  EXPECT_FALSE(groups->in_doubt());
}

TEST_F(GroupsTest, AGroupSurvivesPowerLossFromItsCreationOn) {
  ASSERT_TRUE(open()->create("workers", {}, 10));
  fs_ = fs_->after_power_loss(FaultFs::kLoseEverything);
  const auto groups = open();
  ASSERT_THAT(groups->names(), ElementsAre("workers"));
  EXPECT_EQ(groups->find("workers")->position(), 10u);
}

TEST_F(GroupsTest, AGroupThatCouldNotBeStoredDoesNotExist) {
  auto groups = open();
  fs_->fail_at(fs_->operations(), FaultFs::Fault::error);
  EXPECT_FALSE(groups->create("workers", {}, 10));
  EXPECT_THAT(groups->names(), IsEmpty());
  ASSERT_TRUE(groups->create("workers", {}, 20));
  kill();
  EXPECT_EQ(open()->find("workers")->position(), 20u);
}

TEST_F(GroupsTest, ANameIsTakenOnce) {
  auto groups = open();
  ASSERT_TRUE(groups->create("workers", {}, 10));
  EXPECT_EQ(groups->create("workers", {}, 10).error().code, Errc::refused);
}

TEST_F(GroupsTest, MovesAndRemovalsAreRemembered) {
  auto groups = open();
  ASSERT_TRUE(groups->create("a", {}, 10));
  ASSERT_TRUE(groups->create("b", {}, 10));
  groups->hand_out("a", 10, kAnn, kStart);
  ASSERT_TRUE(groups->move("a", 5));
  ASSERT_TRUE(groups->remove("b"));
  kill();
  groups = open();
  EXPECT_THAT(groups->names(), ElementsAre("a"));
  EXPECT_EQ(groups->find("a")->position(), 5u);
  EXPECT_THAT(groups->find("a")->view(), IsEmpty());
  EXPECT_EQ(groups->hand_out("a", 5, kAnn, kStart), 1u);
}

TEST_F(GroupsTest, AfterAFailedFlushTheWholeStateIsWrittenAnew) {
  auto groups = open();
  ASSERT_TRUE(groups->create("workers", {}, 1));
  fs_->fail_at(fs_->operations(), FaultFs::Fault::torn_write);
  groups->hand_out("workers", 1, kAnn, kStart);
  EXPECT_FALSE(groups->flush(kStart));
  groups->hand_out("workers", 2, kAnn, kStart);
  EXPECT_TRUE(groups->flush(kStart));
  groups->acknowledge("workers", 1);
  EXPECT_TRUE(groups->flush(kStart));
  kill();
  EXPECT_THAT(open()->find("workers")->view(), ElementsAre(IsPending(2, 1)));
}

TEST_F(GroupsTest, TheJournalStaysSmall) {
  auto groups = open();
  ASSERT_TRUE(groups->create("workers", {}, 1));
  for (Seq seq = 1; seq < 150'000; ++seq) {
    groups->hand_out("workers", seq, kAnn, kStart);
    if (seq > 100) groups->acknowledge("workers", seq - 100);
    if (seq % 100 == 0) {
      ASSERT_TRUE(groups->flush(kStart + seconds(seq)));
    }
  }
  EXPECT_LT(fs_->content(journal()).size(), 3u << 19);
  EXPECT_THAT(fs_->names("/queue", ".journal"), SizeIs(1));
  ASSERT_TRUE(groups->flush(kStart));
  kill();
  EXPECT_THAT(open()->find("workers")->view(), SizeIs(100));
}

TEST_F(GroupsTest, DamageRepeatsWorkAndLosesNone) {
  auto groups = open();
  ASSERT_TRUE(groups->create("workers", {}, 1));
  for (Seq seq = 1; seq <= 20; ++seq) {
    groups->hand_out("workers", seq, kAnn, kStart);
    ASSERT_TRUE(groups->sync());
  }
  for (const Seq seq : {Seq{2}, Seq{5}}) groups->acknowledge("workers", seq);
  ASSERT_TRUE(groups->sync());
  const std::string whole = fs_->content(journal());
  const std::string path = journal();
  for (std::size_t at = 200; at + 200 < whole.size(); at += 13) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    fs_->set_content(path, damaged);
    const auto read = open();
    const Group* const group = read->find("workers");
    ASSERT_NE(group, nullptr);
    for (Seq seq = 1; seq < group->position(); ++seq) {
      EXPECT_TRUE(group->delivered(seq) > 0 || seq == 2 || seq == 5) << at << ": " << seq;
    }
    fs_ = std::make_unique<FaultFs>();
  }
}

TEST_F(GroupsTest, KnowTheOldestRecordAnybodyNeeds) {
  Groups groups;
  EXPECT_EQ(groups.oldest_needed(99), 99u);
  ASSERT_TRUE(groups.create("a", {}, 10));
  ASSERT_TRUE(groups.create("b", {}, 20));
  EXPECT_EQ(groups.oldest_needed(99), 10u);
  groups.hand_out("a", 10, kAnn, kStart);
  groups.hand_out("a", 30, kAnn, kStart);
  groups.acknowledge("a", 10);
  EXPECT_EQ(groups.oldest_needed(99), 20u);
}

TEST_F(GroupsTest, SayWhichGroupLostWhat) {
  auto groups = open();
  ASSERT_TRUE(groups->create("a", {}, 10));
  ASSERT_TRUE(groups->create("b", {}, 50));
  groups->hand_out("a", 10, kAnn, kStart);
  const std::vector<Groups::Loss> losses = groups->lose_before(20);
  ASSERT_THAT(losses, SizeIs(1));
  EXPECT_EQ(losses[0].name, "a");
  EXPECT_EQ(losses[0].after, 9u);
  EXPECT_EQ(losses[0].count, 10u);
  EXPECT_THAT(groups->lose_before(20), IsEmpty());
  ASSERT_TRUE(groups->flush(kStart));
  kill();
  EXPECT_EQ(open()->find("a")->position(), 20u);
}

}  // namespace
}  // namespace sio::store
