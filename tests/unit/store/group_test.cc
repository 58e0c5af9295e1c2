#include "store/group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr TimePoint kStart{seconds(1000)};
constexpr MemberId kAnn = 1;
constexpr MemberId kBob = 2;

Group make_group() {
  return Group({.max_deliver = 3, .ack_wait = seconds(10)}, 1);
}

TEST(Group, HandsOutAndIsDone) {
  Group group = make_group();
  EXPECT_EQ(group.hand_out(1, kAnn, kStart), 1u);
  EXPECT_EQ(group.position(), 2u);
  EXPECT_EQ(group.oldest_needed(), 1u);
  EXPECT_TRUE(group.acknowledge(1));
  EXPECT_EQ(group.oldest_needed(), 2u);
  EXPECT_EQ(group.next_deadline(), kNever);
}

TEST(Group, ASecondAcknowledgementIsNothing) {
  Group group = make_group();
  group.hand_out(1, kAnn, kStart);
  EXPECT_TRUE(group.acknowledge(1));
  EXPECT_FALSE(group.acknowledge(1));
  EXPECT_FALSE(group.acknowledge(7));
}

TEST(Group, AFailedRecordComesBackLaterAndLater) {
  Group group = make_group();
  TimePoint now = kStart;
  unsigned delivery = group.hand_out(1, kAnn, now);
  for (const int pause : {100, 200}) {
    EXPECT_EQ(delivery, pause == 100 ? 1u : 2u);
    group.fail(1, now);
    EXPECT_EQ(group.next_deadline(), now + milliseconds(pause));
    EXPECT_FALSE(group.next_due(now + milliseconds(pause - 1)));
    now += milliseconds(pause);
    ASSERT_TRUE(group.next_due(now));
    EXPECT_FALSE(group.next_due(now)->dead);
    delivery = group.hand_out(1, kBob, now);
  }
}

TEST(Group, ASecondFailureDoesNotProlongThePause) {
  Group group = make_group();
  group.hand_out(1, kAnn, kStart);
  group.fail(1, kStart);
  group.fail(1, kStart + milliseconds(50));
  EXPECT_EQ(group.next_deadline(), kStart + milliseconds(100));
}

TEST(Group, ThePauseHasAnEnd) {
  Group group({.max_deliver = 1000, .ack_wait = seconds(10)}, 1);
  TimePoint now = kStart;
  for (int i = 0; i < 40; ++i) {
    group.hand_out(1, kAnn, now);
    group.fail(1, now);
    EXPECT_LE(group.next_deadline() - now, seconds(30));
    now = group.next_deadline();
  }
  group.hand_out(1, kAnn, now);
  group.fail(1, now);
  EXPECT_EQ(group.next_deadline() - now, seconds(30));
}

TEST(Group, IsDeadAfterAsManyDeliveriesAsItMayHave) {
  Group group = make_group();
  TimePoint now = kStart;
  for (int i = 0; i < 3; ++i) {
    group.hand_out(1, kAnn, now);
    group.fail(1, now);
    now = group.next_deadline();
  }
  ASSERT_TRUE(group.next_due(now));
  EXPECT_TRUE(group.next_due(now)->dead);
  EXPECT_EQ(group.next_due(now)->delivered, 3u);
  group.hold(1, now);
  EXPECT_FALSE(group.next_due(now));
  EXPECT_TRUE(group.acknowledge(1));
}

TEST(Group, AHeldDeadLetterComesBackIfNothingBecomesOfIt) {
  Group group({.max_deliver = 1, .ack_wait = seconds(10)}, 1);
  group.hand_out(1, kAnn, kStart);
  group.drop_member(kAnn, kStart);
  group.hold(1, kStart);
  group.expire(kStart + seconds(10));
  ASSERT_TRUE(group.next_due(group.next_deadline()));
  EXPECT_TRUE(group.next_due(group.next_deadline())->dead);
}

TEST(Group, ALostMembersRecordsComeBackAtOnceAndOnlyThose) {
  Group group = make_group();
  group.hand_out(1, kAnn, kStart);
  group.hand_out(2, kBob, kStart);
  group.hand_out(3, kAnn, kStart);
  group.drop_member(kAnn, kStart);
  EXPECT_EQ(group.next_due(kStart)->seq, 1u);
  group.hand_out(1, kBob, kStart);
  EXPECT_EQ(group.next_due(kStart)->seq, 3u);
  group.hand_out(3, kBob, kStart);
  EXPECT_FALSE(group.next_due(kStart));
}

TEST(Group, SilenceTooLongIsAFailure) {
  Group group = make_group();
  group.hand_out(1, kAnn, kStart);
  EXPECT_EQ(group.next_deadline(), kStart + seconds(10));
  group.expire(kStart + seconds(10) - milliseconds(1));
  EXPECT_FALSE(group.next_due(kStart + seconds(20)));
  group.expire(kStart + seconds(10));
  EXPECT_TRUE(group.next_due(kStart + seconds(20)));
}

TEST(Group, ALateAcknowledgementCounts) {
  Group group = make_group();
  group.hand_out(1, kAnn, kStart);
  group.expire(kStart + seconds(10));
  EXPECT_TRUE(group.acknowledge(1));
  EXPECT_FALSE(group.next_due(kStart + seconds(20)));
}

TEST(Group, NewLimitsHoldForWhatIsOutAlready) {
  Group group = make_group();
  group.hand_out(1, kAnn, kStart);
  group.set_limits(1, seconds(2));
  EXPECT_EQ(group.next_deadline(), kStart + seconds(2));
  group.expire(kStart + seconds(2));
  EXPECT_TRUE(group.next_due(kStart + seconds(5))->dead);
}

TEST(Group, PassesOverWhatDoesNotConcernIt) {
  Group group = make_group();
  group.hand_out(3, kAnn, kStart);
  group.pass(10);
  EXPECT_EQ(group.position(), 10u);
  EXPECT_EQ(group.oldest_needed(), 3u);
  group.pass(5);
  EXPECT_EQ(group.position(), 10u);
}

TEST(Group, MovingForgetsWhatWasPending) {
  Group group = make_group();
  group.hand_out(3, kAnn, kStart);
  group.move(2);
  EXPECT_EQ(group.position(), 2u);
  EXPECT_THAT(group.view(), IsEmpty());
  EXPECT_FALSE(group.acknowledge(3));
}

TEST(Group, CountsWhatItNeededAndIsGone) {
  Group group = make_group();
  group.hand_out(1, kAnn, kStart);
  group.hand_out(2, kAnn, kStart);
  group.acknowledge(2);
  EXPECT_EQ(group.lose_before(6), 1u + 3u);
  EXPECT_EQ(group.position(), 6u);
  EXPECT_EQ(group.oldest_needed(), 6u);
}

}  // namespace
}  // namespace sio::store
