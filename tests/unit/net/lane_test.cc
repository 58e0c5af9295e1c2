#include "net/lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "net/in_flight.h"

namespace sio::net {
namespace {

using ::testing::ElementsAre;

class Writer final : public Addressee {
 public:
  explicit Writer(std::vector<std::string>& lines, std::string name = "")
      : lines_(lines), name_(std::move(name)) {}
  void on_bytes(MessageKind kind, std::string_view bytes) override {
    lines_.push_back(name_ + (kind == MessageKind::binary ? "binary " : "") + std::string(bytes));
  }

 private:
  std::vector<std::string>& lines_;
  std::string name_;
};

void do_all(Batch& batch) {
  while (batch.step()) continue;
}

TEST(Batch, DoesEverythingInOrder) {
  std::vector<std::string> done;
  Writer a(done, "a ");
  Writer b(done, "b ");
  Batch batch;
  batch.add_copy(a, MessageKind::text, "1");
  batch.add_task([&done] { done.emplace_back("task"); });
  batch.add_copy(b, MessageKind::binary, "2");
  batch.add_copy(a, MessageKind::text, "");
  do_all(batch);
  EXPECT_THAT(done, ElementsAre("a 1", "task", "b binary 2", "a "));
}

TEST(Batch, MakesOnePieceOfWhatLiesTogetherForOne) {
  const std::string memory = "firstsecond";
  const std::string_view all = memory;
  std::vector<std::string> done;
  Writer a(done, "a ");
  Writer b(done, "b ");
  Batch batch;
  batch.add(a, MessageKind::text, all.substr(0, 5));
  batch.add(a, MessageKind::text, all.substr(5));
  batch.add(b, MessageKind::text, all.substr(0, 5));
  batch.add(a, MessageKind::text, all.substr(5));
  do_all(batch);
  EXPECT_THAT(done, ElementsAre("a firstsecond", "b first", "a second"));
}

TEST(Batch, CopiesStayWhereTheyAreHoweverManyFollow) {
  std::vector<std::string> done;
  Writer a(done);
  Batch batch;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::string> want;
    for (int i = 0; i < 300; ++i) {
      want.push_back(std::to_string(i) + std::string(1000, '.'));
      batch.add_copy(a, MessageKind::text, want.back());
    }
    do_all(batch);
    EXPECT_EQ(done, want);
    done.clear();
    batch.clear();
  }
}

TEST(Batch, WeighsItsBytesAndALittleForEachEntry) {
  std::vector<std::string> done;
  Writer a(done);
  Batch batch;
  EXPECT_TRUE(batch.empty());
  batch.add_copy(a, MessageKind::text, std::string(1000, 'x'));
  const std::size_t one = batch.weight();
  EXPECT_GT(one, 1000u);
  batch.add_task([] {}, 500);
  EXPECT_GT(batch.weight(), one + 500);
  batch.clear();
  EXPECT_EQ(batch.weight(), 0u);
}

class LaneTest : public ::testing::Test {
 protected:
  bool send(const std::string& text) {
    lane.batch().add_copy(writer, MessageKind::text, text);
    return lane.send();
  }
  // Takes all and does it, without giving it back.
  std::deque<std::unique_ptr<Batch>> take() {
    std::deque<std::unique_ptr<Batch>> batches;
    lane.take(batches);
    for (const auto& batch : batches) do_all(*batch);
    return batches;
  }

  Meeting meeting;
  Lane lane{meeting};
  std::vector<std::string> read;
  Writer writer{read};
};

TEST_F(LaneTest, TellsTheReaderOnceUntilItTakes) {
  EXPECT_FALSE(lane.send()) << "nothing to send";
  EXPECT_TRUE(send("1"));
  EXPECT_FALSE(send("2"));
  take();
  EXPECT_TRUE(send("3"));
  take();
  EXPECT_THAT(read, ElementsAre("1", "2", "3"));
}

TEST_F(LaneTest, KnowsHowFarTheReaderIs) {
  send("1");
  send("2");
  const std::size_t both = lane.outstanding();
  EXPECT_EQ(lane.present(), 3u);
  EXPECT_EQ(lane.done(), 0u);
  auto batches = take();
  lane.give_back(std::move(batches.front()));
  lane.collect();
  EXPECT_EQ(lane.done(), 1u);
  EXPECT_EQ(lane.outstanding(), both / 2);
  lane.give_back(std::move(batches.back()));
  lane.collect();
  EXPECT_EQ(lane.done(), 2u);
  EXPECT_EQ(lane.outstanding(), 0u);
}

TEST_F(LaneTest, TheReaderIsAskedToTellWhenLittleIsLeft) {
  for (int i = 0; i < 3; ++i) send(std::string(1000, 'x'));
  auto batches = take();
  lane.collect_or_ask(1500);
  EXPECT_FALSE(lane.give_back(std::move(batches[0]))) << "too much is left";
  EXPECT_TRUE(lane.give_back(std::move(batches[1])));
  EXPECT_FALSE(lane.give_back(std::move(batches[2]))) << "nobody has asked again";
  lane.collect_or_ask(1500);
  send("1");
  EXPECT_FALSE(lane.give_back(std::move(take().front()))) << "it was little already";
}

TEST_F(LaneTest, FramesLiveUntilTheirBatchHasComeBack) {
  FrameArena arena;
  const Frame frame = arena.text({"kept"});
  lane.batch().add(writer, MessageKind::text, frame.payload());
  lane.batch().keep(arena.lend());
  lane.send();
  arena.reset();
  for (int i = 0; i < 100; ++i) arena.text({std::string(10'000, '.')});
  arena.reset();
  auto batches = take();
  EXPECT_THAT(read, ElementsAre("kept"));
  lane.give_back(std::move(batches.front()));
  lane.collect();
}

TEST_F(LaneTest, CarriesEverythingFromOneThreadToAnother) {
  constexpr int kMessages = 20'000;
  std::thread reader([this] {
    while (read.size() < kMessages)
      for (auto& batch : take()) lane.give_back(std::move(batch));
  });
  for (int i = 0; i < kMessages; ++i) {
    lane.batch().add_copy(writer, MessageKind::text, std::to_string(i));
    if (i % 7 == 6) lane.send();
  }
  lane.send();
  reader.join();
  lane.collect();
  EXPECT_EQ(lane.outstanding(), 0u);
  for (int i = 0; i < kMessages; ++i)
    ASSERT_EQ(read[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(InFlight, KnowsWhatIsOnItsWay) {
  InFlight flight;
  EXPECT_EQ(flight.size(0), 0u);
  flight.add(10, 1, 0);
  flight.add(5, 1, 0);
  EXPECT_EQ(flight.size(0), 15u);
  EXPECT_EQ(flight.size(1), 0u);
}

TEST(InFlight, NeverTellsTooLittleAndForgetsWithinTwoRoundTrips) {
  InFlight flight;
  // One batch of ten bytes after another, the other side always three behind.
  for (std::uint64_t present = 4; present < 100; ++present) {
    flight.add(10, present, present - 4);
    EXPECT_GE(flight.size(present - 4), present < 7 ? 10 * (present - 3) : 40);
    EXPECT_LE(flight.size(present - 4), 80u);
  }
  EXPECT_EQ(flight.size(99), 0u);
  flight.add(3, 100, 99);
  EXPECT_EQ(flight.size(99), 3u);
}

}  // namespace
}  // namespace sio::net
