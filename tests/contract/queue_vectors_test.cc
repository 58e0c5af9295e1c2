// Reads queues that were written by the first release of the format. What they hold is in the .tsv
// files beside them: seq, time, namespace, event, key, rooms and body, strings in hexadecimal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/posix_fs.h"
#include "store/file_journal.h"
#include "store/file_store.h"
#include "store/groups.h"
#include "store/manifest.h"
#include "store/read_only_store.h"
#include "support/records.h"

namespace sio::store {
namespace {

using namespace sio::test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kVectors = SIO_VECTORS "/queue-v1/";

std::string hex(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string as_tsv(Store& store) {
  const Collector found = read_all(store);
  std::ostringstream out;
  for (std::size_t i = 0; i < found.records.size(); ++i) {
    const TestRecord& record = found.records[i];
    out << found.seqs[i] << '\t' << record.time_ms << '\t' << hex(record.ns) << '\t'
        << hex(record.event) << '\t' << hex(record.key) << '\t';
    for (std::size_t room = 0; room < record.rooms.size(); ++room) {
      out << (room > 0 ? "," : "") << '[' << hex(record.rooms[room]) << ']';
    }
    out << '\t' << hex(record.body) << '\n';
  }
  return out.str();
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// A copy that may be written to.
class QueueVectors : public testing::TestWithParam<const char*> {
 protected:
  QueueVectors() {
    std::string pattern = testing::TempDir() + "queue-vectors-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    std::filesystem::copy(kVectors + GetParam(), directory_,
                          std::filesystem::copy_options::recursive);
  }
  ~QueueVectors() override { std::filesystem::remove_all(directory_); }

  std::string expected() const { return content_of(kVectors + GetParam() + ".tsv"); }

  PosixFs fs_;
  std::string directory_;
};

TEST_P(QueueVectors, AreReadAsTheyWereWritten) {
  auto store = *ReadOnlyStore::open(fs_, kVectors + GetParam());
  EXPECT_EQ(as_tsv(*store), expected());
}

TEST_P(QueueVectors, AreRecoveredAndGoOn) {
  auto store = *FileStore::open(fs_, nullptr, {.directory = directory_});
  EXPECT_EQ(as_tsv(*store), expected());
  EXPECT_EQ(*append_bodies(*store, {"next"}), 16'401u);
  ASSERT_TRUE(store->close());
  store.reset();
  auto again = *ReadOnlyStore::open(fs_, directory_);
  EXPECT_EQ(bodies_of(*again).back(), "next");
}

TEST_P(QueueVectors, KeepTheirGroups) {
  const Manifest manifest = *read_manifest(fs_, directory_);
  FileJournals journals(fs_, nullptr, directory_, manifest.seed);
  const auto groups = *Groups::open(journals);
  ASSERT_THAT(groups->names(), ElementsAre("idle", "workers"));
  EXPECT_EQ(groups->find("idle")->position(), 16u);
  const Group& workers = *groups->find("workers");
  EXPECT_EQ(workers.settings().filter, "filter bytes");
  EXPECT_EQ(workers.settings().max_deliver, 4u);
  EXPECT_EQ(workers.settings().ack_wait, std::chrono::seconds(20));
  EXPECT_EQ(workers.position(), 7u);
  EXPECT_EQ(workers.pending(), 2u);
  EXPECT_EQ(workers.delivered(3), 1u);
  EXPECT_EQ(workers.delivered(6), 2u);
}

INSTANTIATE_TEST_SUITE_P(Version1, QueueVectors, testing::Values("store", "damaged"),
                         [](const auto& vector) { return std::string(vector.param); });

TEST(DamagedQueueVector, SaysWhatIsMissing) {
  PosixFs fs;
  auto store = *ReadOnlyStore::open(fs, kVectors + "damaged");
  EXPECT_THAT(read_all(*store).gaps, ElementsAre(Pair(5u, 6u)));
}

}  // namespace
}  // namespace sio::store
