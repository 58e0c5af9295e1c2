#include "cli/spool.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "support/fault_fs.h"

namespace sio::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SpoolTest : public testing::Test, protected SpoolVisitor {
 protected:
  bool on_spooled(const SpooledEvent& event) override {
    if (seen.size() == stop_at) return false;
    seen.push_back(std::string(event.event) + " " + std::string(event.args) + " " +
                   std::string(event.key));
    last_seq = event.seq;
    last = event;
    return true;
  }
  void on_spool_lost(std::uint64_t count) override { lost += count; }
  static Status add(Spool& spool, std::string_view args, std::string_view key = "k") {
    return spool.add({.event = "e", .args = args}, key, 1000);
  }
  std::vector<std::string> waiting(Spool& spool) {
    seen.clear();
    EXPECT_TRUE(spool.read(0, *this));
    return seen;
  }

  test::FaultFs fs;
  std::vector<std::string> seen;
  std::size_t stop_at = 1000;
  store::Seq last_seq = 0;
  std::uint64_t lost = 0;
  SpooledEvent last;
};

TEST_F(SpoolTest, IsThereOnceItWasOpened) {
  Spool spool(fs, "/spool");
  EXPECT_FALSE(spool.exists());
  ASSERT_TRUE(spool.open());
  EXPECT_TRUE(spool.exists());
  EXPECT_FALSE(spool.has_waiting());
}

TEST_F(SpoolTest, ShowsWhatWasAddedInOrder) {
  Spool spool(fs, "/spool");
  ASSERT_TRUE(spool.open());
  ASSERT_TRUE(add(spool, "1", "a"));
  ASSERT_TRUE(add(spool, "\"two\"", "b"));
  EXPECT_THAT(waiting(spool), ElementsAre("e 1 a", "e \"two\" b"));
}

TEST_F(SpoolTest, KeepsAllOfAnEvent) {
  Spool spool(fs, "/spool");
  ASSERT_TRUE(spool.open());
  const std::vector<std::string> attachments = {std::string("\0bytes", 6)};
  const std::vector<std::string> rooms = {"a", "b"};
  ASSERT_TRUE(spool.add({.ns = "/chat",
                         .event = "e",
                         .args = R"({"_placeholder":true,"num":0})",
                         .numeric_name = true,
                         .attachments = &attachments,
                         .rooms = &rooms},
                        "key", 1000));
  ASSERT_TRUE(spool.read(0, *this));
  EXPECT_EQ(last.attachments, attachments);
  EXPECT_EQ(last.rooms, rooms);
  EXPECT_TRUE(last.numeric_name);
}

TEST_F(SpoolTest, KeepsWhatWaitsAcrossRuns) {
  {
    Spool spool(fs, "/spool");
    ASSERT_TRUE(spool.open());
    ASSERT_TRUE(add(spool, "1"));
    ASSERT_TRUE(spool.close());
  }
  Spool later(fs, "/spool");
  ASSERT_TRUE(later.open());
  EXPECT_TRUE(later.has_waiting());
  EXPECT_THAT(waiting(later), ElementsAre("e 1 k"));
}

TEST_F(SpoolTest, SurvivesPowerLossOnceSynced) {
  Spool spool(fs, "/spool");
  ASSERT_TRUE(spool.open());
  ASSERT_TRUE(add(spool, "1"));
  ASSERT_TRUE(spool.sync());
  for (std::uint64_t choice = 0; choice < 8; ++choice) {
    const auto after = fs.after_power_loss(choice);
    Spool later(*after, "/spool");
    ASSERT_TRUE(later.open());
    EXPECT_THAT(waiting(later), ElementsAre("e 1 k"));
  }
}

TEST_F(SpoolTest, DoesNotShowAgainWhatWasSent) {
  {
    Spool spool(fs, "/spool");
    ASSERT_TRUE(spool.open());
    for (const char* const args : {"1", "2", "3"}) ASSERT_TRUE(add(spool, args));
    stop_at = 2;
    waiting(spool);
    ASSERT_TRUE(spool.note_sent(last_seq));
    stop_at = 1000;
    EXPECT_THAT(waiting(spool), ElementsAre("e 3 k"));
    ASSERT_TRUE(spool.close());
  }
  Spool later(fs, "/spool");
  ASSERT_TRUE(later.open());
  EXPECT_THAT(waiting(later), ElementsAre("e 3 k"));
  ASSERT_TRUE(later.note_sent(last_seq));
  EXPECT_FALSE(later.has_waiting());
}

TEST_F(SpoolTest, GoesOnWhereAReaderStopped) {
  Spool spool(fs, "/spool");
  ASSERT_TRUE(spool.open());
  for (const char* const args : {"1", "2", "3"}) ASSERT_TRUE(add(spool, args));
  stop_at = 2;
  const auto next = spool.read(0, *this);
  ASSERT_TRUE(next);
  stop_at = 1000;
  seen.clear();
  ASSERT_TRUE(spool.read(*next, *this));
  EXPECT_THAT(seen, ElementsAre("e 3 k"));
}

TEST_F(SpoolTest, SendsAgainRatherThanNeverWhenTheNoteIsDamaged) {
  {
    Spool spool(fs, "/spool");
    ASSERT_TRUE(spool.open());
    ASSERT_TRUE(add(spool, "1"));
    waiting(spool);
    ASSERT_TRUE(spool.note_sent(last_seq));
    ASSERT_TRUE(spool.close());
  }
  fs.set_content("/spool/sent", "#zzzz-999                      \n");
  Spool later(fs, "/spool");
  ASSERT_TRUE(later.open());
  EXPECT_THAT(waiting(later), ElementsAre("e 1 k"));
}

TEST_F(SpoolTest, SaysWhatIsLostToDamage) {
  {
    Spool spool(fs, "/spool");
    ASSERT_TRUE(spool.open());
    for (const char* const args : {"\"one\"", "\"two\"", "\"three\""}) {
      ASSERT_TRUE(add(spool, args));
      ASSERT_TRUE(spool.sync());
    }
    ASSERT_TRUE(spool.close());
  }
  const std::string path = "/spool/" + fs.names("/spool", ".log").at(0);
  std::string content = fs.content(path);
  content.at(content.find("two")) ^= 1;
  fs.set_content(path, std::move(content));
  Spool later(fs, "/spool");
  ASSERT_TRUE(later.open());
  EXPECT_FALSE(later.notes().empty());
  EXPECT_THAT(waiting(later), ElementsAre("e \"one\" k", "e \"three\" k"));
  EXPECT_EQ(lost, 1U);
}

TEST_F(SpoolTest, IsOpenToOneAtATime) {
  Spool first(fs, "/spool");
  ASSERT_TRUE(first.open());
  Spool second(fs, "/spool");
  const Status status = second.open();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::unavailable);
  ASSERT_TRUE(first.close());
  EXPECT_TRUE(second.open());
}

TEST_F(SpoolTest, IsReadableAsAStore) {
  Spool spool(fs, "/spool");
  ASSERT_TRUE(spool.open());
  ASSERT_TRUE(add(spool, "1"));
  ASSERT_TRUE(spool.close());
  EXPECT_THAT(fs.names("/spool", ".log"), testing::SizeIs(1));
}

}  // namespace
}  // namespace sio::cli
