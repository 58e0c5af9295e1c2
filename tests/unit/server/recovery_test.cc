#include "server/sessions.h"
#include "store/file_journal.h"
#include "support/fault_fs.h"
#include "unit/server/memory_fixture.h"

namespace sio::server {
namespace {

using test::FakeLink;
using test::sid_of;
using testing::ElementsAre;
using testing::IsEmpty;

const proto::Hello kRecover{.recover = true};

class RecoveryTest : public test::MemoryFixture {
 protected:
  // What the client says when it comes back.
  static std::string payload(const std::string& pid, const std::string& offset = "") {
    return R"({"pid":")" + pid + "\"" + (offset.empty() ? "" : R"(,"offset":")" + offset + "\"") +
           "}";
  }
  std::string lose(Socket& socket) {
    std::string pid = socket.session->pid;
    hub_.disconnect(socket, true);
    turn();
    return pid;
  }
  // Comes back on `link`; false if it must begin anew.
  bool come_back(FakeLink& link, const std::string& connect_payload) {
    const auto recovery = hub_.find_recovery("/", connect_payload, kRecover);
    if (!recovery) return false;
    Socket& socket = hub_.connect(link, "/", recovery->session->sid, kRecover, true);
    hub_.recover(socket, *recovery, "40{}");
    turn();
    return true;
  }

  FakeLink a_, b_;
};

TEST_F(RecoveryTest, EveryEventCarriesTheNumberOfTheNewestRecord) {
  connect(a_, "a", kRecover);
  emit_volatile("v0");
  emit("1");
  emit_volatile("v1");
  EXPECT_THAT(a_.wire.take(),
              ElementsAre(R"(42["v0","k3f9-0"])", R"(42["1","k3f9-1"])", R"(42["v1","k3f9-1"])"));
}

TEST_F(RecoveryTest, AClientThatDoesNotAskGetsPlainEvents) {
  Socket& a = connect(a_, "a");
  emit("1");
  EXPECT_EQ(a.session, nullptr);
  EXPECT_THAT(a_.wire.take(), ElementsAre(R"(42["1"])"));
}

TEST_F(RecoveryTest, MissedEventsComeBeforeTheReply) {
  Socket& a = connect(a_, "a", kRecover);
  static_cast<void>(hub_.join(a, "mine"));
  emit("1");
  const std::string pid = lose(a);
  emit("2");
  emit("3", {.rooms = {"mine"}});
  emit("4", {.rooms = {"theirs"}});
  emit("5", {.except = {"mine"}});
  ASSERT_TRUE(come_back(b_, payload(pid, "k3f9-1")));
  EXPECT_THAT(b_.wire.take(), ElementsAre(R"(42["2","k3f9-2"])", R"(42["3","k3f9-3"])", "40{}"));
  emit("6", {.rooms = {"mine"}});
  EXPECT_THAT(b_.wire.take(), ElementsAre(R"(42["6","k3f9-6"])"));
}

TEST_F(RecoveryTest, WhoHasSeenNoEventYetStartsWhereItConnected) {
  emit("before");
  const std::string pid = lose(connect(a_, "a", kRecover));
  emit("missed");
  ASSERT_TRUE(come_back(b_, payload(pid)));
  EXPECT_THAT(b_.wire.take(), ElementsAre(R"(42["missed","k3f9-2"])", "40{}"));
}

TEST_F(RecoveryTest, ItWorksASecondTime) {
  const std::string pid = lose(connect(a_, "a", kRecover));
  ASSERT_TRUE(come_back(b_, payload(pid)));
  emit("1");
  lose(*hub_.find_sid(sid_of("a")));
  emit("2");
  FakeLink c;
  ASSERT_TRUE(come_back(c, payload(pid, "k3f9-1")));
  EXPECT_THAT(c.wire.take(), ElementsAre(R"(42["2","k3f9-2"])", "40{}"));
}

TEST_F(RecoveryTest, AHalfOpenSocketIsGivenUp) {
  Socket& a = connect(a_, "a", kRecover);
  hub_.find_recovery("/", payload(a.session->pid), kRecover);
  EXPECT_EQ(a_.given_up, sid_of("a"));
}

