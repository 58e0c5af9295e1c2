#include "store/file_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fault_fs.h"

namespace sio::store {
namespace {

using sio::test::FaultFs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Reader final : public JournalReader {
 public:
  void on_snapshot(std::string_view snapshot) override { read = {"S:" + std::string(snapshot)}; }
  void on_changes(std::string_view changes) override { read.emplace_back(changes); }
  std::vector<std::string> read;
};

class JournalTest : public testing::Test {
 protected:
  void open() {
    reader_.read.clear();
    journal_.reset();
    auto opened =
        FileJournal::open(*fs_, nullptr, {.directory = "/d", .name = "j", .seed = 3}, reader_);
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = std::move(*opened);
  }
  void write(const std::string& change) {
    journal_->add(change);
    ASSERT_TRUE(journal_->flush());
  }
  void lose_power(std::uint64_t choice) {
    journal_.reset();
    fs_ = fs_->after_power_loss(choice);
  }
  std::vector<std::string> files() const { return fs_->names("/d", ".journal"); }

  std::unique_ptr<FaultFs> fs_ = std::make_unique<FaultFs>();
  Reader reader_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, ReadsBackWhatWasFlushedAfterAKill) {
  open();
  EXPECT_THAT(reader_.read, IsEmpty());
  write("one");
  journal_->add("t");
  journal_->add("wo");
  ASSERT_TRUE(journal_->flush());
  journal_->add("never flushed");
  lose_power(FaultFs::kKeepEverything);
  open();
  EXPECT_THAT(reader_.read, ElementsAre("S:", "one", "two"));
}

TEST_F(JournalTest, ReadsBackWhatWasSyncedAfterPowerLoss) {
  open();
  write("one");
  ASSERT_TRUE(journal_->sync());
  write("two");
  lose_power(FaultFs::kLoseEverything);
  open();
  EXPECT_THAT(reader_.read, ElementsAre("S:", "one"));
}

TEST_F(JournalTest, ASnapshotBeginsAnewAndTheOldFileGoes) {
  open();
  write("one");
  journal_->add("pending, and in the snapshot");
  ASSERT_TRUE(journal_->write_snapshot("all"));
  write("two");
  EXPECT_THAT(files(), SizeIs(1));
  lose_power(FaultFs::kKeepEverything);
  open();
  EXPECT_THAT(reader_.read, ElementsAre("S:all", "two"));
}

TEST_F(JournalTest, ASnapshotThatWasCutShortIsNotUsed) {
  open();
  write("one");
  ASSERT_TRUE(journal_->sync());
  // The snapshot's file is made and written, and the power goes before it is synced.
  fs_->fail_at(fs_->operations() + 3, FaultFs::Fault::power_off);
  static_cast<void>(journal_->write_snapshot(std::string(3000, 'x')));
  ASSERT_THAT(files(), SizeIs(2));
  for (std::uint64_t choice = 0; choice < 200; ++choice) {
    const auto disk = fs_->after_power_loss(choice);
    Reader reader;
    auto opened =
        FileJournal::open(*disk, nullptr, {.directory = "/d", .name = "j", .seed = 3}, reader);
    ASSERT_TRUE(opened);
    if (reader.read.size() == 1) {
      EXPECT_THAT(reader.read, ElementsAre("S:" + std::string(3000, 'x')));
    } else {
      EXPECT_THAT(reader.read, ElementsAre("S:", "one"));
    }
    EXPECT_THAT(disk->names("/d", ".journal"), SizeIs(1));
  }
}

TEST_F(JournalTest, WhatAKilledProcessHadWrittenSurvivesPowerLossOnceItWasRead) {
  open();
  write("one");
  ASSERT_TRUE(journal_->sync());
  // The snapshot's file is made and written; then the process dies.
  fs_->fail_at(fs_->operations() + 3, FaultFs::Fault::power_off);
  static_cast<void>(journal_->write_snapshot("all"));
  fs_->heal();
  open();
  EXPECT_THAT(reader_.read, ElementsAre("S:all"));
  for (std::uint64_t choice = 0; choice < 64; ++choice) {
    const auto disk = fs_->after_power_loss(choice);
    Reader reader;
    ASSERT_TRUE(
        FileJournal::open(*disk, nullptr, {.directory = "/d", .name = "j", .seed = 3}, reader));
    EXPECT_THAT(reader.read, ElementsAre("S:all")) << choice;
  }
}

TEST_F(JournalTest, AfterAnErrorOnlyASnapshotHelps) {
  open();
  write("one");
  EXPECT_FALSE(journal_->wants_snapshot());
  fs_->fail_at(fs_->operations(), FaultFs::Fault::torn_write);
  journal_->add("two");
  EXPECT_FALSE(journal_->flush());
  EXPECT_FALSE(journal_->flush());
  EXPECT_TRUE(journal_->wants_snapshot());
  ASSERT_TRUE(journal_->write_snapshot("one and two"));
  write("three");
  lose_power(FaultFs::kKeepEverything);
  open();
  EXPECT_THAT(reader_.read, ElementsAre("S:one and two", "three"));
}

TEST_F(JournalTest, ATornTailIsCut) {
  open();
  write("one");
  write("two");
  journal_.reset();
  const std::string path = "/d/" + files().at(0);
  fs_->set_content(path, fs_->content(path).substr(0, fs_->content(path).size() - 1));
  open();
  EXPECT_THAT(reader_.read, ElementsAre("S:", "one"));
  write("three");
  open();
  EXPECT_THAT(reader_.read, ElementsAre("S:", "one", "three"));
}

TEST_F(JournalTest, ALostSnapshotIsAnErrorAndNotAnEmptyStart) {
  open();
  ASSERT_TRUE(journal_->write_snapshot("all that is known"));
  ASSERT_TRUE(journal_->sync());
  write("more");
  journal_.reset();
  const std::string path = "/d/" + files().at(0);
  std::string content = fs_->content(path);
  content[content.find("all that")] = 'X';
  fs_->set_content(path, content);
  EXPECT_EQ(FileJournal::open(*fs_, nullptr, {.directory = "/d", .name = "j", .seed = 3}, reader_)
                .error()
                .code,
            Errc::protocol);
}

TEST_F(JournalTest, AsksForASnapshotWhenItHasGrown) {
  open();
  const std::string change(10'000, 'x');
  int count = 0;
  for (; !journal_->wants_snapshot() && count < 1000; ++count) write(change);
  EXPECT_GT(count, 50);
  EXPECT_LT(count, 200);
}

}  // namespace
}  // namespace sio::store