TEST_F(RecoveryTest, ForgedClaimsBeginAnew) {
  Socket& a = connect(a_, "a", kRecover);
  emit("1");
  const std::string pid = lose(a);
  EXPECT_FALSE(come_back(b_, payload("somebody else's....", "k3f9-1")));
  EXPECT_FALSE(come_back(b_, payload(pid, "k3f9-2"))) << "never given out";
  EXPECT_FALSE(come_back(b_, payload(pid, "x111-1"))) << "another store";
  EXPECT_FALSE(come_back(b_, payload(pid, "garbage")));
  EXPECT_FALSE(come_back(b_, R"({"pid":")" + pid + R"(","offset":1})"));
  EXPECT_FALSE(come_back(b_, R"({"pid":7})"));
  EXPECT_FALSE(hub_.find_recovery("/other", payload(pid, "k3f9-1"), kRecover));
  EXPECT_TRUE(come_back(b_, payload(pid, "k3f9-1")));
}

TEST_F(RecoveryTest, AnOffsetFromBeforeTheSessionShowsNothingOlder) {
  emit("before", {.rooms = {"mine"}});
  emit("before");
  const std::string pid = lose(connect(a_, "a", kRecover));
  ASSERT_TRUE(come_back(b_, payload(pid, "k3f9-0")));
  EXPECT_THAT(b_.wire.take(), ElementsAre("40{}"));
}

TEST_F(RecoveryTest, WhoLeftForGoodOrStayedAwayTooLongBeginsAnew) {
  Socket& a = connect(a_, "a", kRecover);
  const std::string left = a.session->pid;
  hub_.disconnect(a);
  EXPECT_FALSE(come_back(b_, payload(left)));
  const std::string late = lose(connect(a_, "b", kRecover));
  clock_.wall += 120'001;
  EXPECT_FALSE(come_back(b_, payload(late)));
  turn();
  EXPECT_EQ(sessions_.size(), 0u);
}

TEST_F(RecoveryTest, AnAnsweredPingProvesWhatWasDelivered) {
  Socket& a = connect(a_, "a", kRecover);
  emit("1", {.rooms = {"theirs"}});
  hub_.on_ping_sent(a_);
  emit("2", {.rooms = {"theirs"}});
  hub_.on_pong(a_);
  EXPECT_EQ(a.session->delivered, 1u);
  ASSERT_TRUE(store_.trim(2));
  EXPECT_TRUE(come_back(b_, payload(lose(a)))) << "though the queue has moved on";
}

// --- the journal

class SessionsTest : public testing::Test {
 protected:
  std::unique_ptr<Sessions> open(std::int64_t now_ms = 1'000) {
    store::FileJournals journals(fs_, nullptr, "dir", 7);
    auto sessions = Sessions::open(journals, 120'000, now_ms);
    EXPECT_TRUE(sessions) << sessions.error().message;
    return std::move(*sessions);
  }

  sio::test::FaultFs fs_;
  net::FrameArena frames_;
  FakeLink link_;
  Namespace ns_{"/"};
  Socket socket_{link_, ns_};
};

TEST_F(SessionsTest, SurviveTheServer) {
  ASSERT_TRUE(fs_.create_directories("dir"));
  std::string pid;
  {
    auto sessions = open();
    Session& session = sessions->begin(socket_, sid_of("a"), "/chat", 7);
    pid = session.pid;
    sessions->join(session, "one");
    sessions->join(session, "two");
    sessions->leave(session, "one");
    sessions->set_delivered(session, 9);
    sessions->flush(1'000);
  }
  auto sessions = open(50'000);
  Session* session = sessions->find(pid, 50'000);
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(session->sid, sid_of("a"));
  EXPECT_EQ(session->ns, "/chat");
  EXPECT_THAT(session->rooms, ElementsAre("two"));
  EXPECT_EQ(session->delivered, 9u);
  EXPECT_EQ(session->gone_ms, 50'000) << "whoever was connected is lost from then on";
  EXPECT_EQ(sessions->find(pid, 50'000 + 120'001), nullptr);
}

TEST_F(SessionsTest, ThatEndedAreNotReadBack) {
  ASSERT_TRUE(fs_.create_directories("dir"));
  std::string pid;
  {
    auto sessions = open();
    Session& session = sessions->begin(socket_, sid_of("a"), "/", 7);
    pid = session.pid;
    sessions->flush(1'000);
    sessions->end(session);
    sessions->flush(1'000);
  }
  EXPECT_EQ(open()->find(pid, 1'000), nullptr);
}

}  // namespace
}  // namespace sio::server
